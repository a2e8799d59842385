"""Tells secrets that a request carries as its own authentication from secrets that are part of what it says.

Headers, clients, addresses and parameters named like a credential authenticate; a body's other fields never do.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from scanners.facts import Label
from scanners.python.domain import HOLE, Mark, Marks, Value

# What a client or request is given to prove who it is.
AUTHENTICATING: Final = frozenset(["headers", "auth", "cookies", "cert", "additional_headers", "extra_headers"])
KEEPING_HEADERS: Final = frozenset(
    ["add_header", "putheader", "add_unredirected_header", "set_cookie", "set_auth", "header_items", "token_auth"]
)
# What a client is made with that it will tell, not show.
TELLING: Final = frozenset(
    [
        "content",
        "text",
        "message",
        "msg",
        "data",
        "json",
        "body",
        "embeds",
        "embed",
        "payload",
        "subject",
        "html",
        "files",
    ]
)
BODIES: Final = frozenset(["data", "json", "params", "body", "fields", "form", "content", "query", "payload"])
CREDENTIAL: Final = re.compile(
    r"(^|[_.\-])(keys?|auth|token|tokens|secret|password|passwd|pass|pwd|sign|signature|sig|jwt|bearer|credential|assertion)$"
    r"|^(x-)?(api|app|access|secret|private|license|client|consumer)[_-]?(key|id|token|secret)$"
    r"|apikey|^appid$|api_hash|api_sig|authorization|session_?(id|key)|cookie|(?i:accessToken|apiToken|authToken|clientSecret)$"
    r"|^(code|refresh|webhook|user|username|login|email|account_sid|code_verifier)(_token)?$",
    re.IGNORECASE,
)
# Secrets that are not alone in a field, but mixed with these, are told and not shown.
ALONE: Final = frozenset(
    [Label.SECRET, Label.ENVIRONMENT, Label.ARGUMENT, Label.AUTHENTICATION, Label.INPUT, Label.DECODED]
)
# Where an address has room for a secret of its own: all of it, before "@", after "/bot", in a parameter of that name.
_BEFORE = re.compile(r"(^|/bot|/webhooks?/[^/?]*/?|/services/|/hooks?/|://[^/@]*|/token/|/key/)$")
_PARAMETER = re.compile(r"[?&;]([\w.\-\[\]]+)=$")


def authenticate(marks: Marks) -> Marks:
    """Return marks with every secret as authentication."""
    if not any(item.label is Label.SECRET for item in marks):
        return marks
    return frozenset(authenticate_mark(item) for item in marks)


def authenticate_mark(item: Mark) -> Mark:
    """Return one mark, a secret as authentication."""
    return item._replace(label=Label.AUTHENTICATION) if item.label is Label.SECRET else item


def is_credential(name: object) -> bool:
    """Say whether a field is named like what authenticates a request."""
    return isinstance(name, str) and len(name) <= 60 and CREDENTIAL.search(name) is not None


def field_marks(name: object, value: Value) -> Marks:
    """Return the marks of one field of what is sent."""
    is_alone = is_credential(name) and all(item.label in ALONE for item in value.marks)
    return authenticate(value.marks) if is_alone else value.marks


def named_marks(named: Mapping[str, Value]) -> Marks:
    """Return the marks of what is sent by name: bodies by their fields, headers and logins as authentication."""
    marks: set[Mark] = set()
    for name, value in named.items():
        if name in AUTHENTICATING:
            marks |= authenticate(value.marks)
        elif name in BODIES:
            marks |= body_marks(value)
        else:
            marks |= field_marks(name, value)
    return frozenset(marks)


def keyed_value(name: str, callee: Value, args: Iterable[Value], result: Value) -> Value:
    """Return what a cipher or hash gives with its key as authentication."""
    marks = keyed_marks(name, callee, args, result.marks)
    return Value(consts=result.consts, refs=result.refs, marks=marks, tricks=result.tricks)


def keyed_marks(name: str, callee: Value, args: Iterable[Value], marks: Marks) -> Marks:
    """Return the marks of what a cipher or hash gives: its key, and what it only hashed, cannot be read back."""
    if name.startswith(("hmac.", "hashlib.")):
        return authenticate(marks)
    told = frozenset().union(*(value.marks for value in args))
    return authenticate(callee.marks) | told | (marks - callee.marks)


def client_marks(args: Iterable[Value], named: Mapping[str, Value]) -> Marks:
    """Return the marks of a client by what it is made with: it is known by that, unless it will tell it."""
    shown = [*args, *(value for name, value in named.items() if name not in TELLING)]
    told = [value for name, value in named.items() if name in TELLING]
    return authenticate(frozenset().union(*(value.marks for value in shown))) | all_marks(told)


def kept_marks(name: str, marks: Marks) -> Marks:
    """Return the marks of what is put into an attribute of a client or by a method of it."""
    return authenticate(marks) if name in AUTHENTICATING or name in KEEPING_HEADERS or is_credential(name) else marks


def body_marks(value: Value) -> Marks:
    """Return the marks of a body, its fields judged by their names where they are known."""
    if not isinstance(value.items, dict) or not value.marks:
        return value.marks
    fields = [field_marks(name, item) for name, item in value.items.items()]
    inside = frozenset(item for member in value.items.values() for item in member.marks)
    return (value.marks - inside).union(*fields)


def address_marks(address: Value) -> Marks:
    """Return the marks of an address: secrets in it authenticate where it has a place for each of them."""
    # One secret may be known both by its variable and by the setting it was kept in.
    secrets = {
        item.name.rpartition(".")[2].lower() or item.line for item in address.marks if item.label is Label.SECRET
    }
    if not secrets:
        return address.marks
    texts = [text for text in address.consts if isinstance(text, str)]
    if all(count_places(text) >= len(secrets) for text in texts if text):
        return authenticate(address.marks)
    return address.marks


def count_places(text: str) -> int:
    """Return how many unknown parts of an address stand where a secret of its own belongs."""
    parts = text.split(HOLE)
    return sum(
        (bool(before) or not number) and is_place(before, after)
        for number, (before, after) in enumerate(pairwise(parts))
    )


def is_place(before: str, after: str) -> bool:
    """Say whether an unknown part between two known ones authenticates."""
    parameter = _PARAMETER.search(before)
    if parameter is not None:
        return is_credential(parameter[1])
    return _BEFORE.search(before) is not None or (after.startswith("@") and "/" not in before.partition("://")[2])


def all_marks(values: Iterable[Value]) -> Marks:
    """Return the marks of several values."""
    return frozenset().union(*(body_marks(value) for value in values))
