"""Recognises loops that end by nothing of their own and take more of the machine at every turn, by their text."""

from __future__ import annotations

import re
from typing import Final

LONG: Final = 2_000  # characters of a body that are looked at
ENDS: Final = re.compile(
    r"\b(break|return|throw|await|yield)\b|\b(wait|sleep|read|readSync|pop|shift|next|execSync|spawnSync|execFileSync)\("
)
STARTS: Final = re.compile(r"\b(fork|spawn|exec|execFile|Worker)\s*\(")
WRITES: Final = re.compile(r"\b(writeFileSync|appendFileSync|writeSync|write)\s*\(")
GROWS: Final = re.compile(
    r"\.(push|unshift|concat|set|add)\s*\(\s*(new\s+(Array|Uint8Array|ArrayBuffer)|Buffer\.alloc|[\"'`]\S*[\"'`]\.repeat)"
    r"|\b(\w+)\s*\+=\s*\4\b|\bnew\s+Array\(\s*(\d{8,}|\d+e\d+)\s*\)|Buffer\.alloc\(\s*(\d{8,}|\d+e\d+)\s*\)"
)


def find_exhaustion(body: str) -> str:
    """Return what an endless loop uses up: processes, disk, memory or processor; nothing when it may end."""
    if len(body) > LONG or ENDS.search(body):
        return ""
    if STARTS.search(body):
        return "processes"
    if GROWS.search(body):
        return "memory"
    if WRITES.search(body):
        return "disk"
    return "processor" if "(" not in body else ""
