"""Reads literals: strings with their escapes, numbers, and what JavaScript makes of a value as text or number.

Pure functions on constants.
"""

import math
import re
from typing import Final

from scanners.javascript.values import HOLE, Value

ESCAPE: Final = re.compile(
    r"\\(u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|\r?\n|(.))", re.DOTALL
)
SHORT: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
ITEMS: Final = 4_096  # items of an array that are turned into text


def unescape(text: str) -> str:
    """Return a string literal's content with its escapes resolved."""
    if "\\" not in text:
        return text
    resolved = ESCAPE.sub(resolve_escape, text)
    return resolved.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def resolve_escape(match: re.Match[str]) -> str:
    """Return the character an escape sequence stands for."""
    code = match[2] or match[3] or match[4]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    if match[5]:
        return chr(int(match[5], 8))
    return SHORT.get(match[6], match[6]) if match[6] else ""


def read_number(text: str) -> float | None:
    """Return the number a literal or a numeric string stands for."""
    text = text.strip().replace("_", "").rstrip("n")
    try:
        return int(text, 0) if text[:1] != "0" or text[1:2] in "xXoObB" else int(text or "0", 10)
    except ValueError:
        try:
            number = float(text)
        except ValueError:
            return None
        return int(number) if number.is_integer() and abs(number) < 2**53 else number


def parse_int(text: str, *, base: int) -> float | None:
    """Return what parseInt makes of a text; None is not a number."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"[: max(2, min(base, 36))]
    text = text.strip().lower()
    if base in (10, 16) and text.startswith("0x"):
        digits, text, base = "0123456789abcdef", text[2:], 16
    match = re.match(f"[+-]?[{digits}]{{1,30}}", text)
    return int(match[0], base) if match else None


def write_number(number: float, *, base: int = 10) -> str:
    """Return a number as JavaScript writes it."""
    whole = int(number) if math.isfinite(number) else 0
    if whole != number:
        return repr(float(number)).replace("inf", "Infinity").replace("nan", "NaN")
    if base == 10:
        return str(whole)
    digits = ""
    rest = abs(whole)
    while rest:
        rest, digit = divmod(rest, base)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return ("-" if whole < 0 else "") + (digits or "0")


def as_text(value: Value, *, depth: int = 3) -> str | None:
    """Return a value as JavaScript concatenates it; None when it is not constant."""
    if value.text is not None:
        return buffer_text(value.text) if value.path == "Buffer#" else value.text
    if value.path in ("true", "false", "undefined", "null"):
        return value.path
    if value.number is not None:
        return write_number(value.number)
    if value.shape is not None and value.shape.items is not None and depth and not value.shape.rest:
        parts = [as_text(item, depth=depth - 1) for item in value.shape.items[:ITEMS]]
        return ",".join(HOLE if part is None else "" if part == "undefined" else part for part in parts)
    if value.path.startswith("native:"):
        return f"function {value.path[7:]}() {{ [native code] }}"
    if value.shape is not None and not value.shape.props and value.function is None and value.path in ("", "Object#"):
        return "[object Object]" if not value.marks else None
    return None


def as_number(value: Value) -> float | None:
    """Return a value as JavaScript computes with it; None when it is not constant."""
    if value.number is not None:
        return value.number
    if value.path == "null":
        return 0
    text = as_text(value)
    if text is None or HOLE in text or value.path == "undefined":
        return None
    return read_number(text) if text.strip() else 0


def buffer_text(content: str) -> str:
    """Return bytes, one character each, as the text they most likely are."""
    try:
        return content.encode("latin-1").decode("utf-8")
    except ValueError:
        return content


def is_true(value: Value) -> bool | None:
    """Return whether a constant counts as true; None when nobody can say."""
    if value.path in ("false", "undefined", "null"):
        return False
    if value.path == "true" or value.shape is not None or value.function is not None:
        return True
    if value.number is not None:
        return value.number != 0
    return bool(value.text) if value.text is not None and HOLE not in value.text else None
