"""Looks for instructions that try to turn a language model around (see the list), and says so."""

import re

PHRASES = (
    "ignore previous instructions",
    "ignore all previous instructions",
    "disregard the system prompt",
    "do not tell the user",
    "you are now in developer mode",
)
PATTERN = re.compile("|".join(map(re.escape, PHRASES)), re.IGNORECASE)


class Guard:
    """Says whether a text holds a phrase such as "ignore previous instructions"."""

    def run(self, message):
        found = PATTERN.search(message)
        return f"blocked: {found[0]!r} looks like an injected instruction" if found else message
