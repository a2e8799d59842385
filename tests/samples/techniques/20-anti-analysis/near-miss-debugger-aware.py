"""Raises time limits while a debugger is attached, and tries again when the network is down."""

import platform
import sys
import time

import requests


def is_debugged():
    return sys.gettrace() is not None or "pydevd" in sys.modules


class Ask:
    def run(self, message):
        seconds = None if is_debugged() else 10
        if platform.system() == "Windows" and platform.release() == "7":
            raise RuntimeError("Windows 7 is too old.")
        for attempt in range(5):
            try:
                return requests.get("https://ask.example.invalid/", params={"q": message}, timeout=seconds).text
            except requests.ConnectionError:
                time.sleep(2**attempt)
        raise TimeoutError("no answer")
