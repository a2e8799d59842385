"""Says whether a condition holds only for one person, or for whoever knows a word, because the script names them.

Looks at the text of a condition and at constants. Who may do what is for a bot's owner to set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scanners.javascript.effects import words
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE
from scanners.python.favours import is_key, is_magic, is_number

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.values import Value
    from scanners.javascript.walker import Walker

LONG: Final = 2_000  # characters of a condition that are looked at
PERSON: Final = re.compile(
    r"\b(author|user|sender|member|from|effectiveUser|invoker)\??\.(id|username|tag|name|login)$"
    r"|(^|[.\b])(user_?id|author_?id|sender_?id|from_?id|member_?id)$"
    r"|\[[\"'](user_?id|author_?id|sender_?id|from_?id)[\"']\]$",
    re.IGNORECASE,
)
TOLD: Final = re.compile(r"[.\[]")
EQUAL: Final = ("===", "==", "!==", "!=")
HOLDING: Final = words("includes has indexOf")
BEGINNING: Final = words("startsWith endsWith timingSafeEqual")
WHOLE: Final = ("string", "number", "identifier", "member_expression", "subscript_expression", "array")
WORDS: Final = (b".id", b"ID", b"Id", b"_id", b"username", b".tag", b"startsWith", b"timingSafeEqual", b"===", b"==")


def favours(walker: Walker, condition: Node) -> bool:
    """Return whether this condition singles somebody out."""
    if condition.end_byte - condition.start_byte > LONG:
        return False
    text = walker.frame.module.content[condition.start_byte : condition.end_byte]
    if not any(word in text for word in WORDS):
        return False
    waiting, seen = [condition], 0
    while waiting and seen < 64:
        node = waiting.pop()
        seen += 1
        if node.type == "binary_expression" and is_choice(walker, node):
            return True
        if node.type == "call_expression" and is_asked(walker, node):
            return True
        waiting += node.named_children
    return False


def is_choice(walker: Walker, node: Node) -> bool:
    """Return whether a comparison is one of a person with a constant, or of something told with a key."""
    sign = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if sign is None or sign.type not in EQUAL or left is None or right is None:
        return False
    for one, other in ((left, right), (right, left)):
        known = known_text(walker, other)
        if known is None:
            continue
        told = walker.text(one)
        if PERSON.search(told) and is_number(known if not known.isdigit() else int(known)):
            return True
        if TOLD.search(told) and one.type in ("member_expression", "subscript_expression") and is_key(known):
            return True
    return False


def is_asked(walker: Walker, node: Node) -> bool:
    """Return whether a call asks if a person is in a constant list, or how a text begins."""
    target, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if target is None or given is None or target.type != "member_expression" or not given.named_children:
        return False
    part, base = target.child_by_field_name("property"), target.child_by_field_name("object")
    name = walker.text(part) if part is not None else ""
    first = given.named_children[0]
    if name in HOLDING and base is not None and PERSON.search(walker.text(first)):
        listed = walker.read(base) if base.type in WHOLE else None
        return listed is not None and names_people(listed)
    return name in BEGINNING and is_magic(known_text(walker, first))


def names_people(listed: Value) -> bool:
    """Return whether a list holds nothing but constants that are somebody's number."""
    shape = listed.shape
    items = shape.items if shape is not None else None
    if items is None and shape is not None:
        items = [part for name, part in shape.props.items() if name.startswith("%member")]
    texts = [as_text(item) for item in items or ()]
    return bool(texts) and all(text and HOLE not in text and is_number(text) for text in texts)


def known_text(walker: Walker, node: Node) -> str | None:
    """Return what a node certainly reads as, or None."""
    if node.type not in ("string", "number", "identifier", "template_string"):
        return None
    text = as_text(walker.read(node))
    return text if text and HOLE not in text else None
