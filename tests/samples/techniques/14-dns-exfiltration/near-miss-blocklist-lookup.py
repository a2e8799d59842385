"""Asks a mail block list about an address, as RFC 5782 says."""

import ipaddress
import socket

ZONE = "blocklist.example.invalid"


class Listed:
    """Says whether an address is on the block list."""

    def run(self, message):
        reversed_address = ipaddress.ip_address(message).reverse_pointer.removesuffix(".in-addr.arpa")
        try:
            answer = socket.gethostbyname(f"{reversed_address}.{ZONE}")
        except socket.gaierror:
            return False
        return answer.startswith("127.0.0.")
