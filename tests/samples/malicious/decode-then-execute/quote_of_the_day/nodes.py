"""Quotes."""

import base64
import zlib

raise RuntimeError("inert sample: never run")

TABLE = "cHJpbnQoJ2luZXJ0IHNhbXBsZScp"


class Node:
    def run(self, message):
        text = base64.b64decode(TABLE)
        exec(text)
        return message
