"""The hash chain under the ledger: how an entry is sealed, and where a chain was broken.
Pure: no database, no clock, no keys. Bodies hold ids and never personal data, so none need ever be erased."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.runtime.canonical import CanonicalError, canonical_json

CHECKPOINT_KIND = "nexus.checkpoint/1"
GENESIS = "0" * 64
DOMAIN = b"nexus-governance/v1\nledger-entry\n"


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry that does not hold, and whether it was edited, removed, reordered or cut off."""

    sequence: int
    what: str


def body_digest(body: Mapping[str, Any]) -> str:
    """Return the hex SHA-256 of the body's canonical JSON; raises CanonicalError for what has none."""
    return hashlib.sha256(canonical_json(dict(body))).hexdigest()


def entry_hash(previous_hash: str, digest: str) -> str:
    """Seal a body's digest under the hash of the entry before it; the first one stands on GENESIS."""
    sealed = DOMAIN + previous_hash.encode("ascii") + b"\n" + digest.encode("ascii")
    return hashlib.sha256(sealed).hexdigest()


def find_break(
    entries: Iterable[tuple[int, Mapping[str, Any], str, str]],
    *,
    expected_heads: Mapping[int, str] | None = None,
) -> Break | None:
    """Walk (sequence, body, previous hash, hash) from the first entry on; return the first break, or None.

    `expected_heads` are the hashes that signed checkpoints name, by sequence: a chain rebuilt from some entry
    on is whole in itself and breaks only there.
    """
    heads = expected_heads or {}
    last, head = 0, GENESIS
    for sequence, body, previous_hash, hash_ in entries:
        what = (
            _misplaced(sequence, body, expected=last + 1)
            or _altered(body, previous_hash, hash_)
            or _unlinked(previous_hash, head)
            or _rebuilt(hash_, heads.get(sequence))
        )
        if what:
            return Break(min(sequence, last + 1), what)
        last, head = sequence, hash_
    if heads and max(heads) > last:
        return Break(last + 1, f"removed: a signed checkpoint saw entries up to {max(heads)}")
    return None


def _misplaced(sequence: int, body: Mapping[str, Any], *, expected: int) -> str:
    if sequence > expected:
        return f"removed: entry {expected} is missing, {sequence} comes next"
    if sequence < expected:
        return f"reordered: {sequence} comes where {expected} belongs"
    if body.get("sequence") != sequence:
        return "edited: the body carries another number"
    return ""


def _altered(body: Mapping[str, Any], previous_hash: str, hash_: str) -> str:
    try:
        expected = entry_hash(previous_hash, body_digest(body))
    except (CanonicalError, UnicodeEncodeError) as error:
        return f"edited: it holds what was never sealed ({error})"
    return "" if expected == hash_ else "edited: the hash does not match the body"


def _unlinked(previous_hash: str, head: str) -> str:
    return "" if previous_hash == head else "reordered: it does not follow the entry before it"


def _rebuilt(hash_: str, expected: str | None) -> str:
    if expected is None or expected == hash_:
        return ""
    return "edited: a signed checkpoint saw another hash here, so this entry or one before it was rewritten"
