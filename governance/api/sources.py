"""Where a report comes from: its network as a keyed digest, never the address itself, and whose token it bears."""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from governance.takedowns.report_actions import Source, authenticate_reporter

# What one subscriber usually holds whole: a network, not an address, is what is counted.
PREFIXES = {4: 24, 6: 56}


def find_source(request: HttpRequest) -> Source:
    """The source of an API request; raises ReporterTokenInvalid for a token that is nobody's."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    authenticated = authenticate_reporter(secret.strip()) if scheme.lower() == "bearer" else None
    return Source(network_digest=_digest_network(request), authenticated=authenticated)


def find_anonymous_source(request: HttpRequest) -> Source:
    """The source of a form: it has no token, so nobody is trusted there, whatever address they write."""
    return Source(network_digest=_digest_network(request))


def _digest_network(request: HttpRequest) -> str:
    address = _client_address(request)
    if address is None:
        return ""
    network = ip_network((address, PREFIXES[address.version]), strict=False)
    return hmac.new(settings.SECRET_KEY.encode(), f"report network\n{network}".encode(), hashlib.sha256).hexdigest()


def _client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The address our outermost proxy saw; what a client itself wrote into the header is never reached."""
    hops = settings.TRUSTED_PROXY_HOPS
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    text = request.META.get("REMOTE_ADDR", "")
    if hops and len(forwarded) >= hops:
        text = forwarded[-hops]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
