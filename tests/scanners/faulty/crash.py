"""A tool that dies in the middle of its answer."""

import os
import signal
import sys

sys.stdout.write('{"findings": [')
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGSEGV)
