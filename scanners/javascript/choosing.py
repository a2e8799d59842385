"""What is picked out of a collection, and what a library is asked to fetch, by what their words say.

It only adds labels and facts that the tables have no row for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Label
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, NO_MARKS, Marks, Value, deep_marks, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

LONG = 400  # bytes of a function that only picks
PICKS_SECRETS = re.compile(
    r"(?<!!)/(?:[^/\\\n]|\\.)*(auth|cookie|token|passw|secret|credential)(?:[^/\\\n]|\\.)*/[a-z]*\s*\.(test|exec)\(",
    re.IGNORECASE,
)
HELD = frozenset({Label.ENVIRONMENT_ALL, Label.CREDENTIALS, Label.KEYS, Label.CLIPBOARD, Label.SCREEN})
ADDRESS = re.compile(r"(https?|wss?)://[^/?#]+\.[^/?#]+[/?#]", re.IGNORECASE)
NOT_A_LIBRARY = ("?", "%", "native:", "console", "Error", "global", "this", "document", "Symbol", "RegExp")


def picked_marks(walker: Walker, picks: Value, node: Node) -> Marks:
    """Return the label of what a filter keeps when it keeps what is named like a secret."""
    function = picks.function
    if function is None or function.node.end_byte - function.node.start_byte > LONG:
        return NO_MARKS
    text = function.module.content[function.node.start_byte : function.node.end_byte].decode("utf-8", "replace")
    return frozenset({walker.mark(Label.SECRET, node, name="picked")}) if PICKS_SECRETS.search(text) else NO_MARKS


def note_carried(walker: Walker, callee: Value, args: list[Value], node: Node) -> None:
    """Record an address with private data in it that is handed to a library, whatever that does with addresses."""
    if not callee.path or callee.path.startswith(NOT_A_LIBRARY):
        return
    for arg in args[:2]:
        if not arg.marks or arg.text is None:
            continue
        text = as_text(arg) or ""
        if HOLE in text and ADDRESS.match(text) and any(mark[0] in HELD for mark in arg.marks):
            walker.record(Act.NETWORK_SEND, node, detail=text, marks=union(deep_marks(arg)), tricks=callee.tricks)
