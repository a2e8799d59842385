"""Which versions a block covers: Semantic Versioning 2.0.0 precedence and comma-separated comparators.
Pure precedence, also for pre-releases: 2.0.0-rc.1 lies inside <2.0.0; build metadata is ignored."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .errors import InvalidRange, InvalidVersion

__all__ = ["InvalidRange", "InvalidVersion", "SemanticVersion", "matches", "parse_version"]

MAX_LENGTH = 256
ANY_VERSION = "*"

# The grammar of semver.org, version 2.0.0, with ASCII digits only.
_NUMBER = r"0|[1-9][0-9]*"
_PRE_PART = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<pre>{_PRE_PART}(?:\.{_PRE_PART})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_COMPARATOR = re.compile(r"(?P<operator>>=|<=|==|!=|>|<)(?P<version>[^<>=!,\s]+)")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        ">=": operator.ge,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
        ">": operator.gt,
        "<": operator.lt,
    }
)

# A pre-release part: (0, number, "") or (1, 0, text), so that numbers sort below texts (semver.org, 11.4.3).
_PrePart = tuple[int, int, str]


@dataclass(frozen=True, slots=True, order=True)
class SemanticVersion:
    """A version that compares by precedence; two that differ only in build metadata are equal."""

    major: int
    minor: int
    patch: int
    is_release: bool
    pre_release: tuple[_PrePart, ...]
    text: str = field(compare=False)


def parse_version(text: str) -> SemanticVersion:
    """Read a version of Semantic Versioning 2.0.0, at most 256 characters; raises InvalidVersion."""
    match = _VERSION.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise InvalidVersion(f"{text[:64]!r} is not a semantic version such as 1.4.0 or 2.0.0-rc.1")
    pre = match["pre"]
    return SemanticVersion(
        major=int(match["major"]),
        minor=int(match["minor"]),
        patch=int(match["patch"]),
        is_release=pre is None,
        pre_release=tuple(_pre_part(part) for part in pre.split(".")) if pre else (),
        text=text,
    )


def matches(versions: str, version: str) -> bool:
    """Whether `version` lies in `versions`: `*`, or comparators that must all hold (>=1.0.0,<2.0.0).

    Raises InvalidRange or InvalidVersion; a caller that blocks must then take it as matching.
    """
    comparators = _parse_range(versions)
    candidate = parse_version(version)
    return all(_OPERATORS[sign](candidate, bound) for sign, bound in comparators)


def _parse_range(versions: str) -> list[tuple[str, SemanticVersion]]:
    if len(versions) > MAX_LENGTH:
        raise InvalidRange(f"a range has at most {MAX_LENGTH} characters")
    if versions == ANY_VERSION:
        return []
    return [_parse_comparator(part) for part in versions.split(",")]


def _parse_comparator(text: str) -> tuple[str, SemanticVersion]:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        raise InvalidRange(f"{text[:64]!r} is not one of >= <= == != > < followed by a version")
    try:
        return match["operator"], parse_version(match["version"])
    except InvalidVersion as error:
        raise InvalidRange(str(error)) from error


def _pre_part(text: str) -> _PrePart:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
