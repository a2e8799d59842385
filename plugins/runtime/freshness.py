"""The short-lived statement that says which content holds now, and whether to believe it.
Checks in TUF's order: who signed, in what form, from when, no older than before, not yet over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .content import MAX_BASE_BYTES
from .errors import (
    BadSignature,
    FeedError,
    FeedExpired,
    FeedForged,
    FeedFromFuture,
    FeedKeyExpired,
    FeedKeyUnknown,
    FeedMalformed,
    FeedMixed,
    FeedNotCanonical,
    FeedRolledBack,
    FeedUnsigned,
    FeedUntrusted,
    FeedWrongKind,
    InvalidMoment,
    NotCanonical,
    StatementError,
    StatementMalformed,
    UnknownKey,
    WrongKind,
)
from .fields import read_digest, read_number, read_typed
from .moments import parse_moment
from .root import Root
from .signing import open_statement

__all__ = ["FRESHNESS_KIND", "BaseName", "Freshness", "open_freshness", "read_freshness"]

FRESHNESS_KIND = "nexus.freshness/1"
MAX_FRESHNESS_BYTES = 4096
# A statement may be issued this much later than the reader's clock says. At its expiry there is no tolerance: held
# back for long enough, a feed must be noticed, and one that is refreshed in time never comes near its end.
CLOCK_SKEW = timedelta(minutes=5)
_UNTRUSTED: Mapping[type[StatementError], type[FeedUntrusted]] = {
    StatementMalformed: FeedUnsigned,
    UnknownKey: FeedKeyUnknown,
    BadSignature: FeedForged,
    WrongKind: FeedWrongKind,
    NotCanonical: FeedNotCanonical,
}


@dataclass(frozen=True, slots=True)
class BaseName:
    """The base that the changes begin after: its number, its digest, and the most bytes to read of it."""

    sequence: int
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """What holds now: a number, the digest of its content, and until when this may be relied on."""

    sequence: int
    digest: str
    issued_at: datetime
    expires_at: datetime
    base: BaseName
    key_id: str
    statement: Mapping[str, str] = field(repr=False, compare=False)

    def is_expired(self, now: datetime) -> bool:
        """Whether this no longer says what holds now."""
        return now >= self.expires_at


def open_freshness(
    statement: object, *, root: Root, now: datetime, last_sequence: int = 0, last_digest: str | None = None
) -> Freshness:
    """Return a statement that is to be acted on now.

    `last_sequence` and `last_digest` are those of the last one believed here. Raises FeedUntrusted (each reason as
    its own class), FeedMalformed, FeedFromFuture, FeedRolledBack, FeedMixed or FeedExpired.
    """
    fresh = read_freshness(statement, keys=root.public_keys)
    key = root.feed_keys[fresh.key_id]
    if not (key.is_valid(now) and key.is_valid(min(fresh.issued_at, now))):
        raise FeedKeyExpired(f"the key {fresh.key_id} is listed from {key.valid_from} until {key.valid_until}")
    if fresh.issued_at > now + CLOCK_SKEW:
        raise FeedFromFuture(f"the feed was issued at {fresh.issued_at}, later than now; check the clock")
    if fresh.sequence < last_sequence:
        raise FeedRolledBack(f"the feed has number {fresh.sequence}; {last_sequence} was seen before")
    if fresh.sequence == last_sequence and last_digest not in {None, fresh.digest}:
        raise FeedMixed(f"number {fresh.sequence} came with other blocks before")
    if fresh.is_expired(now):
        raise FeedExpired(f"the feed ended at {fresh.expires_at}; somebody may hold back a newer one")
    return fresh


def read_freshness(statement: object, *, keys: Mapping[str, str]) -> Freshness:
    """Return a genuine statement of any age; raises FeedUntrusted or FeedMalformed."""
    if not isinstance(statement, Mapping):
        raise FeedUnsigned("the feed is not a signed statement")
    try:
        payload = open_statement(statement, kind=FRESHNESS_KIND, keys=keys, max_bytes=MAX_FRESHNESS_BYTES)
    except StatementError as error:
        raise _explain(error) from error
    try:
        return _build(payload, statement=statement)
    except (InvalidMoment, KeyError, TypeError, ValueError) as error:
        raise FeedMalformed(f"the feed lacks something or has it in another form: {error}") from error


def _explain(error: StatementError) -> FeedError:
    return _UNTRUSTED.get(type(error), FeedUntrusted)(f"the feed cannot be trusted: {error}")


def _build(payload: Mapping[str, Any], *, statement: Mapping[str, str]) -> Freshness:
    base = read_typed(payload, "base", dict)
    sequence = read_number(payload, "sequence")
    fresh = Freshness(
        sequence=sequence,
        digest=read_digest(payload, "digest"),
        issued_at=parse_moment(payload["issued_at"]),
        expires_at=parse_moment(payload["expires_at"]),
        base=BaseName(
            sequence=read_number(base, "sequence", most=sequence),
            sha256=read_digest(base, "sha256"),
            size_bytes=read_number(base, "size_bytes", most=MAX_BASE_BYTES),
        ),
        key_id=statement["key_id"],
        statement=dict(statement),
    )
    if fresh.expires_at <= fresh.issued_at:
        raise ValueError("it ends before it begins")
    return fresh
