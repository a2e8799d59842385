"""A tool whose answer is JSON but lacks what it should say."""

import sys

sys.stdout.write('{"findings": [], "results": [], "staged": []}')
