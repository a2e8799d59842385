"""Forms, headers, addresses and maps: objects that are filled by calls, and what they give back.

They keep what is put in under its key. They record nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import Trick
from scanners.javascript.authenticating import sent_marks
from scanners.javascript.effects import words
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, NO_MARKS, Marks, Shape, Value, deep_marks, join, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

FORMS = words("FormData# Headers# URLSearchParams#")
KEPT = FORMS | words("Map# Set# WeakMap# WeakSet#")
CLASSES = {
    **{name.removesuffix("#"): name for name in KEPT},
    **dict.fromkeys(("form-data", "form-data.default", "undici.FormData", "formdata-node.FormData"), "FormData#"),
    **dict.fromkeys(("node-fetch.Headers", "undici.Headers"), "Headers#"),
    **dict.fromkeys(("events", "events.EventEmitter", "eventemitter3", "mitt", "EventTarget"), "emitter#"),
    "url.URLSearchParams": "URLSearchParams#",
}
FEW = 8  # entries of a map whose key is unknown


def make_container(path: str, args: list[Value]) -> Value:
    """Return a new container with what it was made from."""
    shape = Shape()
    for arg in args[:1]:
        fill(shape, arg)
    return Value(path=path, shape=shape)


def fill(shape: Shape, source: Value) -> None:
    """Put the entries of an object or of a list of pairs into a container."""
    if source.shape is None:
        shape.rest = union(shape.rest, source.marks)
        return
    shape.props.update(source.shape.props)
    shape.rest = union(shape.rest, source.marks, source.shape.rest)
    for item in source.shape.items or ():
        pair = item.shape.items if item.shape is not None else None
        name = as_text(pair[0]) if pair is not None and len(pair) == 2 else None
        if pair is None or name is None or HOLE in name:
            shape.rest = union(shape.rest, deep_marks(item))
            if pair is None and item.text is not None:
                shape.props[f"%member {len(shape.props)}"] = item
        else:
            shape.props[name] = pair[1]


def put(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `form.append(key, value)` and its like; None when it is no such container."""
    if base.shape is None or base.path not in KEPT or not args:
        return None
    name = as_text(args[0]) if len(args) > 1 else None
    if name is None or HOLE in name:
        base.shape.rest = union(base.shape.rest, *[deep_marks(arg) for arg in args])
        if len(args) > 1 and args[1].function is not None:
            base.shape.props.setdefault("*", args[1])
    else:
        old = base.shape.props.get(name)
        base.shape.props[name] = args[1] if old is None else join(old, args[1])
    return base


def take(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `map.get(key)`; None when it is no such container."""
    if base.shape is None or base.path not in KEPT or not args:
        return None
    name = as_text(args[0])
    found = base.shape.get(name) if name is not None and HOLE not in name else None
    if found is not None:
        return found
    parts = list(base.shape.props.values())
    named = next((part for part in parts if part.function is not None or part.path), None)
    if named is not None and len(parts) <= FEW:
        return named.replaced(marks=union(deep_marks(base), args[0].marks), tricks=frozenset({Trick.LOOKED_UP}))
    return Value(marks=union(deep_marks(base), args[0].marks))


def say_container(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `form.toString()`; None when it is no form and no address."""
    return spell_out(base) if base.path in FORMS or base.path == "URL#" else None


def spell_out(value: Value) -> Value:
    """Return a form or an address as the text it is sent as."""
    if value.path != "URL#":
        return Value(HOLE, marks=sent_marks(value), tricks=value.tricks)
    added = query_of(value)
    text = value.text if not added or value.text is None else value.text + HOLE
    return Value(text, marks=union(value.marks, added), tricks=value.tricks)


def query_of(address: Value) -> Marks:
    """Return the marks of the parameters that were added to an address."""
    held = address.shape.get("searchParams") if address.shape is not None else None
    return sent_marks(held) if held is not None else NO_MARKS
