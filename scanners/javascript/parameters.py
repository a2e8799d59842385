"""Arguments for functions that somebody else calls: what their parameters' names say about what will come in.

Guesses by name alone, for labels. It follows nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Label
from scanners.javascript.tables.host import SECRET_ATTRIBUTE
from scanners.javascript.values import NO_MARKS, Function, Marks, Shape, Value, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

# A command of a bot: who speaks, and beside that the words of what was said.
SPEAKERS = re.compile(r"\b(msg|message|interaction|ctx)\b")
WORDS = re.compile(r"\b(args|argv|argument|arguments_|words|rest)\b")
# Whoever replaces one of these is handed the token of somebody else.
TAKES_SECRET = re.compile(r"(^|\.)(login|logIn|signIn|authenticate|setToken|setPassword)$")


def unknown_arguments(walker: Walker, function: Function, *, extra: Marks = NO_MARKS) -> list[Value]:
    """Return arguments for a function that somebody else calls: labelled, and known by the parameters' names."""
    listed = function.node.child_by_field_name("parameters") or function.node.child_by_field_name("parameter")
    if listed is None:
        return []
    nodes = listed.named_children if listed.type == "formal_parameters" else [listed]
    args: list[Value] = []
    speaks = SPEAKERS.search(text_of(function, listed)) is not None
    for node in nodes:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
        content = text_of(function, pattern)
        line = function.module.base_line or node.start_point.row + 1
        marks = union({(Label.ARGUMENT, function.module.path, line, content[: limits.SCRIPT_NAME_CHARACTERS])}, extra)
        shape = None
        if pattern.type == "identifier":
            marks = marks | parameter_marks(function, content, line=line, speaks=speaks)
        elif speaks and WORDS.search(content):
            worth = Value(marks=marks | {(Label.MESSAGE, function.module.path, line, "")})
            shape = Shape(dict.fromkeys(WORDS.findall(content), worth))
        args.append(Value(path="?" + content if pattern.type == "identifier" else "?", marks=marks, shape=shape))
    return args


def parameter_marks(function: Function, name: str, *, line: int, speaks: bool) -> Marks:
    """Return the labels that a parameter's name gives it."""
    if speaks and WORDS.fullmatch(name):
        return frozenset({(Label.MESSAGE, function.module.path, line, "")})
    if SECRET_ATTRIBUTE.match(name) and TAKES_SECRET.search(function.name):
        return frozenset({(Label.SECRET, function.module.path, line, name)})
    return NO_MARKS


def spied_arguments(walker: Walker, function: Function) -> list[Value]:
    """Return arguments for a function that stands between a request and the network: headers prove who asks."""
    args = []
    for arg in unknown_arguments(walker, function):
        line = min((mark[2] for mark in arg.marks), default=0)
        headers = Value(marks=arg.marks | {(Label.SECRET, function.module.path, line, "headers")})
        shape = Shape(dict.fromkeys(("headers", "auth"), headers))
        shape.props["config"] = Value(shape=Shape(dict(shape.props)), marks=arg.marks)
        is_secret = SECRET_ATTRIBUTE.match(arg.path.removeprefix("?")) is not None
        args.append(Value(path=arg.path, marks=headers.marks if is_secret else arg.marks, shape=shape))
    return args


def text_of(function: Function, node: Node) -> str:
    """Return the source text of a part of a function."""
    return function.module.content[node.start_byte : node.end_byte].decode("utf-8", "replace")
