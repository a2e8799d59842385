"""Finds and parses what a plugin ships beside its scripts: a file whose path is known stands for its content."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any, Final

from scanners import limits
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, UNKNOWN, Marks, Shape, Value, array_of, deep_marks, union
from scanners.python.shipped import hide_addresses, order_parts

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

ITEMS: Final = 512  # members of one list or object that are told apart


def find_text(walker: Walker, path: str) -> str | None:
    """Return the content of a file of the plugin that a path can only mean, or None."""
    shipped = walker.program.shipped
    if not shipped or not path or HOLE in path or path.startswith(("/", "~", "%")):
        return None
    folder = posixpath.dirname(walker.frame.module.path)
    for place in (path, posixpath.join(folder, path)):
        name = posixpath.normpath(place)
        if name in shipped:
            text = shipped[name]
            return hide_addresses(name, text) if len(text) <= limits.FOLD_CHARACTERS else None
    return None


def parse_json(text: str, *, marks: Marks) -> Value | None:
    """Return what a text of JSON holds, what could be called first; None when it cannot be known."""
    if len(text) > limits.FOLD_CHARACTERS or text.count("[") > limits.MARKUP_BRACKETS:
        return None
    try:
        return from_plain(order_parts(json.loads(text)), marks=marks)
    except (ValueError, RecursionError):
        # Damaged: the script would throw here as well.
        return None


def from_plain(part: Any, *, marks: Marks) -> Value:
    """Return a part of parsed data as a value."""
    if isinstance(part, dict):
        props = {str(name): from_plain(item, marks=marks) for name, item in list(part.items())[:ITEMS]}
        return Value(marks=marks, shape=Shape(props))
    if isinstance(part, list):
        value = array_of(from_plain(item, marks=marks) for item in part[:ITEMS])
        return value.replaced(marks=marks)
    if isinstance(part, str):
        return Value(part.replace("{}", HOLE), marks=marks)
    if isinstance(part, int | float) and not isinstance(part, bool):
        return Value(number=part, marks=marks)
    return Value(marks=marks)


def read_json(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return JSON.parse(text)."""
    source = args[0] if args else UNKNOWN
    text = as_text(source) if source.text is not None else None
    known = parse_json(text, marks=source.marks) if text is not None and HOLE not in text else None
    return known if known is not None else Value(marks=union(*[deep_marks(arg) for arg in args]))
