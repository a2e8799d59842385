"""The platform's Ed25519 keys: one signs ledger checkpoints and proof bundles, listed ones sign the feed.
Each use has its own kind inside the signed bytes, so that one can never pass for another."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from governance.errors import FeedKeyNotListed, FeedRootMissing, SigningKeyMissing
from governance.feed_folder import list_roots, read_root
from plugins.runtime.root import FeedKey, Root
from plugins.runtime.signing import SigningKey


@lru_cache(maxsize=8)
def _load(path: Path) -> SigningKey:
    return SigningKey.load(path)


def platform_key() -> SigningKey:
    """Return the platform's key; raises SigningKeyMissing when the file is not there."""
    path: Path = settings.SIGNING_KEY_FILE
    if not path.is_file():
        raise SigningKeyMissing(f"no signing key at {path}; run `manage.py bootstrap`, or set SIGNING_KEY_FILE")
    return _load(path)


def feed_root() -> Root:
    """The newest published root document; raises FeedRootMissing."""
    versions = list_roots(settings.FEED_DIR)
    if not versions:
        raise FeedRootMissing("no root document is published; run `manage.py bootstrap`, or `manage.py root publish`")
    return read_root(settings.FEED_DIR, version=versions[-1])


def feed_key(*, until: datetime, now: datetime) -> tuple[SigningKey, Root]:
    """The key that signs a feed now, valid `until` its expiry too, and the root that lists it.

    Of several the one listed last is taken. Raises FeedRootMissing, FeedKeyNotListed or SigningKeyMissing.
    """
    root = feed_root()
    paths = [path for path in settings.FEED_KEY_FILES if path.is_file()]
    if not paths:
        raise SigningKeyMissing("none of FEED_KEY_FILES is there; run `manage.py bootstrap`, or set them")
    held = [(root.feed_keys.get(key.key_id), key) for key in map(_load, paths)]
    usable = [(listed.valid_from, key) for listed, key in held if listed is not None and _may_sign(listed, until, now)]
    if not usable:
        raise FeedKeyNotListed("no signing key here is listed for now by the root; run `manage.py root show`")
    return max(usable, key=lambda pair: pair[0])[1], root


def trusted_keys() -> dict[str, str]:
    """Key id to base64 public key, for everyone who verifies what the platform signed, also some time ago."""
    key = platform_key()
    keys = {key.key_id: key.public_base64}
    for version in list_roots(settings.FEED_DIR):
        keys |= read_root(settings.FEED_DIR, version=version).public_keys
    return keys


def _may_sign(listed: FeedKey, until: datetime, now: datetime) -> bool:
    return listed.is_valid(now) and listed.is_valid(until)
