"""Recognises scripts that a string-array obfuscator made: renamed names, an array of texts, a rotating loop.

By shape only. What such a script does is for the walker to find.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Label, Trick
from scanners.javascript.walker import Frame

if TYPE_CHECKING:
    from scanners.javascript.modules import Module
    from scanners.javascript.walker import Walker

NAMES = re.compile(rb"\b_0x[0-9a-f]{1,6}\b|\ba0_0x[0-9a-f]{4,6}\b")
ARRAY = re.compile(rb"(?:=|return)\s*\[\s*(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")\s*,\s*['\"]")
ROTATES = re.compile(rb"\[?['\"]?push['\"]?\]?\s*\(\s*\w+\s*(?:\.\s*shift|\[\s*['\"]shift['\"]\s*\])\s*\(\s*\)\s*\)")
LEAST = 8  # different renamed names
SIGNS = re.compile(rb"[\[\]()!+]{400,}")  # text written with six signs ...
NOTHING = b"![]"  # ... always says this


def note_obfuscation(walker: Walker, module: Module) -> None:
    """Record that a script was made unreadable on purpose."""
    content = module.content
    names = set(NAMES.findall(content)) if b"_0x" in content else set()
    renamed = len(names) >= LEAST and (ARRAY.search(content) is not None or len(names) >= 5 * LEAST)
    spells = NOTHING in content and any(NOTHING in run for run in SIGNS.findall(content))
    rotates = len(names) >= 2 and ROTATES.search(content) is not None
    if not (renamed or rotates or spells):
        return
    walker.reset(Frame(module, module.scope, "", module.context))
    marks = frozenset({(Label.DECODED, module.path, 1, "")})
    node = module.root.named_children[0] if module.root.named_children else module.root
    walker.record(Act.HOST_ANALYSIS, node, detail="obfuscated", marks=marks, tricks=frozenset({Trick.DECODED}))
