"""Says which secrets in a request only prove who asks: those in headers, credentials' parameters and addresses' users.

It looks at keys and at the text before a secret. Whether the receiver is the right one is for rules to say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Act, Label
from scanners.javascript.values import HOLE, NO_MARKS, deep_marks, union

if TYPE_CHECKING:
    from scanners.javascript.values import Marks, Shape, Value

CREDENTIAL = (
    r"(?:x[-_])?(?:[a-z0-9]{1,20}[-_]?)?(?:api[-_]?(?:key|token|secret)|app[-_]?(?:id|key|secret|token)|"
    r"client[-_]?(?:id|secret|key)|(?:access|refresh|auth|bearer|bot|id|session|csrf|user)[-_]?token|secret[-_]?key|"
    r"access[-_]?key(?:[-_]?id)?|subscription[-_]?key)"
    r"|(?:key|token|auth|authorization|bearer|credentials?|pass|passwd|password|secret|sign|signature|sig|hapikey|jwt)"
)
CREDENTIAL_KEY = re.compile(CREDENTIAL, re.IGNORECASE)
# The text in front of a secret: a parameter's name, a bot's path, or the user of an address that ends with "@".
BEFORE = re.compile(
    rf"(?:(?:^|[?&;])(?:{CREDENTIAL})=(?:bearer |basic |bot )?|/(?:bot|webhooks/[^/]{{1,40}}/))$", re.IGNORECASE
)
USER = re.compile(rf"^[a-z][a-z0-9+.-]{{0,20}}://[^/?#@]{{0,200}}{HOLE}$", re.IGNORECASE)
LOOKED_AT = 400  # characters in front of a secret
NETWORK = frozenset({Act.NETWORK_SEND, Act.NETWORK_FETCH, Act.NETWORK_CONNECT})
DATA = frozenset(
    {
        Label.HOST,
        Label.PROCESS,
        Label.LISTING,
        Label.ENVIRONMENT_ALL,
        Label.CREDENTIALS,
        Label.CLIPBOARD,
        Label.SCREEN,
        Label.KEYS,
        Label.CAMERA,
    }
)


def is_credential_key(name: str) -> bool:
    """Return whether a parameter of this name is meant for a credential."""
    return CREDENTIAL_KEY.fullmatch(name) is not None


def authenticate(marks: Marks) -> Marks:
    """Return marks with secrets as authentication; mixed with data they stay what they are."""
    labels = {mark[0] for mark in marks}
    if Label.SECRET not in labels or labels & DATA:
        return marks
    return relabel(marks, Label.SECRET, Label.AUTHENTICATION)


def authenticate_settings(marks: Marks) -> Marks:
    """Return marks with secrets as authentication that whoever calls has handed over; variables stay secrets."""
    given = frozenset(mark for mark in marks if mark[0] is Label.SECRET and not mark[3].isupper())
    return union(marks - given, authenticate(given)) if given else marks


def reveal(marks: Marks) -> Marks:
    """Return marks with authentication as the secret it is."""
    return relabel(marks, Label.AUTHENTICATION, Label.SECRET)


def relabel(marks: Marks, old: Label, new: Label) -> Marks:
    """Return marks with one label exchanged for another."""
    if not any(mark[0] is old for mark in marks):
        return marks
    return frozenset((new, *mark[1:]) if mark[0] is old else mark for mark in marks)


def marks_for(act: Act, marks: Marks) -> Marks:
    """Return the marks of a fact: nothing but a request is authenticated."""
    return marks if act in NETWORK else reveal(marks)


def joined_marks(before: str, part: Marks) -> Marks:
    """Return the marks of a part that stands behind this text."""
    if part and any(mark[0] is Label.SECRET for mark in part) and BEFORE.search(before[-LOOKED_AT:]):
        return authenticate(part)
    return part


def ends_user(before: str, after: str) -> bool:
    """Return whether a text up to here is the scheme and user of an address."""
    return after.startswith("@") and len(before) <= LOOKED_AT and USER.match(before) is not None


def sent_marks(value: Value) -> Marks:
    """Return the marks of data that is sent, its credentials under their own keys as authentication."""
    if value.shape is None or value.function is not None:
        is_address = (value.text or "").startswith(("http", "ws"))
        return reveal(value.marks) if is_address else deep_marks(value)
    found: list[Marks] = [value.marks]
    seen: set[int] = set()
    waiting: list[Shape] = [value.shape]
    while waiting and len(seen) < limits.SCRIPT_SHAPE_STEPS:
        shape = waiting.pop()
        if id(shape) in seen:
            continue
        seen.add(id(shape))
        found.append(shape.rest)
        for name, part in shape.props.items():
            if is_credential_key(name):
                found.append(authenticate(deep_marks(part)))
            elif part.shape is not None and part.function is None:
                found.append(part.marks)
                waiting.append(part.shape)
            else:
                found.append(sent_marks(part))
        for item in shape.items or ():
            found.append(item.marks)
            if item.shape is not None and item.function is None:
                waiting.append(item.shape)
    return union(*found) if found else NO_MARKS
