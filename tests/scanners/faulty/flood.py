"""A tool that answers without end."""

import sys

while True:
    sys.stdout.write("[" * 65536)
