"""Says whether a condition lets code run only on some dates, machines, languages or by chance.

Looks at names and constants; an ordinary time-out or platform check is no guard.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.javascript.effects import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

LONG = 2_000  # characters of a condition that are looked at
CALENDAR = re.compile(
    r"\bget(UTC)?(Hours|Day|Date|Month|FullYear|Minutes)\(\)\s*[)]*\s*[=!<>%]"
    r"|\bDate\.now\(\)\s*[<>]=?\s*\d+(\.\d+)?e\d+"
    r"|[=<>]\s*get(UTC)?(Hours|Day|Date|Month|FullYear)\(\)"
    r"|\bDate\b[^;]*[<>]=?\s*(new\s+Date\(\s*[\"'\d]|Date\.parse\(|1[4-9]\d{11}\b|1[4-9]\d{8}\b|Date\.UTC\()"
    r"|(new\s+Date\(\s*[\"'\d]|Date\.parse\(\s*[\"']|1[4-9]\d{11}\b)[^;]*[<>]=?[^;]*\bDate\b"
)
MACHINE = re.compile(
    r"hostname\(\)|userInfo\(\)|\busername\b[^;]*[=!]==?|resolvedOptions\(\)|navigator\.language|getTimezoneOffset\(\)"
    r"|\bcountry(_?code)?\b[^;]*([=!]==?|includes)|\b(LANG|LANGUAGE|LC_ALL|COMPUTERNAME|USERNAME|USERDOMAIN)\b"
    r"|\b(locale|timezone|timeZone)\b[^;]*([=!]==?|includes|startsWith|test\()"
)
CHANCE = re.compile(
    r"Math\.random\(\)[^;]*[<>=]\s*=?\s*[\d.]+|[\d.]+\s*[<>]=?\s*Math\.random\(\)|\bcreateHash\(|\.digest\("
)
COMPARES = re.compile(r"[=!<>]|includes|test|startsWith|has\(|match")
NAMES_SEEN = 40
# Most scripts have none of these words, and then no condition of theirs is looked at.
TELLING = words(
    "Date Math.random hostname userInfo username resolvedOptions navigator.lang TimezoneOffset digest( createHash",
    "country locale timezone timeZone LANG LC_ALL COMPUTERNAME USERNAME USERDOMAIN",
    "Hours( Day( Month( FullYear( Minutes(",
)
TELLING_BYTES = tuple(sorted(word.encode() for word in TELLING))


def guards(walker: Walker, condition: Node) -> bool:
    """Return whether this condition is such a guard, by its own words or those of the names it compares."""
    module = walker.frame.module
    if module.may_guard is None:
        module.may_guard = any(word in module.content for word in TELLING_BYTES)
    if not module.may_guard or condition.end_byte - condition.start_byte > LONG:
        return False
    known = module.guarding
    place = (condition.start_byte, condition.end_byte, len(known))
    if place not in module.guards:
        module.guards[place] = is_guard(walker.text(condition), known)
    return module.guards[place]


def is_guard(text: str, known: dict[str, str]) -> bool:
    """Return whether a condition's text, or what its variables hold, is such a guard."""
    if not COMPARES.search(text):
        return False
    names = [name for name in re.findall(r"\b[A-Za-z_$][\w$]*", text)[:NAMES_SEEN] if name in known]
    texts = [text, *(text.replace(name, known[name]) for name in names)]
    return any(is_telling(each) and pattern.search(each) for each in texts for pattern in (CALENDAR, MACHINE, CHANCE))


def is_telling(text: str) -> bool:
    """Return whether a text has any of the words without which no expression here finds anything."""
    return any(word in text for word in TELLING)


def note_guarding(walker: Walker, name: str, worth: Node) -> None:
    """Remember that a variable holds a date, a host's name or the like, for conditions that compare it."""
    if worth.end_byte - worth.start_byte > 200 or walker.frame.module.may_guard is False:
        return
    text = walker.text(worth)
    if is_telling(text) and re.search(
        r"\bDate\b|hostname\(|userInfo\(|Math\.random|resolvedOptions|digest\(|get(Hours|Day|Month)\(|TimezoneOffset|navigator\.lang",
        text,
    ):
        walker.frame.module.guarding[name] = text
