"""Converts audio with ffmpeg, without a console window flashing up on Windows."""

import subprocess
import sys

FLAGS = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0


class Convert:
    def run(self, source, target):
        done = subprocess.run(
            ["ffmpeg", "-y", "-loglevel", "error", "-i", source, target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            creationflags=FLAGS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return target
