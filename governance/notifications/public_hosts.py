"""Calls an address a stranger gave us, and no host inside our own network: HTTPS only, one look-up, no redirects.
The connection goes to the address that was judged, so that a second look-up cannot answer differently."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from governance.notifications.errors import DeliveryDeferred, DeliveryDoubtful, WebhookUnsafe

STEP_SECONDS = 5.0  # one look at the socket
TOTAL_SECONDS = 15.0  # the whole conversation: a server that drips its answer does not hold a lease
LONGEST_URL = 1024
# RFC 6052, RFC 3056 and RFC 4380: addresses that stand for another one, which may be private.
TRANSLATED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    reason: str


def check_url(url: str) -> SplitResult:
    """Return the parts of an address that may be called; raises WebhookUnsafe."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WebhookUnsafe("this is no address") from error
    if parts.scheme != "https" or not parts.hostname or len(url) > LONGEST_URL or not url.isascii() or " " in url:
        raise WebhookUnsafe("the address must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise WebhookUnsafe("the address must not hold a user, password or fragment")
    if not url.isprintable() or "\\" in url:
        raise WebhookUnsafe("the address holds characters that no address has")
    return parts


def find_public_address(host: str, port: int) -> str:
    """Look a host up once; raises WebhookUnsafe when any of its addresses is not public, DeliveryDeferred when none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryDeferred("the host's name could not be looked up") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(map(is_public, addresses)):
        raise WebhookUnsafe("the host is not on the public internet")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address lies on the public internet and stands for no other."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        elif any(parsed in net for net in TRANSLATED):
            return False
    return parsed.is_global and not parsed.is_multicast


def post(
    parts: SplitResult, *, address: str, body: bytes, headers: Mapping[str, str], context: ssl.SSLContext
) -> Answer:
    """Send one POST to `address` under the name in `parts`; raises DeliveryDeferred or DeliveryDoubtful."""
    connection = _PinnedConnection(parts, address=address, context=context)
    path = parts.path or "/"
    is_sent = False
    watch = threading.Timer(TOTAL_SECONDS, connection.cut_off)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body=body, headers=dict(headers))
        is_sent = True
        response = connection.getresponse()
        return Answer(response.status, http.client.responses.get(response.status, ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        kind = DeliveryDoubtful if is_sent else DeliveryDeferred
        raise kind(f"{type(error).__name__} while calling the webhook") from error
    finally:
        watch.cancel()
        connection.close()


class _PinnedConnection(http.client.HTTPSConnection):
    """Connects to an address that was judged, and asks there for a certificate of the name."""

    def __init__(self, parts: SplitResult, *, address: str, context: ssl.SSLContext) -> None:
        super().__init__(parts.hostname or "", parts.port or 443, timeout=STEP_SECONDS, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), timeout=STEP_SECONDS)
        self.sock = plain
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)

    def cut_off(self) -> None:
        """End the conversation from another thread; whoever waits for an answer gets an error."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
