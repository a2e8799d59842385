"""Decides which texts are worth reading for orders at all, so that ordinary code costs a few searches for words.

Judges nothing: an open gate is no finding, and a gate opens for every disguise that the grammar sees through.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from scanners.engines.identifiers import look_alike
from scanners.rules import FOLDER

GATES_FILE: Final = FOLDER / "grammar" / "gates.toml"
# What the grammar reads as letters: digits of "1gn0r3", everything between the letters of "i g n o r e".
SQUEEZED: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ013457@", b"abcdefghijklmnopqrstuvwxyzoieasta")
DROPPED: Final = b" \t\r\n\f\v.,-_*#>`'\"+()\\$"
ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8})|N\{([^}\n]{1,80})\}|([0-7]{1,3}))"
)
LINE_END_ESCAPE = re.compile(r"\\[nrt]")
JOINED = re.compile(r"([\"'])[ \t]*#[^\n]*")
ADDRESS = re.compile(r"@[^\s@]{0,80}\.")
RUN = re.compile(r"[A-Za-z0-9+/]{24,}")
UNSEEN = re.compile("[\U000e0020-\U000e007e]{4}|[\u200b-\u200d\u2060\ufeff]{24}")


@dataclass(frozen=True, slots=True)
class Gate:
    """Words of which one must stand in a text, each with expressions that must all match near it."""

    anchors: tuple[bytes, ...]
    near: tuple[re.Pattern[bytes], ...]


@dataclass(frozen=True, slots=True)
class Gates:
    """Every gate; a sign or a foreign word opens alone."""

    gates: tuple[Gate, ...]
    reach: int
    path: re.Pattern[str]
    signs: re.Pattern[str]
    notices: tuple[str, ...]
    foreign: tuple[str, ...]


@cache
def load_gates() -> Gates:
    """Return the gates."""
    document = tomllib.loads(GATES_FILE.read_text(encoding="utf-8"))
    gates = tuple(
        Gate(
            anchors=tuple(anchor.encode() for anchor in item["anchors"]),
            near=tuple(re.compile(group.encode()) for group in item["near"]),
        )
        for item in document["gate"]
    )
    return Gates(
        gates=gates,
        reach=document["reach"],
        path=re.compile(document["path"]),
        signs=re.compile(document["signs"]),
        notices=tuple(document["notices"]),
        foreign=tuple(document["foreign"]),
    )


def may_order(text: str) -> bool:
    """Say whether a text, or what is encoded or escaped in it, could hold an order."""
    plain = spell_out(text) if "\\" in text else text
    if not plain.isascii():
        if UNSEEN.search(plain):
            return True
        plain = unicodedata.normalize("NFKC", plain).casefold()
        if any(word in plain for word in load_gates().foreign):
            return True
        plain = latinise_all(plain)
    if has_encoded(plain) or has_signs(plain):
        return True
    if is_open(squeeze(plain)):
        return True
    # Adjacent strings are one text, whatever comment stands between them.
    joined = JOINED.sub(r"\1", plain) if "#" in plain else plain
    return joined != plain and is_open(squeeze(joined))


def spell_out(text: str) -> str:
    """Return a text with the escapes of every language we read as the letters they stand for."""
    return LINE_END_ESCAPE.sub(" ", ESCAPE.sub(spell, text))


def spell(match: re.Match[str]) -> str:
    """Return the letter of an escape, nothing for one that stands for none."""
    if match[5]:
        try:
            return unicodedata.lookup(match[5])
        except KeyError:
            return ""
    number = match[1] or match[2] or match[3] or match[4]
    code = int(number, 16) if number else int(match[6], 8)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""


def latinise_all(text: str) -> str:
    """Return a text with accents taken off and look-alike letters made Latin; nothing else is kept."""
    table: dict[int, str] = {}
    for letter in set(text):
        if letter.isalpha() and not letter.isascii():
            base = unicodedata.normalize("NFD", letter)[0]
            table[ord(letter)] = base if base.isascii() else look_alike(letter).lower()
        elif not letter.isascii():
            table[ord(letter)] = "" if unicodedata.category(letter) in ("Cf", "Mn") else "`"
    return text.translate(table)


def has_encoded(text: str) -> bool:
    """Say whether a run of letters could be an encoded text: long, in mixed case, with digits."""
    for match in RUN.finditer(text):
        run = match[0]
        if not (run.islower() or run.isupper() or run.isalpha()) and any(letter.isdigit() for letter in run):
            return True
    return False


def has_signs(text: str) -> bool:
    """Say whether signs of a conversation's roles, or paths that hold secrets, are written somewhere."""
    lowered = text.lower()
    gates = load_gates()
    if "system" in lowered and any(notice in lowered for notice in gates.notices):
        return True
    return gates.signs.search(lowered) is not None or gates.path.search(lowered) is not None


def squeeze(text: str) -> bytes:
    """Return the letters of a text without anything between them; an address counts as a stranger's."""
    if "@" in text:
        text = ADDRESS.sub(r"\g<0> attacker ", text)
    return text.encode("ascii", "replace").translate(SQUEEZED, DROPPED)


def is_open(squeezed: bytes) -> bool:
    """Say whether any gate opens."""
    gates = load_gates()
    return any(opens(gate, squeezed=squeezed, reach=gates.reach) for gate in gates.gates)


def opens(gate: Gate, *, squeezed: bytes, reach: int) -> bool:
    """Say whether one of a gate's words stands near all the others it needs."""
    for anchor in gate.anchors:
        at = squeezed.find(anchor)
        while at >= 0:
            start, end = max(0, at - reach), at + reach
            if all(group.search(squeezed, start, end) for group in gate.near):
                return True
            at = squeezed.find(anchor, at + len(anchor))
    return False
