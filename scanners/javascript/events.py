"""Listeners and emitters: which data an event brings to the functions that wait for it.

A stream's data comes from outside; an own emitter hands over what the plugin emits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Context, Label
from scanners.javascript.builtins import BUILTINS
from scanners.javascript.effects import words
from scanners.javascript.parameters import unknown_arguments
from scanners.javascript.tables import EFFECTS
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, UNKNOWN, Value, array_of, deep_marks, join, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

LISTENERS = words(
    "on once addListener addEventListener prependListener onmessage subscribe onAny prependAny",
    "onMessage psubscribe pSubscribe consume",
)
STREAMS = re.compile(
    r"^(net|tls|http|https|http2|fs|child_process|process|crypto|zlib|ws|file|xhr|dgram|worker_threads|readline|script)\b.*#|^process\.std"
)
DATA = frozenset(
    {
        Label.NETWORK,
        Label.FILE,
        Label.CREDENTIALS,
        Label.PROCESS,
        Label.KEYS,
        Label.CLIPBOARD,
        Label.INPUT,
        Label.DECODED,
    }
)
TYPES_OF_EVENTS = {"connection": "net.Socket#", "secureConnection": "net.Socket#"}
FUNCTION_CALL = ("Function.prototype.call", "Function.prototype.apply")
LISTENERS_KEPT = 50  # functions that wait for one event
KEY_EVENTS = words("keydown keypress keyup")
PAGE = words("document window global script dom addEventListener")


def is_callable(path: str) -> bool:
    """Return whether a name means a function the tables or JavaScript know."""
    return path in EFFECTS or path in BUILTINS or path in FUNCTION_CALL or path.startswith("%")


def read_listener(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `x.on(event, f)`: a stream's listener runs with it, any other one when somebody calls."""
    event = as_text(args[0]) if args else None
    marks = deep_marks(base)
    is_page = event in KEY_EVENTS and base.path.split(".")[0].rstrip("#") in PAGE
    if is_page:
        marks = union(marks, {walker.mark(Label.KEYS, node)})
    is_stream = is_page or STREAMS.match(base.path) is not None or bool({mark[0] for mark in marks} & DATA)
    for arg in args:
        if arg.function is None:
            if is_callable(arg.path) and is_stream:
                walker.apply(walker, arg, UNKNOWN, None, [Value(marks=marks)], node)
            continue
        if not is_stream:
            if listen_to_own(walker, base, event, arg):
                continue
            context = Context.DEAD if walker.frame.context is Context.DEAD else Context.RUNTIME
            given = unknown_arguments(walker, arg.function, extra=marks)
            walker.follow(walker, arg.function, given, this=None, context=context)
            continue
        known = TYPES_OF_EVENTS.get(event or "")
        value = Value(path=known or ("http.Response#" if event == "response" else ""), marks=marks)
        given = [UNKNOWN] if event in ("error", "close", "finish") else heard(walker, base, value, arg)
        walker.follow(walker, arg.function, given, this=None)
        walker.frame.callbacks.append((arg.function, given))
    return base


def heard(walker: Walker, base: Value, value: Value, listener: Value) -> list[Value]:
    """Return what a listener hears; the last parameter of a socket's listener is the way to answer."""
    count = len(unknown_arguments(walker, listener.function)) if listener.function is not None else 0
    if base.path != "net.Socket#" or count < 2:
        return [value, value]
    answer = Value(path="answer#", marks=value.marks, shape=base.shape)
    return [*[value] * (count - 1), answer]


def listen_to_own(walker: Walker, base: Value, event: str | None, listener: Value) -> bool:
    """Keep a listener of an own emitter; return whether it was called with what has been emitted before."""
    if base.shape is None or event is None or HOLE in event or listener.function is None:
        return False
    waiting = base.shape.props.setdefault(f"%on {event}", array_of([])).shape
    if waiting is not None and waiting.items is not None and len(waiting.items) < LISTENERS_KEPT:
        waiting.items.append(listener)
    emitted = base.shape.props.get(f"%emitted {event}")
    if emitted is None or emitted.shape is None:
        return False
    walker.follow(walker, listener.function, list(emitted.shape.items or ()), this=base)
    return True


def read_emit(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `emitter.emit(event, ...)`: the listeners of an own emitter are called, now or when they come."""
    event = as_text(args[0]) if args else None
    if base.shape is None or event is None or HOLE in event:
        return None
    old = base.shape.props.get(f"%emitted {event}")
    known = old.shape.items if old is not None and old.shape is not None and old.shape.items is not None else []
    given = [join(known[place], arg) if place < len(known) else arg for place, arg in enumerate(args[1:])]
    base.shape.props[f"%emitted {event}"] = array_of(given)
    waiting = base.shape.props.get(f"%on {event}")
    for listener in list(waiting.shape.items or ()) if waiting is not None and waiting.shape is not None else []:
        if listener.function is not None:
            walker.follow(walker, listener.function, args[1:], this=base)
    return UNKNOWN
