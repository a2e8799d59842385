"""Notes to whom messages go: mail recipients, chats, addresses; constant ones and such as somebody has set.

Only notes. That the same message goes to both kinds is for the rules to see.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from scanners.facts import Act, Label
from scanners.python.domain import HOLE, Marks, Plain, Tricks, Value, plain_of, sequence_of, texts_of
from scanners.python.machine import Machine

MAIL_FIELDS: Final = frozenset(["to", "cc", "bcc", "resent-bcc"])
CHAT_FIELDS: Final = frozenset([*MAIL_FIELDS, "chat_id", "channel_id", "chat", "channel", "recipient", "recipients"])
CHAT_METHODS: Final = frozenset(
    [
        "send_message", "send_photo", "send_document", "send_text", "forward_message", "copy_message",
        "forward_messages", "copy_messages", "chat_postMessage", "sendMessage", "send_file", "send_media_group",
    ]
)  # fmt: skip
PASSING_ON: Final = ("forward", "copy")


def note_recipient(
    machine: Machine, node: ast.AST, field: str, value: Value, *, content: Marks, tricks: Tricks = frozenset()
) -> None:
    """Record every recipient that a value holds, an unknown one as a hole."""
    members = members_of(value)
    for member in [value] if members is None else members[:8]:
        texts = texts_of(member) if member.is_whole else (*texts_of(member)[:4], HOLE)
        for text in texts:
            is_known = bool(text.replace(HOLE, "").strip(" ,;<>"))
            shown = f"{field}: {text if is_known else HOLE}"
            machine.emit(Act.MESSAGE_ADDRESS, node, detail=shown, sources=[Value(marks=content)], tricks=tricks)


def members_of(value: Value) -> Sequence[Value] | None:
    """Return the members of a list of recipients; a text is one recipient."""
    whole = plain_of(value)
    return None if isinstance(whole, str | bytes) else sequence_of(value)


def note_mail_field(machine: Machine, node: ast.AST, base: Value, name: Plain, value: Value) -> None:
    """Record a recipient that is put into the head of a mail."""
    is_mail = any(ref.startswith("email.") for ref in base.refs)
    if is_mail and isinstance(name, str) and name.casefold() in MAIL_FIELDS:
        note_recipient(machine, node, name.casefold(), value, content=frozenset())


def note_body(machine: Machine, node: ast.AST, named: Mapping[str, Value], *, content: Marks) -> None:
    """Record the chats and recipients that the fields of a request's body name."""
    for body in named.values():
        fields = body.items if isinstance(body.items, dict) else {}
        for name, value in fields.items():
            if isinstance(name, str) and name.casefold() in CHAT_FIELDS:
                note_recipient(machine, node, name.casefold(), value, content=content)


def note_chat(machine: Machine, node: ast.AST, method: str, args: Sequence[Value], named: Mapping[str, Value]) -> None:
    """Record the chat that a bot's method sends to."""
    if method not in CHAT_METHODS:
        return
    target = named.get("chat_id") or named.get("channel") or named.get("entity") or (args[0] if args else None)
    if target is not None:
        field = "passed on" if method.startswith(PASSING_ON) else "chat_id"
        note_recipient(machine, node, field, target, content=marks_of([*args[1:], *named.values()]))


def note_address(machine: Machine, node: ast.AST, address: Value, content: Marks, tricks: Tricks) -> None:
    """Record where a request with data goes: to a built-in address, or to one that somebody has set."""
    if any(item.label in (Label.ARGUMENT, Label.MESSAGE, Label.FILE, Label.PROCESS) for item in content):
        note_recipient(machine, node, "address", address, content=content, tricks=tricks)


def marks_of(values: Iterable[Value]) -> Marks:
    """Return the marks of several values."""
    return frozenset().union(*(value.marks for value in values))
