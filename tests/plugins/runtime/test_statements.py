"""A statement says one thing, under one key, for one use; any change to it is noticed."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.runtime.canonical import CanonicalError
from plugins.runtime.errors import (
    BadSignature,
    KeyExposed,
    KeyInvalid,
    NotCanonical,
    StatementError,
    StatementMalformed,
    UnknownKey,
    WrongKind,
)
from plugins.runtime.signing import SigningKey, key_id_of, open_statement, sign_statement

KEY = SigningKey.generate()
KEYS = {KEY.key_id: KEY.public_base64}
PAYLOAD = {"kind": "nexus.test/1", "who": "Dev", "count": 3}
STATEMENT = sign_statement(PAYLOAD, key=KEY)


def test_signed_payload_comes_back_whole() -> None:
    assert open_statement(STATEMENT, kind="nexus.test/1", keys=KEYS) == PAYLOAD


@settings(max_examples=200)
@given(st.data())
def test_any_changed_letter_is_noticed(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(STATEMENT)))
    at = data.draw(st.integers(0, len(STATEMENT[name]) - 1))
    letter = data.draw(st.characters(exclude_characters=STATEMENT[name][at]))
    changed = STATEMENT[name][:at] + letter + STATEMENT[name][at + 1 :]
    with pytest.raises(StatementError):
        open_statement({**STATEMENT, name: changed}, kind="nexus.test/1", keys=KEYS)


def test_statement_for_another_use_is_refused_by_name() -> None:
    with pytest.raises(WrongKind, match=r"nexus\.test/1"):
        open_statement(STATEMENT, kind="nexus.feed/1", keys=KEYS)


def test_use_named_inside_cannot_differ_from_the_use_signed() -> None:
    text = '{"kind":"nexus.test/1"}'
    signature = KEY.private.sign(b"nexus-governance/v1\nnexus.feed/1\n" + text.encode())
    forged = {**STATEMENT, "payload": text, "signature": base64.b64encode(signature).decode()}
    for kind in ("nexus.feed/1", "nexus.test/1"):
        with pytest.raises(StatementError):
            open_statement(forged, kind=kind, keys=KEYS)


def test_eves_key_is_unknown_and_under_dress_a_bad_signature() -> None:
    forged = sign_statement(PAYLOAD, key=SigningKey.generate())
    with pytest.raises(UnknownKey):
        open_statement(forged, kind="nexus.test/1", keys=KEYS)
    with pytest.raises(BadSignature):
        open_statement({**forged, "key_id": KEY.key_id}, kind="nexus.test/1", keys=KEYS)


def test_key_listed_under_another_id_is_not_used() -> None:
    with pytest.raises(UnknownKey):
        open_statement({**STATEMENT, "key_id": "x"}, kind="nexus.test/1", keys={"x": KEY.public_base64})
    with pytest.raises(UnknownKey):
        open_statement(STATEMENT, kind="nexus.test/1", keys={KEY.key_id: "not a key"})


@pytest.mark.parametrize(
    "text", ['{"kind": "nexus.test/1"}', '{"kind":"nexus.test/1","a":1.0}', "[]", '"nexus.test/1"']
)
def test_text_that_is_not_its_own_canonical_form_is_refused(text: str) -> None:
    signature = KEY.private.sign(b"nexus-governance/v1\nnexus.test/1\n" + text.encode())
    signed = {**STATEMENT, "payload": text, "signature": base64.b64encode(signature).decode()}
    with pytest.raises((NotCanonical, WrongKind)):
        open_statement(signed, kind="nexus.test/1", keys=KEYS)


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {**STATEMENT, "extra": ""},
        {**STATEMENT, "payload": PAYLOAD},
        {**STATEMENT, "payload": "\ud800"},
        {**STATEMENT, "signature": ""},
        {**STATEMENT, "signature": STATEMENT["signature"] + "\n"},
        {**STATEMENT, "signature": STATEMENT["signature"].rstrip("=")},
    ],
)
def test_statement_of_another_form_is_malformed(statement: dict[str, str]) -> None:
    with pytest.raises(StatementMalformed):
        open_statement(statement, kind="nexus.test/1", keys=KEYS)


def test_other_spelling_of_the_same_signature_is_refused() -> None:
    """In lax base64 the last letter before the padding carries bits that nobody reads."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    signature = STATEMENT["signature"]
    twin = signature[:-3] + letters[letters.index(signature[-3]) ^ 1] + "=="
    assert base64.b64decode(twin) == base64.b64decode(signature)
    with pytest.raises(StatementMalformed):
        open_statement({**STATEMENT, "signature": twin}, kind="nexus.test/1", keys=KEYS)


def test_payload_over_its_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(StatementMalformed):
        open_statement(STATEMENT, kind="nexus.test/1", keys=KEYS, max_bytes=10)


@pytest.mark.parametrize("payload", [{}, {"kind": 1}, {"kind": ""}, {"kind": "a\nb"}])
def test_payload_that_does_not_name_its_use_is_not_signed(payload: dict[str, object]) -> None:
    with pytest.raises(WrongKind):
        sign_statement(payload, key=KEY)


def test_payload_with_a_fraction_is_not_signed() -> None:
    with pytest.raises(CanonicalError):
        sign_statement({"kind": "nexus.test/1", "share": 0.5}, key=KEY)


def test_saved_key_is_private_and_signs_the_same(tmp_path: Path) -> None:
    path = tmp_path / "bot.key"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sign_statement(PAYLOAD, key=SigningKey.load(path)) == STATEMENT


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "bot.key"
    KEY.save(path)
    with pytest.raises(FileExistsError):
        SigningKey.generate().save(path)
    assert SigningKey.load(path).key_id == KEY.key_id


def test_key_file_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bot.key"
    KEY.save(path)
    path.chmod(0o644)
    with pytest.raises(KeyExposed):
        SigningKey.load(path)


@pytest.mark.parametrize("text", ["", "short", "A" * 44, "é", "A" * 3000])
def test_key_file_with_anything_else_in_it_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bot.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeyInvalid):
        SigningKey.load(path)


def test_key_never_shows_itself() -> None:
    raw = base64.b64encode(KEY.private.private_bytes_raw()).decode()
    assert raw not in repr(KEY)
    assert KEY.key_id == key_id_of(KEY.public_base64)
    assert len(KEY.key_id) == 16
