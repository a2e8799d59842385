"""Reads single members of signed JSON: each has exactly its type, or it is refused.
Never guesses: a truth is no number, a UUID has one spelling, a digest is lower-case hex."""

import re
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

__all__ = ["is_digest", "read_digest", "read_identity", "read_number", "read_typed"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_Value = TypeVar("_Value")


def read_typed(values: Mapping[str, Any], name: str, kind: type[_Value]) -> _Value:
    """The member `name`; raises KeyError, or TypeError when it is of another type."""
    value = values[name]
    # Not isinstance(): True is no number here.
    if type(value) is not kind:
        raise TypeError(f"{name} is {type(value).__name__}, expected {kind.__name__}")
    return value


def read_number(values: Mapping[str, Any], name: str, *, least: int = 0, most: int | None = None) -> int:
    """An integer within bounds; raises ValueError beside the errors of read_typed."""
    number = read_typed(values, name, int)
    if number < least or (most is not None and number > most):
        raise ValueError(f"{name} {number} is out of bounds")
    return number


def read_digest(values: Mapping[str, Any], name: str) -> str:
    """A SHA-256 in lower-case hex; raises ValueError beside the errors of read_typed."""
    text = read_typed(values, name, str)
    if not is_digest(text):
        raise ValueError(f"{name} is a SHA-256 digest in lower-case hex")
    return text


def read_identity(values: Mapping[str, Any], name: str) -> str:
    """A UUID in its usual spelling; raises ValueError beside the errors of read_typed."""
    text = read_typed(values, name, str)
    if str(uuid.UUID(text)) != text:
        raise ValueError(f"{name} is a UUID in its usual spelling")
    return text


def is_digest(value: object) -> bool:
    """Whether this is the text of a SHA-256 in lower-case hex."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
