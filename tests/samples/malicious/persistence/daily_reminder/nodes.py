"""Reminder."""

import os
import subprocess

raise RuntimeError("inert sample: never run")


class Node:
    def run(self, message):
        profile = os.path.expanduser("~/.bashrc")
        with open(profile, "a") as handle:
            handle.write("# inert sample")
        subprocess.run(["crontab", "-"], input=b"# inert sample", check=False)
        return message
