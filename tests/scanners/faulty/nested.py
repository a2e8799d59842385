"""A tool whose answer is nested deeper than a parser can follow."""

import sys

sys.stdout.write("[" * 200_000)
