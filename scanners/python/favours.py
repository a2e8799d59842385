"""Recognises conditions that hold for one person or for whoever knows a word, because the code names them.

Expressions and texts only. Who may do what is for a bot's owner to set; what the code names, only its author knows.
"""

import ast
import re
from typing import Final

from scanners.python.domain import Plain

NUMBERS: Final = frozenset(["user_id", "userid", "author_id", "from_id", "sender_id", "member_id"])
NAMES: Final = frozenset(["id", "name", "username", "user_name", "discriminator", "login", "phone_number", "email"])
PEOPLE: Final = frozenset(
    ["author", "user", "from_user", "effective_user", "sender", "member", "invoker", "caller", "from_", "peer"]
)
# Words with digits in them that commands and formats are honestly called.
KNOWN: Final = re.compile(
    r"(?i)^(md[45]|sha\d+|b(ase)?\d\d|utf-?\d+|mp[34]|rot\d+|\d+ball|2048|x\d\d|win\d\d|ipv\d|h26[45]|python[\d.]+|web\d|v\d+)"
)
KEY: Final = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[\w+/=.\-!@#$%^&*~]{8,128}$")
NUMBER: Final = re.compile(r"^(?=.*\d)[\w#@+:.-]{5,80}$")
LEAST_ID: Final = 10_000  # smaller numbers are levels, counts and codes
LEAST_NAME: Final = 3


def names_person(node: ast.expr, known: Plain) -> bool:
    """Say whether an expression is who somebody is, and a constant is one person or a list of such."""
    if isinstance(node, ast.BinOp):
        return names_person(node.left, known) or names_person(node.right, known)
    if isinstance(node, ast.Call):
        return names_person_called(node, known)
    name = spelled(node)
    if name is None:
        return False
    base = node.value if isinstance(node, ast.Attribute | ast.Subscript) else None
    if base is not None and name in NAMES and is_person(base):
        return names_one(known)
    return (name in NUMBERS or (name == "user" and isinstance(node, ast.Subscript))) and is_number(known)


def names_person_called(node: ast.Call, known: Plain) -> bool:
    """Say the same of a call that takes a part of what came in, or gives it another shape."""
    if not isinstance(node.func, ast.Attribute):
        is_shape = isinstance(node.func, ast.Name) and node.func.id in ("str", "int", "hash") and len(node.args) == 1
        return is_shape and (names_person(node.args[0], known) or (is_person(node.args[0]) and names_one(known)))
    if node.func.attr == "get" and node.args and isinstance(node.args[0], ast.Constant):
        return node.args[0].value in NUMBERS and is_number(known)
    return node.func.attr in ("lower", "strip", "casefold") and names_person(node.func.value, known)


def spelled(node: ast.expr) -> str | None:
    """Return the last word of a name, attribute or constant key."""
    if isinstance(node, ast.Name):
        return node.id.lower()
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    key = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None
    return key if isinstance(key, str) else None


def is_person(node: ast.expr) -> bool:
    """Say whether an expression is somebody who writes to a bot."""
    name = spelled(node)
    return name in PEOPLE or (name == "from" and isinstance(node, ast.Subscript))


def names_one(known: Plain) -> bool:
    """Say whether a constant is somebody's number or name, or a list of such."""
    if isinstance(known, tuple):
        return 0 < len(known) <= 64 and all(map(names_one, known))
    if isinstance(known, int):
        return known >= LEAST_ID
    return isinstance(known, str) and len(known) >= LEAST_NAME and not known.isspace()


def is_number(known: Plain) -> bool:
    """Say whether a constant is the number a service gives somebody, or a list of such."""
    if isinstance(known, tuple):
        return 0 < len(known) <= 64 and all(map(is_number, known))
    return names_one(known) and (isinstance(known, int) or (isinstance(known, str) and NUMBER.match(known) is not None))


def is_key(known: Plain) -> bool:
    """Say whether a constant reads like a key or password."""
    text = known.decode("latin-1") if isinstance(known, bytes) else known
    return isinstance(text, str) and KEY.match(text) is not None and KNOWN.match(text) is None


def is_magic(word: Plain) -> bool:
    """Say whether the word a message begins with is one that nobody finds by trying."""
    if not isinstance(word, str) or not 4 <= len(word.strip()) <= 128 or "://" in word:
        return False
    bare = word.strip().lstrip("!/.?$-&+;,>~#%^*=@:|_")
    digits, letters = sum(map(str.isdigit, bare)), sum(map(str.isalpha, bare))
    is_odd = len(word.strip()) - len(bare) > 2 and word.strip()[:3] not in ("---", "...", "///", "###")
    return KNOWN.match(bare) is None and letters > 1 and (is_odd or (digits > 1 and " " not in bare))
