"""Recognises what a runtime hands to a plugin as a whole: a message, an event, a context, with everybody in it.

A part of it is what somebody asked for; the whole of it, as text or data, is for whoever collects.
"""

import ast
import sys
from typing import Final

from scanners.facts import Label
from scanners.python.domain import Function, Mark, Value
from scanners.python.favours import is_person, spelled

WHOLE: Final = "*"  # the name of a mark for everything that a runtime handed over
HANDED: Final = frozenset(
    ["message", "msg", "ctx", "context", "update", "event", "interaction", "inter", "callback_query", "request_event"]
)
# Parts that only what a runtime hands over has.
TALK: Final = frozenset(
    [
        "author", "from_user", "channel", "chat", "guild", "reply", "respond", "reply_text", "effective_chat",
        "content", "effective_user", "sender", "params", "settings", "bot", "channel_id", "user_id", "chat_id", "text",
        "user", "effective_message", "args", "session", "member", "message", "platform", "conversation",
    ]
)  # fmt: skip
# Methods by which an object tells all it holds.
TELLING: Final = frozenset(
    [
        "to_dict", "to_json", "json", "dict", "model_dump", "model_dump_json", "as_dict", "serialize", "to_python",
        "__repr__", "__str__", "copy", "items", "values", "asdict",
    ]
)  # fmt: skip
KEEPING_WHOLE: Final = frozenset(
    [
        "asdict",
        "dumps",
        "jsonable_encoder",
        "pformat",
        "packb",
        "format",
        "encode",
        "compress",
        "b64encode",
        "astuple",
        "decode",
        "hex",
    ]
)


def is_handed_over(function: Function, name: str, annotation: Value) -> bool:
    """Say whether a parameter is a message, event or context: by its name, and by what the function does with it."""
    if is_passed_through(function, name):
        return True
    if name.lower() not in HANDED:
        return False
    if annotation.refs and not annotation.refs[0].startswith(("builtins.", "typing.")):
        # A message of the standard library is a letter or a request that the plugin has written itself.
        return annotation.refs[0].partition(".")[0] not in sys.stdlib_module_names
    others = {item.arg.lower() for item in function.node.args.args}
    if name == "event" and others & {"context", "ctx"}:
        return True
    if name in ("context", "ctx") and others & {"event", "update"}:
        return True
    return any(takes_part(part, name) for part in ast.walk(function.node))


def is_passed_through(function: Function, name: str) -> bool:
    """Say whether a parameter holds all that somebody else's function is called with, inside a wrapper around it."""
    arguments = function.node.args
    if function.frame.owner is None or name not in {item.arg for item in (arguments.vararg, arguments.kwarg) if item}:
        return False
    return any(
        (isinstance(part, ast.Starred) and isinstance(part.value, ast.Name) and part.value.id == name)
        or (isinstance(part, ast.keyword) and part.arg is None and getattr(part.value, "id", "") == name)
        for part in ast.walk(function.node)
    )


def takes_part(node: ast.AST, name: str) -> bool:
    """Say whether an expression takes a part of a conversation out of a name."""
    if isinstance(node, ast.Attribute):
        return node.attr in TALK and isinstance(node.value, ast.Name) and node.value.id == name
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value in TALK and isinstance(node.value, ast.Name) and node.value.id == name
    return False


def is_told_whole(node: ast.expr, value: Value) -> bool:
    """Say whether the inside of a value that was handed over, or of somebody in it, is looked at as a whole."""
    is_given = any(item.label is Label.ARGUMENT for item in value.marks)
    return is_given and (is_person(node) or spelled(node) in HANDED)


def is_whole(mark: Mark) -> bool:
    """Say whether a mark stands for everything that was handed over."""
    return mark.label is Label.MESSAGE and mark.name == WHOLE


def narrow(value: Value) -> Value:
    """Return a part of a value: whatever it was taken from, it is not the whole of it."""
    if not any(map(is_whole, value.marks)):
        return value
    marks = frozenset(item for item in value.marks if not is_whole(item))
    return Value(consts=value.consts, is_whole=value.is_whole, refs=value.refs, marks=marks, tricks=value.tricks,
                 things=value.things, items=value.items)  # fmt: skip
