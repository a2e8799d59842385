"""Makes the documents that list the feed's keys, to be signed where the root key is: off line.
Each follows from the one before; a key is listed before it signs and until what it signed has expired."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from governance.takedowns.errors import RootRefused
from plugins.runtime.errors import KeyInvalid
from plugins.runtime.moments import format_moment
from plugins.runtime.root import ROOT_KIND, FeedKey, Root, read_first_root, read_next_root
from plugins.runtime.signing import SigningKey, key_id_of, sign_statement


def make_first_root(*, root_key: SigningKey, feed_public: str, key_days: int, root_days: int, now: datetime) -> Root:
    """Version 1: one root key, and one feed key that is valid from now. Raises RootRefused."""
    feed_keys = [_feed_key(feed_public, start=now, end=now + timedelta(days=key_days))]
    return _sign(1, root_key=root_key, root_keys=[root_key.public_base64], feed_keys=feed_keys, days=root_days, now=now)


def add_feed_key(
    root: Root, *, root_key: SigningKey, feed_public: str, start: datetime, key_days: int, root_days: int, now: datetime
) -> Root:
    """The next version: one more feed key, valid from `start`; keys that have ended are left out.

    Raises RootRefused when the keys would leave a gap in time, or the root key is not one of the root's own.
    """
    kept = [key for key in root.feed_keys.values() if key.valid_until > now]
    if not any(key.is_valid(start) for key in kept):
        raise RootRefused("the new key must begin before the last one ends, so that the two overlap")
    if key_id_of(feed_public) in root.feed_keys:
        raise RootRefused("this key is listed already; make a new one")
    added = _feed_key(feed_public, start=start, end=start + timedelta(days=key_days))
    return _follow(root, root_key=root_key, feed_keys=[*kept, added], days=root_days, now=now)


def revoke_feed_key(root: Root, *, root_key: SigningKey, key_id: str, root_days: int, now: datetime) -> Root:
    """The next version without a key that was stolen; raises RootRefused when none would be valid now."""
    if key_id not in root.feed_keys:
        raise RootRefused(f"no key {key_id} is listed")
    kept = [key for name, key in root.feed_keys.items() if name != key_id and key.valid_until > now]
    if not any(key.is_valid(now) for key in kept):
        raise RootRefused("no other key is valid now; add one that begins at once, then revoke this one")
    return _follow(root, root_key=root_key, feed_keys=kept, days=root_days, now=now)


def add_root_key(root: Root, *, root_key: SigningKey, new_public: str, root_days: int, now: datetime) -> Root:
    """The next version, which takes one more root key; the old one is dropped by the version after it."""
    _check_public(new_public)
    kept = [key for key in root.feed_keys.values() if key.valid_until > now]
    root_keys = [*root.root_keys.values(), new_public]
    return _follow(root, root_key=root_key, root_keys=root_keys, feed_keys=kept, days=root_days, now=now)


def drop_root_keys(root: Root, *, root_key: SigningKey, root_days: int, now: datetime) -> Root:
    """The next version, which takes only the root key that signs it."""
    kept = [key for key in root.feed_keys.values() if key.valid_until > now]
    own = [root_key.public_base64]
    return _follow(root, root_key=root_key, root_keys=own, feed_keys=kept, days=root_days, now=now)


def _follow(
    root: Root,
    *,
    root_key: SigningKey,
    feed_keys: Sequence[FeedKey],
    days: int,
    now: datetime,
    root_keys: Sequence[str] = (),
) -> Root:
    if root_key.key_id not in root.root_keys:
        raise RootRefused("this is not a root key of the last version: no runtime would believe the next one")
    return _sign(
        root.version + 1,
        root_key=root_key,
        root_keys=root_keys or list(root.root_keys.values()),
        feed_keys=feed_keys,
        days=days,
        now=now,
        after=root,
    )


def _sign(
    version: int,
    *,
    root_key: SigningKey,
    root_keys: Sequence[str],
    feed_keys: Sequence[FeedKey],
    days: int,
    now: datetime,
    after: Root | None = None,
) -> Root:
    payload: dict[str, Any] = {
        "kind": ROOT_KIND,
        "version": version,
        "issued_at": format_moment(now),
        "expires_at": format_moment(now + timedelta(days=days)),
        "root_keys": list(root_keys),
        "feed_keys": [
            {
                "public": key.public,
                "valid_from": format_moment(key.valid_from),
                "valid_until": format_moment(key.valid_until),
            }
            for key in sorted(feed_keys, key=lambda key: key.valid_from)
        ],
    }
    statement = sign_statement(payload, key=root_key)
    # Read back as a runtime will: what a runtime would refuse is never handed out.
    return read_first_root(statement) if after is None else read_next_root(statement, after=after)


def _feed_key(public: str, *, start: datetime, end: datetime) -> FeedKey:
    _check_public(public)
    return FeedKey(public=public, valid_from=start, valid_until=end)


def _check_public(public: str) -> None:
    try:
        key_id_of(public)
    except KeyInvalid as error:
        raise RootRefused(f"a public key is the base64 of 32 bytes: {error}") from error
