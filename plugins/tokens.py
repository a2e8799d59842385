"""Bearer tokens: made once, shown once, kept only as a SHA-256 digest.
A 256-bit random secret needs no slow hash; the look-up by digest leaks no timing of the secret itself."""

import hashlib
import secrets
from datetime import datetime, timedelta

from plugins.models import ApiToken, BotOwner, Publisher, Tenant

TOKEN_PREFIX = "nxg_"  # noqa: S105  a recognisable prefix for leak scanners, not a secret
TOKEN_BYTES = 32


def issue_token(
    *,
    label: str,
    valid_for: timedelta,
    now: datetime,
    publisher: Publisher | None = None,
    tenant: Tenant | None = None,
    owner: BotOwner | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for exactly one party; return its row and the secret, which is never available again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken.objects.create(
        publisher=publisher,
        tenant=tenant,
        owner=owner,
        label=label,
        digest=digest_secret(secret),
        created_at=now,
        expires_at=now + valid_for,
    )
    return token, secret


def authenticate_token(secret: str, *, now: datetime) -> ApiToken | None:
    """Return the live token of this secret, or None when it is unknown, expired or revoked."""
    return (
        ApiToken.objects.select_related("publisher", "tenant", "owner")
        .filter(digest=digest_secret(secret), expires_at__gt=now, revoked_at__isnull=True)
        .first()
    )


def digest_secret(secret: str) -> str:
    """SHA-256 of a secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
