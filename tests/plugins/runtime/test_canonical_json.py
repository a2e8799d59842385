"""One value has one text, and nothing that two readers could read differently is read at all."""

import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.runtime.canonical import MAX_DEPTH, MAX_INTEGER, CanonicalError, canonical_json, parse_json
from plugins.runtime.errors import JsonDuplicateKey, JsonTooDeep, JsonTooLarge

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)


@given(VALUES)
def test_reading_gives_back_what_was_written(value: Any) -> None:
    text = canonical_json(value)
    assert parse_json(text, max_bytes=len(text)) == value
    assert canonical_json(parse_json(text, max_bytes=len(text))) == text


@given(st.dictionaries(TEXTS, SCALARS, max_size=6))
def test_order_of_keys_makes_no_difference(value: dict[str, Any]) -> None:
    backwards = dict(reversed(list(value.items())))
    assert canonical_json(backwards) == canonical_json(value)


@given(VALUES, VALUES)
def test_different_values_have_different_texts(one: Any, other: Any) -> None:
    assert (canonical_json(one) == canonical_json(other)) == (_typed(one) == _typed(other))


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_spelling_of_the_input_makes_no_difference(value: Any, indent: int | None, is_ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()
    assert canonical_json(parse_json(text, max_bytes=len(text))) == canonical_json(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = parse_json(data, max_bytes=60)
    except CanonicalError:
        return
    assert parse_json(canonical_json(value), max_bytes=400) == value


def test_text_of_a_value_is_exactly_this() -> None:
    value = {"b": [1, True, None], "a": 'é"\\\n\u2028', "A": {}}
    assert canonical_json(value) == '{"A":{},"a":"é\\"\\\\\\n\u2028","b":[1,true,null]}'.encode()


def test_member_of_an_enumeration_is_its_plain_value() -> None:
    class State(enum.StrEnum):
        OPEN = "open"

    assert canonical_json({State.OPEN: State.OPEN}) == b'{"open":"open"}'


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), {1: "a"}, {None: 1}, (1,), {1, 2}, b"x", "\ud800", {"\udfff": 1}, MAX_INTEGER + 1, object()],
)
def test_value_without_one_text_is_refused(value: Any) -> None:
    with pytest.raises(CanonicalError):
        canonical_json({"inside": [value]})


@pytest.mark.parametrize(
    "data",
    [
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1.5",
        b"1e3",
        b"9007199254740992",
        b"9" * 5000,
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b"{}{}",
        b"",
        b"'a'",
        b'"\x00"',
    ],
)
def test_json_that_two_readers_may_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_json(data, max_bytes=6000)


def test_key_that_appears_twice_is_refused_at_any_depth() -> None:
    with pytest.raises(JsonDuplicateKey):
        parse_json(b'{"a":[{"b":1,"b":1}]}', max_bytes=100)


def test_json_over_its_limit_is_refused() -> None:
    assert parse_json(b"[1,2]", max_bytes=5) == [1, 2]
    with pytest.raises(JsonTooLarge):
        parse_json(b"[1,2]", max_bytes=4)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
def test_json_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(JsonTooDeep):
        parse_json(b"[" * depth + b"]" * depth, max_bytes=10**6)


def test_value_nested_too_deep_is_refused_and_one_level_less_is_not() -> None:
    value: list[Any] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert parse_json(canonical_json(value), max_bytes=1000) == value
    with pytest.raises(JsonTooDeep):
        canonical_json([value])


def _typed(value: Any) -> Any:
    """Python calls True and 1 equal; JSON does not."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (type(value).__name__, value)
