"""Which keys may sign the feed, and when: documents signed by a root key that never touches a server.
A version is believed when a root key of it and of the one before signed it; versions are walked, never skipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .canonical import parse_json
from .errors import (
    CanonicalError,
    InvalidMoment,
    KeyInvalid,
    RootMalformed,
    RootOutOfOrder,
    RootUntrusted,
    StatementError,
)
from .fields import read_number, read_typed
from .moments import parse_moment
from .signing import key_id_of, open_statement

__all__ = ["ROOT_KIND", "FeedKey", "Root", "read_first_root", "read_next_root"]

ROOT_KIND = "nexus.root/1"
MAX_ROOT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class FeedKey:
    """A key that may sign the feed, from one moment until before another."""

    public: str
    valid_from: datetime
    valid_until: datetime

    def is_valid(self, now: datetime) -> bool:
        """Whether it may sign now."""
        return self.valid_from <= now < self.valid_until


@dataclass(frozen=True, slots=True)
class Root:
    """A root document that was believed, and the statement it came in."""

    version: int
    expires_at: datetime
    root_keys: Mapping[str, str]
    feed_keys: Mapping[str, FeedKey]
    statement: Mapping[str, str] = field(repr=False, compare=False)

    def is_expired(self, now: datetime) -> bool:
        """Whether a newer version should long be there."""
        return now >= self.expires_at

    @property
    def public_keys(self) -> dict[str, str]:
        """Every feed key, valid now or not: id to base64."""
        return {key_id: key.public for key_id, key in self.feed_keys.items()}


def read_first_root(statement: Mapping[str, Any]) -> Root:
    """The root a runtime begins with, handed over at its enrolment: signed by one of its own root keys.

    Raises RootMalformed or RootUntrusted.
    """
    try:
        claimed = parse_json(statement["payload"].encode("utf-8"), max_bytes=MAX_ROOT_BYTES)
        own = {key_id_of(public): public for public in read_typed(claimed, "root_keys", list)}
    except (AttributeError, CanonicalError, KeyInvalid, KeyError, TypeError, ValueError) as error:
        raise RootMalformed(f"the root names no root keys: {error}") from error
    return _read(statement, keys=own)


def read_next_root(statement: Mapping[str, Any], *, after: Root) -> Root:
    """The version after `after`; raises RootMalformed, RootUntrusted or RootOutOfOrder."""
    root = _read(statement, keys=after.root_keys)
    if root.version != after.version + 1:
        raise RootOutOfOrder(f"version {root.version} of the root does not follow version {after.version}")
    return root


def _read(statement: Mapping[str, Any], *, keys: Mapping[str, str]) -> Root:
    try:
        payload = open_statement(statement, kind=ROOT_KIND, keys=keys, max_bytes=MAX_ROOT_BYTES)
    except StatementError as error:
        raise RootUntrusted(f"the root cannot be trusted: {error}") from error
    try:
        root_keys = read_typed(payload, "root_keys", list)
        feed_keys = [_feed_key(item) for item in read_typed(payload, "feed_keys", list)]
        if not root_keys or not feed_keys:
            raise ValueError("it lists no keys")
        root = Root(
            version=read_number(payload, "version", least=1),
            expires_at=parse_moment(payload["expires_at"]),
            root_keys={key_id_of(public): public for public in root_keys},
            feed_keys={key_id_of(key.public): key for key in feed_keys},
            statement=dict(statement),
        )
    except (InvalidMoment, KeyInvalid, KeyError, TypeError, ValueError) as error:
        raise RootMalformed(f"the root lacks something or has it in another form: {error}") from error
    if statement["key_id"] not in root.root_keys:
        # Else a runtime that begins with it could not tell it from one that anybody made.
        raise RootUntrusted("the root is signed by a key that it does not list itself")
    return root


def _feed_key(values: Mapping[str, Any]) -> FeedKey:
    key = FeedKey(
        public=read_typed(values, "public", str),
        valid_from=parse_moment(values["valid_from"]),
        valid_until=parse_moment(values["valid_until"]),
    )
    if key.valid_until <= key.valid_from:
        raise ValueError("a key's time ends before it begins")
    return key
