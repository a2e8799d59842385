"""Whatever is done to a chain of entries, the walk says where it begins."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.chain import GENESIS, Break, body_digest, entry_hash, find_break
from plugins.runtime.canonical import CanonicalError

Row = tuple[int, dict[str, Any], str, str]
LENGTHS = st.integers(1, 12)


def _chain(length: int, *, note: str = "") -> list[Row]:
    rows: list[Row] = []
    head = GENESIS
    for sequence in range(1, length + 1):
        body = {"sequence": sequence, "action": "version.published", "subject": f"version:{sequence}", "note": note}
        hash_ = entry_hash(head, body_digest(body))
        rows.append((sequence, body, head, hash_))
        head = hash_
    return rows


def _heads(rows: list[Row]) -> dict[int, str]:
    return {rows[-1][0]: rows[-1][3]}


@given(LENGTHS)
def test_whole_chain_has_no_break(length: int) -> None:
    rows = _chain(length)
    assert find_break(rows) is None
    assert find_break(rows, expected_heads={row[0]: row[3] for row in rows}) is None


def test_empty_ledger_has_no_break_unless_a_checkpoint_saw_entries() -> None:
    assert find_break([]) is None
    assert find_break([], expected_heads={3: "0" * 64}) == Break(1, "removed: a signed checkpoint saw entries up to 3")


@given(st.data())
def test_edited_body_is_found_where_it_is(data: st.DataObject) -> None:
    rows = _chain(data.draw(LENGTHS))
    at = data.draw(st.integers(0, len(rows) - 1))
    sequence, body, previous, hash_ = rows[at]
    rows[at] = (sequence, {**body, "note": "nothing happened"}, previous, hash_)
    _assert_break(rows, at=sequence, what="edited")


@given(st.data())
def test_body_edited_and_sealed_again_is_found_at_the_next_entry_or_the_checkpoint(data: st.DataObject) -> None:
    rows = _chain(data.draw(LENGTHS))
    heads = _heads(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    sequence, body, previous, _ = rows[at]
    edited = {**body, "note": "nothing happened"}
    rows[at] = (sequence, edited, previous, entry_hash(previous, body_digest(edited)))
    is_last = at == len(rows) - 1
    _assert_break(
        rows, heads=heads, at=sequence if is_last else sequence + 1, what="edited" if is_last else "reordered"
    )


@given(st.data())
def test_removed_entry_is_found(data: st.DataObject) -> None:
    rows = _chain(data.draw(LENGTHS))
    heads = _heads(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    sequence = rows.pop(at)[0]
    _assert_break(rows, heads=heads, at=sequence, what="removed")


@given(st.data())
def test_end_cut_off_after_a_checkpoint_is_found(data: st.DataObject) -> None:
    rows = _chain(data.draw(LENGTHS))
    kept = data.draw(st.integers(0, len(rows) - 1))
    _assert_break(rows[:kept], heads=_heads(rows), at=kept + 1, what="removed")
    assert find_break(rows[:kept]) is None


@given(st.data())
def test_swapped_entries_are_found(data: st.DataObject) -> None:
    rows = _chain(data.draw(st.integers(2, 12)))
    at = data.draw(st.integers(0, len(rows) - 2))
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    _assert_break(rows, at=at + 1, what="removed")


@given(st.data())
def test_entries_that_changed_places_and_numbers_are_found(data: st.DataObject) -> None:
    rows = _chain(data.draw(st.integers(2, 12)))
    at = data.draw(st.integers(0, len(rows) - 2))
    one, other = rows[at], rows[at + 1]
    rows[at], rows[at + 1] = (one[0], *other[1:]), (other[0], *one[1:])
    _assert_break(rows, at=at + 1, what="edited")


@given(st.data())
def test_entry_that_appears_twice_is_found(data: st.DataObject) -> None:
    rows = _chain(data.draw(LENGTHS))
    at = data.draw(st.integers(0, len(rows) - 1))
    rows.insert(at, rows[at])
    _assert_break(rows, at=at + 1, what="reordered")


@given(LENGTHS, st.integers(1, 12))
def test_chain_rebuilt_from_the_start_is_found_by_its_checkpoint(length: int, seen: int) -> None:
    honest, rebuilt = _chain(length), _chain(length, note="nothing happened")
    seen = min(seen, length)
    assert find_break(rebuilt) is None
    _assert_break(rebuilt, heads={seen: honest[seen - 1][3]}, at=seen, what="edited")


def test_chain_that_begins_on_something_else_is_found() -> None:
    body = {"sequence": 1}
    elsewhere = "f" * 64
    rows = [(1, body, elsewhere, entry_hash(elsewhere, body_digest(body)))]
    _assert_break(rows, at=1, what="reordered")


@pytest.mark.parametrize("strange", [0.5, {"deep": (1,)}, "\ud800"])
def test_body_that_was_never_sealed_is_a_break_and_not_a_crash(strange: object) -> None:
    sequence, body, previous, hash_ = _chain(1)[0]
    _assert_break([(sequence, {**body, "note": strange}, previous, hash_)], at=1, what="edited")


def test_hash_that_is_no_hash_is_a_break_and_not_a_crash() -> None:
    sequence, body, _, hash_ = _chain(1)[0]
    _assert_break([(sequence, body, "é", hash_)], at=1, what="edited")


def test_digest_depends_on_the_body_and_the_hash_on_both() -> None:
    assert body_digest({"a": 1, "b": 2}) == body_digest({"b": 2, "a": 1})
    assert body_digest({"a": 1}) != body_digest({"a": True})
    assert entry_hash(GENESIS, "a" * 64) != entry_hash("a" * 64, GENESIS)
    with pytest.raises(CanonicalError):
        body_digest({"share": 0.5})


def _assert_break(rows: list[Row], *, at: int, what: str, heads: dict[int, str] | None = None) -> None:
    found = find_break(rows, expected_heads=heads)
    assert found is not None
    assert (found.sequence, found.what.split(":")[0]) == (at, what)
