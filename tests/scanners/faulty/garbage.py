"""A tool that answers with something that is no JSON."""

import sys

sys.stdout.write("all fine, nothing to report\n")
