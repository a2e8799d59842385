"""The platform's Ed25519 key: signs the feed, the ledger's checkpoints and proof bundles.
Each use has its own kind inside the signed bytes, so that one can never pass for another."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from governance.errors import SigningKeyMissing
from plugins.runtime.signing import SigningKey


@lru_cache(maxsize=4)
def _load(path: Path) -> SigningKey:
    return SigningKey.load(path)


def platform_key() -> SigningKey:
    """Return the platform's key; raises SigningKeyMissing when the file is not there."""
    path: Path = settings.SIGNING_KEY_FILE
    if not path.is_file():
        raise SigningKeyMissing(f"no signing key at {path}; run `manage.py bootstrap`, or set SIGNING_KEY_FILE")
    return _load(path)


def trusted_keys() -> dict[str, str]:
    """Key id to base64 public key, for everyone who verifies what the platform signed."""
    key = platform_key()
    return {key.key_id: key.public_base64}
