"""Finds and parses what a plugin ships beside its code: a file whose path is known stands for its content.

Addresses in settings stay unknown: whoever installs the plugin writes them anew.
"""

import configparser
import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

from scanners import limits
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.domain import HOLE, Mark, Value, constant
from scanners.python.lookups import Lookups
from scanners.sources import Source

OWN: Final = "{own}/"  # where the plugin itself lies, in a path
SETTINGS: Final = re.compile(
    r"(?i)(^|[/._-])(config(uration)?|settings?|options|preferences|defaults|env|secrets?)[^/]*$"
)
ADDRESS: Final = re.compile(
    r"""(?i)\b[a-z][a-z0-9+.-]{1,9}://[^\s"'`|;&<>)\\]*"""
    r"""|(?<=["'\w])(host|server|url|uri|endpoint|webhook|address|chat_?id|channel)(\w*["']?\s*[:=]\s*)(["'][^"'\n]*["']|-?\d+)"""
)
DANGER: Final = re.compile(
    r"(?i)\b(os|posix|nt|subprocess|builtins|importlib|runpy|pickle|marshal|shutil|socket|ctypes|exec|eval|system|popen"
    r"|__import__|urllib|requests)\b|!!python/|[A-Za-z0-9+/]{80}"
)
PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "json": json.loads, "simplejson": json.loads, "ujson": json.loads, "orjson": json.loads, "json5": json.loads,
    "tomllib": tomllib.loads, "tomli": tomllib.loads, "toml": tomllib.loads, "rtoml": tomllib.loads,
}  # fmt: skip
UNPARSABLE: Final = (*UNCOMPUTABLE, RecursionError, configparser.Error)


def find_shipped(machine: Lookups, path: Value) -> Source | None:
    """Return the file of the plugin that a path can only mean, or None."""
    texts = [text for text in path.consts if isinstance(text, str)]
    if len(texts) != 1 or len(path.consts) != 1 or not machine.shipped:
        return None
    text = texts[0].replace("\\", "/")
    is_own = text.startswith(OWN)
    text = text.removeprefix(OWN)
    if not text or HOLE in text or text.startswith(("/", "~", "%")):
        return None
    folder = posixpath.dirname(machine.path)
    for place in (text,) if is_own else (text, posixpath.join(folder, text)):
        found = machine.shipped.get(posixpath.normpath(place))
        if found is not None:
            return found
    return None


def read_shipped(machine: Lookups, path: Value, marks: frozenset[Mark]) -> Value:
    """Return a shipped file's content as a constant, or nothing but where it comes from."""
    source = find_shipped(machine, path)
    if source is None or source.text is None or len(source.text) > limits.FOLD_CHARACTERS:
        return Value(marks=marks)
    machine.charge(len(source.text))
    return constant(hide_addresses(source.path, source.text), marks=marks)


def hide_addresses(path: str, text: str) -> str:
    """Return the content of a file, without the addresses when it holds settings."""
    return ADDRESS.sub(forget_address, text) if SETTINGS.search(path) else text


def forget_address(match: re.Match[str]) -> str:
    """Return an address in settings as unknown, under its name where it has one."""
    return f'{match[1]}{match[2]}"{HOLE}"' if match[1] else HOLE


def parse_text(library: str, text: str) -> Any:
    """Return what a text of data holds, what could be called first; None when it cannot be known."""
    if len(text) > limits.FOLD_CHARACTERS or text.count("[") > limits.MARKUP_BRACKETS:
        return None
    try:
        return order_parts(PARSERS[library](text))
    except UNPARSABLE:
        # Damaged, or not of that kind after all: the source would raise here as well.
        return None


def order_parts(parsed: Any, *, depth: int = 0) -> Any:
    """Return data in which the parts that name something to call stand first."""
    if depth > limits.FOLD_LAYERS:
        return parsed
    if isinstance(parsed, list):
        parts = [order_parts(item, depth=depth + 1) for item in parsed]
        return sorted(parts, key=is_harmless) if any(isinstance(item, dict) for item in parts) else parts
    if isinstance(parsed, dict):
        kept = {str(key): order_parts(item, depth=depth + 1) for key, item in parsed.items()}
        return dict(sorted(kept.items(), key=lambda pair: is_harmless(pair[1]))) if depth else kept
    return parsed


def is_harmless(part: Any) -> bool:
    """Say whether a part of data names nothing that could be called."""
    return DANGER.search(str(part)[: limits.DETAIL_CHARACTERS]) is None


def parse_sections(source: Source | None) -> Mapping[str, Mapping[str, str]]:
    """Return the sections of a file of settings; none when it cannot be read as one."""
    if source is None or source.text is None or len(source.text) > limits.FOLD_CHARACTERS:
        return {}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(source.text)
    except UNPARSABLE:
        # No sections: whoever reads it would raise here as well.
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()[: limits.PYTHON_ALTERNATIVES * 8]}
