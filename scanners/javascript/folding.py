"""What methods of constant texts, arrays, numbers and buffers give, as JavaScript would compute it.

Pure functions on constants: None means that nobody can say. Sizes are bounded.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Callable
from typing import Final

from scanners import limits
from scanners.javascript.effects import words
from scanners.javascript.texts import as_number, as_text, buffer_text, write_number
from scanners.javascript.values import HOLE, Value

ENCODINGS: Final = words("base64 base64url hex latin1 binary ascii utf8 utf-8 utf16le ucs2")
TextMethod = Callable[[str, list[Value]], "str | float | list[str] | None"]


def number_at(args: list[Value], position: int, *, default: int) -> int:
    """Return an argument as a whole number."""
    if position >= len(args):
        return default
    number = as_number(args[position])
    return default if number is None or not abs(number) <= 2**31 else int(number)


def text_at(args: list[Value], position: int) -> str | None:
    """Return an argument as constant text without holes."""
    found = as_text(args[position]) if position < len(args) else None
    return None if found is None or HOLE in found else found


def slice_text(text: str, args: list[Value]) -> str:
    """Return text.slice(a, b)."""
    return text[number_at(args, 0, default=0) : number_at(args, 1, default=len(text))]


def substring(text: str, args: list[Value]) -> str:
    """Return text.substring(a, b)."""
    first, second = (
        max(0, number_at(args, position, default=default)) for position, default in ((0, 0), (1, len(text)))
    )
    return text[min(first, second) : max(first, second)]


def substr(text: str, args: list[Value]) -> str:
    """Return text.substr(start, length)."""
    start = number_at(args, 0, default=0)
    start = max(0, len(text) + start) if start < 0 else start
    return text[start : start + max(0, number_at(args, 1, default=len(text)))]


def split(text: str, args: list[Value]) -> list[str] | None:
    """Return text.split(separator)."""
    if not args:
        return [text]
    shape = args[0].shape
    if args[0].path == "RegExp#" and shape is not None:
        return split_pattern(text, shape.props["source"].text or "")
    separator = text_at(args, 0)
    if separator is None:
        return None
    return list(text) if separator == "" else text.split(separator)


def split_pattern(text: str, pattern: str) -> list[str] | None:
    """Return text split by a simple pattern; others could take forever."""
    if pattern == "":
        return list(text)
    if re.fullmatch(r"\\?[^\\()\[\]{}*+?|^$.]|\\s\+?|\[[^\]\\^]{1,20}\]|[\w|,;:-]+", pattern):
        return re.split(pattern, text)
    return None


def replace(text: str, args: list[Value], *, every: bool) -> str | None:
    """Return text.replace(a, b) for constants and simple patterns."""
    new = text_at(args, 1)
    if new is None or not args:
        return None
    shape = args[0].shape
    if args[0].path == "RegExp#" and shape is not None:
        pattern, flags = shape.props["source"].text or "", shape.props["flags"].text or ""
        simple = re.fullmatch(r"(\\?[^\\()\[\]{}*+?|^$.]|\\[.$|?*+()sdwWDS]|\[[^\]\\]{1,40}\]|[\w|-])+\+?", pattern)
        if simple is None:
            return None
        try:
            compiled = re.compile(pattern, re.IGNORECASE if "i" in flags else 0)
        except re.error:
            return None
        return compiled.sub(lambda _: new.replace("$$", "$"), text, count=0 if "g" in flags else 1)
    old = text_at(args, 0)
    return None if old is None else text.replace(old, new, -1 if every else 1)


def repeat(text: str, args: list[Value]) -> str | None:
    """Return text.repeat(n) within the limit."""
    times = number_at(args, 0, default=0)
    return text * times if 0 <= times * len(text) <= limits.FOLD_CHARACTERS else None


def char_code(text: str, args: list[Value]) -> float | None:
    """Return text.charCodeAt(n)."""
    position = number_at(args, 0, default=0)
    return ord(text[position]) if 0 <= position < len(text) else None


TEXTS: Final[dict[str, TextMethod]] = {
    "slice": slice_text,
    "substring": substring,
    "substr": substr,
    "split": split,
    "replace": lambda text, args: replace(text, args, every=False),
    "replaceAll": lambda text, args: replace(text, args, every=True),
    "repeat": repeat,
    "charCodeAt": char_code,
    "codePointAt": char_code,
    "charAt": lambda text, args: text[(n := max(0, number_at(args, 0, default=0))) : n + 1],
    "at": lambda text, args: text[n] if -len(text) <= (n := number_at(args, 0, default=0)) < len(text) else None,
    "concat": lambda text, args: (
        None if None in (parts := [as_text(a) for a in args]) else text + "".join(p or "" for p in parts)
    ),
    "indexOf": lambda text, args: None if (part := text_at(args, 0)) is None else text.find(part),
}


# Methods that need no argument.
PLAIN_TEXTS: Final[dict[str, Callable[[str], str]]] = {
    "trim": str.strip,
    "trimStart": str.lstrip,
    "trimEnd": str.rstrip,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "toString": str,
    "valueOf": str,
    "normalize": str,
    "italics": "<i>{}</i>".format,
    "fontcolor": '<font color="undefined">{}</font>'.format,
}


def fold_text(text: str, name: str, args: list[Value]) -> str | float | list[str] | None:
    """Return what a method of a text gives."""
    if name in PLAIN_TEXTS:
        return PLAIN_TEXTS[name](text)
    return TEXTS[name](text, args) if name in TEXTS else None


def fold_number(number: float, name: str, args: list[Value]) -> str | None:
    """Return what a method of a number gives."""
    if name == "toString":
        base = number_at(args, 0, default=10)
        return write_number(number, base=base) if 2 <= base <= 36 else None
    return None


def decode_text(text: str, encoding: str) -> str | None:
    """Return the bytes a text stands for in an encoding, one character each; None when it stands for none."""
    try:
        if encoding in ("base64", "base64url"):
            clean = re.sub(r"[^A-Za-z0-9+/]", "", text.replace("-", "+").replace("_", "/").rstrip("="))
            return base64.b64decode(clean + "=" * (-len(clean) % 4)).decode("latin-1")
        if encoding == "hex":
            return bytes.fromhex(re.split(r"[^0-9a-fA-F]", text)[0]).decode("latin-1")
    except (binascii.Error, ValueError):
        return None
    if encoding in ("utf16le", "ucs2"):
        return text.encode("utf-16-le", "surrogatepass").decode("latin-1")
    if encoding in ("latin1", "binary", "ascii"):
        return text.encode("latin-1", "replace").decode("latin-1")
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def encode_buffer(content: str, encoding: str) -> str | None:
    """Return bytes as text in an encoding."""
    if encoding in ("base64", "hex", "base64url"):
        raw = content.encode("latin-1", "replace")
        return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()
    if encoding in ("latin1", "binary", "ascii"):
        return content
    if encoding in ("utf16le", "ucs2"):
        return content.encode("latin-1", "replace").decode("utf-16-le", "replace")
    return buffer_text(content)


def decode_address(text: str, name: str) -> str:
    """Return what unescape and decodeURIComponent make of a text."""
    if name == "unescape":
        text = re.sub(r"%u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        return re.sub(r"%([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), text)
    return urllib.parse.unquote(text)


def characters(args: list[Value]) -> str | None:
    """Return String.fromCharCode of constants."""
    numbers = [as_number(arg) for arg in args]
    if any(number is None or not 0 <= number < 0x110000 for number in numbers):
        return None
    return "".join(chr(int(number or 0)) for number in numbers)
