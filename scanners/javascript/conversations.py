"""Recognises what a runtime hands to a script as a whole, whoever answers what is sent, and who else receives it.

A part of a message is what somebody asked for; the whole of it is for whoever collects.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scanners.facts import Act, Label, Trick
from scanners.javascript.effects import words
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, NO_MARKS, NO_TRICKS, Marks, Value, deep_marks, union
from scanners.python.conversations import WHOLE

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

HANDED: Final = re.compile(r"^\?(message|msg|ctx|context|update|event|interaction|callbackQuery)$")
TALK: Final = (
    r"author|channel|guild|chat|from|user|member|content|text|reply|respond|sender|params|settings|channelId|userId"
)
DEEP: Final = 3
WAITING: Final = ("await_expression", "parenthesized_expression", "unary_expression", "as_expression")
ENDING: Final = words("catch finally")
RECIPIENTS: Final = ("to", "cc", "bcc", "chat_id", "channel", "recipients")


def whole_marks(walker: Walker, value: Value, node: Node) -> Marks:
    """Return the mark of a conversation as a whole when a value holds one that was handed over."""
    names = find_handed(value, depth=DEEP)
    for name in sorted(names):
        others = names - {name}
        if others or re.search(rf"\b{re.escape(name)}\??\.({TALK})\b".encode(), walker.frame.module.content):
            return frozenset({walker.mark(Label.MESSAGE, node, name=WHOLE)})
    return NO_MARKS


def find_handed(value: Value, *, depth: int) -> frozenset[str]:
    """Return the names of what was handed over that a value is or holds."""
    if HANDED.match(value.path) and any(mark[0] is Label.ARGUMENT for mark in value.marks):
        return frozenset({value.path[1:]})
    if value.shape is None or value.function is not None or not depth:
        return frozenset()
    parts = [*list(value.shape.props.values())[:32], *(value.shape.items or ())[:32]]
    return frozenset().union(*(find_handed(part, depth=depth - 1) for part in parts))


def unanswered(node: Node) -> frozenset[Trick]:
    """Return the trick of throwing away what a call gives back."""
    around = node.parent
    while around is not None:
        if around.type == "expression_statement":
            return frozenset({Trick.UNANSWERED})
        if around.type == "member_expression":
            part = around.child_by_field_name("property")
            name = (part.text or b"").decode("utf-8", "replace") if part is not None else ""
            if name not in ENDING or around.parent is None or around.parent.type != "call_expression":
                return NO_TRICKS
            around = around.parent.parent
        elif around.type in WAITING:
            around = around.parent
        else:
            return NO_TRICKS
    return NO_TRICKS


def note_receiver(walker: Walker, node: Node, address: str, *, marks: Marks, tricks: frozenset[Trick]) -> None:
    """Record where a request with data goes: to a built-in address, or to one that somebody has set."""
    if any(mark[0] in (Label.ARGUMENT, Label.MESSAGE, Label.FILE, Label.PROCESS) for mark in marks):
        known = address if address.replace(HOLE, "").strip() and not address.startswith(HOLE) else HOLE
        walker.record(Act.MESSAGE_ADDRESS, node, detail=f"address: {known}", marks=marks, tricks=tricks)


def note_recipients(walker: Walker, node: Node, args: list[Value]) -> None:
    """Record the recipients that a mail or message names, an unknown one as a hole."""
    for arg in args[:2]:
        if arg.shape is None or arg.function is not None:
            continue
        for name in RECIPIENTS:
            found = arg.shape.get(name)
            if found is None:
                continue
            members = found.shape.items if found.shape is not None and found.shape.items is not None else [found]
            for member in members[:8]:
                text = as_text(member) or HOLE
                shown = f"{name}: {text if text.replace(HOLE, '').strip() else HOLE}"
                walker.record(Act.MESSAGE_ADDRESS, node, detail=shown, marks=NO_MARKS)


def read_told(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `message.toJSON()`: what was handed over tells all that it holds."""
    told = whole_marks(walker, base, node)
    return Value(marks=union(deep_marks(base), told)) if told else None
