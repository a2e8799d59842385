"""The one JSON text of a value, and reading JSON that a stranger sent.
Decides what can be signed at all; never repairs what it reads."""

import json
import re
from typing import Any

from .errors import CanonicalError, JsonDuplicateKey, JsonTooDeep, JsonTooLarge

__all__ = ["CanonicalError", "canonical_json", "parse_json"]

MAX_DEPTH = 32
# RFC 7493, section 2.2: beyond this some readers silently round, and two of them would see two values.
MAX_INTEGER = 2**53 - 1
_SURROGATES = re.compile("[\ud800-\udfff]")


def canonical_json(value: Any) -> bytes:
    """Return the one UTF-8 text of `value`: keys sorted by code point, no white space, no needless escapes.

    Takes dicts with text keys, lists, texts, integers within 2**53, booleans and None; raises CanonicalError
    for anything else, such as a float.
    """
    _check_value(value, depth=0)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def parse_json(data: bytes, *, max_bytes: int) -> Any:
    """Read JSON in UTF-8 that holds only what canonical_json takes; order and white space are free.

    Raises CanonicalError, as JsonTooLarge, JsonTooDeep or JsonDuplicateKey where one of these is the reason.
    """
    if len(data) > max_bytes:
        raise JsonTooLarge(f"{len(data)} bytes of JSON, at most {max_bytes} are read")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_refuse_duplicates,
            parse_constant=_refuse_number,
            parse_float=_refuse_number,
        )
    except RecursionError as error:
        raise JsonTooDeep(f"JSON nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:
        # Also an integer of more digits than Python reads.
        raise CanonicalError(f"not JSON in UTF-8: {str(error)[:200]}") from error
    _check_value(value, depth=0)
    return value


def _check_value(value: Any, *, depth: int) -> None:
    if isinstance(value, list | dict) and depth >= MAX_DEPTH:
        raise JsonTooDeep(f"JSON nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        for item in value:
            _check_value(item, depth=depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise CanonicalError(f"a key is {type(key).__name__}, keys are text")
            _check_scalar(key)
            _check_value(item, depth=depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: Any) -> None:
    # A text or integer that is a member of an enumeration is written as its plain value.
    if isinstance(value, str):
        if not value.isascii() and _SURROGATES.search(value):
            raise CanonicalError("a text holds half of a character (a lone surrogate)")
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise CanonicalError(f"an integer is beyond {MAX_INTEGER}; send it as text")
    elif value is not None:
        raise CanonicalError(f"{type(value).__name__} has no canonical JSON")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise JsonDuplicateKey("a key appears twice in one object")
    return built


def _refuse_number(text: str) -> Any:
    raise CanonicalError(f"the number {text[:40]} has no canonical form; only integers do")
