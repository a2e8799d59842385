"""The kill-switch feed: whether to believe one, and whether it blocks what is installed here.
Never blocks by a name alone; what it cannot read it takes as blocked."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from .canonical import canonical_json, parse_json
from .errors import (
    CanonicalError,
    FeedError,
    FeedExpired,
    FeedFromFuture,
    FeedMalformed,
    FeedMixed,
    FeedRolledBack,
    FeedTooLarge,
    FeedUntrusted,
    InvalidMoment,
    InvalidRange,
    InvalidVersion,
    JsonTooLarge,
    StatementError,
)
from .moments import parse_moment
from .ranges import matches
from .signing import open_statement

__all__ = ["FEED_KIND", "Block", "Feed", "FeedError", "open_feed", "read_feed"]

FEED_KIND = "nexus.feed/1"
MAX_FEED_BYTES = 8 * 1024 * 1024
# A feed may be issued this much later than the reader's clock says. At its expiry there is no tolerance: held
# back for long enough, a feed must be noticed, and one that is refreshed in time never comes near its end.
CLOCK_SKEW = timedelta(minutes=5)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_Value = TypeVar("_Value")
_BLOCK_TEXTS = ("plugin", "publisher", "versions", "reason")


@dataclass(frozen=True, slots=True)
class Block:
    """One entry: these versions of this publisher's plugin are off, or only these bytes of them."""

    id: str
    sequence: int
    takedown: str
    plugin: str
    publisher: str
    versions: str
    artifact_sha256: tuple[str, ...]
    reason: str
    blocked_at: datetime

    def covers(self, *, publisher: str, plugin: str, version: str, artifact_sha256: str) -> bool:
        """Whether this entry blocks that version; what cannot be read counts as covered."""
        if (publisher, plugin) != (self.publisher, self.plugin):
            return False
        if self.artifact_sha256 and artifact_sha256 not in self.artifact_sha256:
            return False
        try:
            return matches(self.versions, version)
        except (InvalidRange, InvalidVersion):
            return True


@dataclass(frozen=True, slots=True)
class Feed:
    """A verified feed, and the signed statement it came in.

    `blocks_digest` tells two feeds of one number with different entries apart.
    """

    sequence: int
    issued_at: datetime
    expires_at: datetime
    blocks: tuple[Block, ...]
    blocks_digest: str
    statement: Mapping[str, str] = field(repr=False, compare=False)

    def is_expired(self, now: datetime) -> bool:
        """Whether the feed no longer says what holds now."""
        return now >= self.expires_at

    def find_blocks(self, *, publisher: str, plugin: str, version: str, artifact_sha256: str) -> tuple[Block, ...]:
        """Every entry that covers a version, the lowest number first."""
        found = (
            block
            for block in self.blocks
            if block.covers(publisher=publisher, plugin=plugin, version=version, artifact_sha256=artifact_sha256)
        )
        return tuple(sorted(found, key=lambda block: block.sequence))


def open_feed(
    data: bytes | Mapping[str, Any],
    *,
    keys: Mapping[str, str],
    now: datetime,
    last_sequence: int = 0,
    last_blocks_digest: str | None = None,
) -> Feed:
    """Return the feed in a statement, or in the bytes of one, when it is to be acted on now.

    `last_sequence` and `last_blocks_digest` are those of the last feed believed here. Raises FeedTooLarge,
    FeedUntrusted, FeedMalformed, FeedFromFuture, FeedRolledBack, FeedMixed or FeedExpired, each a FeedError.
    """
    feed = read_feed(data, keys=keys)
    if feed.issued_at > now + CLOCK_SKEW:
        raise FeedFromFuture(f"the feed was issued at {feed.issued_at}, later than now; check the clock")
    if feed.sequence < last_sequence:
        raise FeedRolledBack(f"the feed has number {feed.sequence}; {last_sequence} was seen before")
    if feed.sequence == last_sequence and last_blocks_digest not in {None, feed.blocks_digest}:
        raise FeedMixed(f"number {feed.sequence} came with other blocks before")
    if feed.is_expired(now):
        raise FeedExpired(f"the feed ended at {feed.expires_at}; somebody may hold back a newer one")
    return feed


def read_feed(data: bytes | Mapping[str, Any], *, keys: Mapping[str, str]) -> Feed:
    """Return a genuine feed of any age, such as the one stored here; raises FeedError like open_feed."""
    statement = _take_statement(data)
    try:
        payload = open_statement(statement, kind=FEED_KIND, keys=keys, max_bytes=MAX_FEED_BYTES)
        return _build_feed(payload, statement=statement)
    except StatementError as error:
        raise FeedUntrusted(f"the feed cannot be trusted: {error}", reason=error.code) from error
    except (InvalidMoment, KeyError, TypeError, ValueError) as error:
        raise FeedMalformed(f"the feed lacks something or has it in another form: {error}") from error


def _take_statement(data: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        statement = parse_json(data, max_bytes=MAX_FEED_BYTES) if isinstance(data, bytes) else data
    except JsonTooLarge as error:
        raise FeedTooLarge(f"a feed has at most {MAX_FEED_BYTES} bytes") from error
    except CanonicalError as error:
        raise FeedMalformed(f"the feed is not JSON: {error}") from error
    if not isinstance(statement, Mapping):
        raise FeedMalformed("the feed is not a statement")
    return statement


def _build_feed(payload: Mapping[str, Any], *, statement: Mapping[str, str]) -> Feed:
    blocks = _typed(payload, "blocks", list)
    feed = Feed(
        sequence=_sequence(payload, most=None),
        issued_at=parse_moment(payload["issued_at"]),
        expires_at=parse_moment(payload["expires_at"]),
        blocks=tuple(_build_block(block, most=payload["sequence"]) for block in blocks),
        blocks_digest=hashlib.sha256(canonical_json(blocks)).hexdigest(),
        statement=dict(statement),
    )
    if feed.expires_at <= feed.issued_at:
        raise ValueError("it ends before it begins")
    if len({block.id for block in feed.blocks}) != len(feed.blocks):
        raise ValueError("two blocks have one id")
    return feed


def _build_block(block: object, *, most: int) -> Block:
    if not isinstance(block, dict):
        raise TypeError("a block is an object")
    digests = _typed(block, "artifact_sha256", list)
    if not all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in digests):
        raise ValueError("artifact_sha256 holds SHA-256 digests in lower-case hex")
    plugin, publisher, versions, reason = (_typed(block, name, str) for name in _BLOCK_TEXTS)
    return Block(
        id=_identity(block, "id"),
        sequence=_sequence(block, most=most),
        takedown=_identity(block, "takedown"),
        plugin=plugin,
        publisher=publisher,
        versions=versions,
        artifact_sha256=tuple(digests),
        reason=reason,
        blocked_at=parse_moment(block["blocked_at"]),
    )


def _sequence(values: Mapping[str, Any], *, most: int | None) -> int:
    sequence = _typed(values, "sequence", int)
    if sequence < 0 or (most is not None and sequence > most):
        raise ValueError(f"sequence {sequence} is negative, or above the feed's own")
    return sequence


def _identity(values: Mapping[str, Any], name: str) -> str:
    text = _typed(values, name, str)
    if str(uuid.UUID(text)) != text:
        raise ValueError(f"{name} is a UUID in its usual spelling")
    return text


def _typed(values: Mapping[str, Any], name: str, kind: type[_Value]) -> _Value:
    value = values[name]
    # Not isinstance(): True is no number here.
    if type(value) is not kind:
        raise TypeError(f"{name} is {type(value).__name__}, expected {kind.__name__}")
    return value
