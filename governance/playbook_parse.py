"""Builds frozen dataclasses from the playbook's text, or says line by line what is wrong and how to mend it.
It knows types, units and ranges; it never knows what a number promises."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from itertools import accumulate
from typing import Any, TypeVar, cast, get_type_hints

from governance.errors import PlaybookError

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts, and the smallest and largest value that can be meant."""

    name: str
    low: int
    high: int


# Longer endings stand before those they end in: the first that fits decides.
UNITS = {
    "percentile": Unit("th percentile", 1, 99),
    "percent": Unit("percent", 1, 100),
    "per_day": Unit("per day", 1, 100_000),
    "per_minute": Unit("per minute", 1, 10_000_000),
    "working_days": Unit("working days", 1, 60),
    "weekdays": Unit("ISO weekday", 1, 7),
    "seconds": Unit("seconds", 1, 86_400),
    "minutes": Unit("minutes", 1, 10_080),
    "hours": Unit("hours", 1, 720),
    "days": Unit("days", 1, 3_660),
    "months": Unit("months", 1, 120),
    "bots": Unit("bots", 1, 10_000_000),
    "users": Unit("users", 1, 10_000_000),
    "messages": Unit("messages", 1, 10_000_000),
    "plugins": Unit("plugins", 1, 100_000),
    "reports": Unit("reports", 1, 1_000),
    "attempts": Unit("attempts", 1, 20),
    "results": Unit("results", 1, 10_000_000),
    "changes": Unit("changes", 1, 1_000),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one dotted key: what stands there, what should, and what to do about it."""

    key: str
    found: str
    expected: str
    fix: str


def unit_of(key: str) -> Unit | None:
    """The unit of a dotted key, read from its own ending or else its section's; None when neither has one."""
    for part in reversed(key.split(".")[-2:]):
        for ending, unit in UNITS.items():
            if part == ending or part.endswith(f"_{ending}"):
                return unit
    return None


def read_document(text: str, *, source: str) -> dict[str, Any]:
    """Parse TOML; PlaybookError names the line where the text stops being TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise PlaybookError(f"{source}:1: found values nested too deeply; write plain values") from error
    except ValueError as error:
        # tomllib tells the place only inside its sentence: "... (at line 3, column 5)".
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.rstrip().count("\n") + 1
        raise PlaybookError(f"{source}:{line}: found no valid TOML ({error}); mend this line") from error


def build_section(
    kind: type[Section], table: Mapping[str, Any], *, key: str = ""
) -> tuple[Section | None, list[Fault]]:
    """Fill a dataclass, and those inside it, from a table; a field with a default is not read from it.

    Returns None, and every fault at or below `key`, when a key is unknown or missing, or a value has the
    wrong type or is out of its unit's range.
    """
    hints = get_type_hints(kind)
    wanted = [field.name for field in fields(cast("Any", kind)) if field.default is MISSING]
    faults = [_unknown(_join(key, name), wanted) for name in table if name not in wanted]
    values: dict[str, Any] = {}
    for name in wanted:
        values[name], found = _read(hints[name], table, name, key=key)
        faults += found
    return (None if faults else kind(**values)), faults


def refuse(faults: Sequence[Fault], *, text: str, source: str) -> PlaybookError:
    """One error for all faults, each with its line: the key's own, or else where its section starts."""
    lines = find_lines(text)
    placed = sorted(((_line_of(fault.key, lines), fault) for fault in faults), key=lambda pair: pair[0])
    return PlaybookError(
        "\n".join(
            f"{source}:{line}: {fault.key}: found {fault.found}; expected {fault.expected}; {fault.fix}"
            for line, fault in placed
        )
    )


_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
# Strings and comments are tokens of their own, so that a heading or a key quoted in one is not taken for one.
_TOKEN = re.compile(
    rf"^[ \t]*\[[ \t]*(?P<table>{_DOTTED})[ \t]*\]"
    rf"|^[ \t]*(?P<key>{_DOTTED})[ \t]*="
    r'|""".*?"""'
    r"|'''.*?'''"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*",
    re.DOTALL | re.MULTILINE,
)


def find_lines(text: str) -> dict[str, int]:
    """The line, counted from 1, on which each table and key of a TOML text first stands; "" is line 1."""
    lines = {"": 1}
    table = ""
    for match in _TOKEN.finditer(text):
        written = match["table"] or match["key"]
        if written is None:
            continue
        name = ".".join(part.strip("\"'") for part in re.findall(_NAME, written))
        table, name = (name, name) if match["table"] else (table, _join(table, name))
        # [a.b] also starts a, when a has no heading of its own.
        for parent in accumulate(name.split("."), _join):
            lines.setdefault(parent, text.count("\n", 0, match.start()) + 1)
    return lines


def _line_of(key: str, lines: Mapping[str, int]) -> int:
    while key not in lines:
        key = key.rpartition(".")[0]
    return lines[key]


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _unknown(key: str, wanted: Sequence[str]) -> Fault:
    close = get_close_matches(key.rpartition(".")[2], wanted, n=1)
    fix = f"did you mean {close[0]!r}?" if close else "remove it"
    return Fault(key, "a key this playbook does not have", "one of " + ", ".join(wanted), fix)


def _read(hint: Any, table: Mapping[str, Any], name: str, *, key: str) -> tuple[Any, list[Fault]]:
    key = _join(key, name)
    if name not in table:
        expected = "a section" if is_dataclass(hint) else _wanted(hint, key)
        fix = f"add the section [{key}]" if is_dataclass(hint) else f"add the line `{name} = ...` to its section"
        return None, [Fault(key, "nothing", expected, fix)]
    value = table[name]
    if not is_dataclass(hint):
        return _read_value(hint, value, key)
    if not isinstance(value, dict):
        return None, [Fault(key, _describe(value), "a section", f"write its keys below [{key}]")]
    return build_section(cast("type[Any]", hint), value, key=key)


def _read_value(hint: Any, value: Any, key: str) -> tuple[Any, list[Fault]]:
    is_list = hint in (tuple[int, ...], tuple[str, ...])
    kind = hint.__args__[0] if is_list else hint
    if is_list and not (type(value) is list and value):
        return None, [Fault(key, _describe(value), _wanted(hint, key), "write it as [first, second]")]
    faults = [
        Fault(key, _describe(item), _wanted(hint, key), f"write {_example(kind, key)}")
        for item in (value if is_list else [value])
        if not _fits(kind, item, key)
    ]
    return (tuple(value) if is_list else value), faults


def _fits(kind: type, value: Any, key: str) -> bool:
    # `type(...) is`, because a TOML true would pass for the number 1.
    if type(value) is not kind:
        return False
    if isinstance(value, str):
        return value.strip() != ""
    if isinstance(value, int) and kind is int:
        unit = unit_of(key)
        return unit is not None and unit.low <= value <= unit.high
    return True


def _wanted(hint: Any, key: str) -> str:
    unit = unit_of(key)
    number = f"whole number of {unit.name} from {unit.low} to {unit.high}" if unit else "whole number"
    return {
        int: f"a {number}",
        bool: "true or false",
        str: "a text in quotes",
        time: "a time of day in UTC",
        tuple[int, ...]: f"a list in which each item is a {number}",
        tuple[str, ...]: "a list of texts in quotes",
    }[hint]


def _example(kind: type, key: str) -> str:
    unit = unit_of(key)
    return {int: str(unit.low if unit else 1), bool: "true", str: '"..."', time: "02:00:00"}[kind] + ", for example"


def _describe(value: Any) -> str:
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > 63:
        return "a number beyond all use"  # Python refuses to print the longest ones
    return repr(value)[:60]
