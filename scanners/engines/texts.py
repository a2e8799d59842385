"""Finds what a file's text shows without being parsed: hidden characters, install hooks, start-up files.

Judges characters and places, not words: documentation may name any attack it likes.
"""

import json
import re
from functools import cache
from pathlib import PurePosixPath

from scanners.engines.hits import Hit
from scanners.report import Kind
from scanners.rules import load_rules

LIFECYCLE = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare")
BUILD_COMMANDS = re.compile(
    r"^(node-gyp|prebuild-install|husky|patch-package|tsc|npm run build|node-pre-gyp)\b[^;&|$`]*$"
)
STARTUP_NAMES = frozenset(["sitecustomize.py", "usercustomize.py"])


@cache
def compile_patterns() -> tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]:
    """Return (rule id, expression, kinds) of every rule that is a pattern."""
    return tuple(
        (rule.id, re.compile(rule.pattern, re.MULTILINE), frozenset(rule.languages))
        for rule in load_rules().values()
        if rule.pattern
    )


def search_text(text: str, *, path: str, kind: Kind) -> list[Hit]:
    """Return what the text of one file shows."""
    hits = []
    for rule_id, expression, kinds in compile_patterns():
        if kind not in kinds:
            continue
        for match in expression.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            hits.append(Hit(rule_id, line, line))
    name = PurePosixPath(path).name.casefold()
    if name == "package.json":
        hits += search_lifecycle(text)
    if name in STARTUP_NAMES:
        hits.append(Hit("startup-module", 1, 1))
    return hits


def search_lifecycle(text: str) -> list[Hit]:
    """Return a hit for every npm life-cycle script that is more than a usual build command."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # npm refuses such a file too: it installs nothing.
        return []
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return []
    hits = []
    for name in LIFECYCLE:
        command = scripts.get(name)
        if isinstance(command, str) and not BUILD_COMMANDS.match(command.strip()):
            line = text.count("\n", 0, max(text.find(f'"{name}"'), 0)) + 1
            hits.append(Hit("install-hook-npm", line, line))
    return hits
