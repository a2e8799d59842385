"""Who is calling: a bearer token's publisher or tenant.
Never falls back to a session, and never says whether a refused token once existed."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from governance.api.errors import TokenInvalid, TokenOfAnotherParty
from plugins.models import ApiToken, BotOwner, Publisher, Tenant
from plugins.tokens import authenticate_token


class TokenRequest(HttpRequest):
    """A request after its token was accepted."""

    auth: ApiToken


class PublisherToken(HttpBearer):
    """Admits a publisher's token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = _require_token(token)
        if found.publisher_id is None:
            raise TokenOfAnotherParty("this address takes a publisher's token")
        return found


class TenantToken(HttpBearer):
    """Admits a tenant's token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = _require_token(token)
        if found.tenant_id is None:
            raise TokenOfAnotherParty("this address takes a tenant's token")
        return found


class OwnerToken(HttpBearer):
    """Admits a bots' owner's token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        found = _require_token(token)
        if found.owner_id is None:
            raise TokenOfAnotherParty("this address takes a bots' owner's token")
        return found


def calling_publisher(request: TokenRequest, *, slug: str | None = None) -> Publisher:
    """The publisher the token speaks for; raises TokenOfAnotherParty when the address names another.

    Decided before any look-up, so that the answer does not tell what the other publisher has.
    """
    publisher = request.auth.publisher
    if publisher is None or (slug is not None and publisher.slug != slug):
        raise TokenOfAnotherParty("this token speaks for another publisher")
    return publisher


def calling_tenant(request: TokenRequest) -> Tenant:
    """The tenant the token speaks for."""
    if request.auth.tenant is None:
        raise TokenOfAnotherParty("this token does not speak for a tenant")
    return request.auth.tenant


def calling_owner(request: TokenRequest) -> BotOwner:
    """The person the token speaks for."""
    if request.auth.owner is None:
        raise TokenOfAnotherParty("this token does not speak for a bots' owner")
    return request.auth.owner


def _require_token(secret: str) -> ApiToken:
    found = authenticate_token(secret, now=timezone.now())
    if found is None:
        raise TokenInvalid("the token is unknown, expired or revoked")
    return found
