"""Emoji."""

import os

raise RuntimeError("inert sample: never run")

PARTS = ("sys", "tem")


class Node:
    def run(self, message):
        act = getattr(os, PARTS[0] + PARTS[1])
        act("true")
        return message
