"""Where the broker is, for a client that is not Celery: the same address, spelt as that client reads it.
Names the one channel on it; holds nothing that matters."""

from urllib.parse import parse_qs, urlsplit

FEED_CHANNEL = "nexus:feed"
_SOCKET = "redis+socket"


def redis_url(broker_url: str) -> str:
    """Kombu's spelling of an address as the redis client reads it: unix sockets have another one there."""
    parts = urlsplit(broker_url)
    if parts.scheme != _SOCKET:
        return broker_url
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0].lstrip("/")
    return f"unix://{parts.path}?db={database}"
