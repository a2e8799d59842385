"""Makes a notice into a message of RFC 5322: the same notice always gives the same bytes and the same Message-ID.
Written out by hand: the standard library's message costs a multiple of the conversation that carries it."""

import base64
from email.header import Header
from email.utils import format_datetime

from django.conf import settings

from governance.notifications.models import Notice
from governance.notifications.rendering import render_notice

LONGEST_LINE = 998  # RFC 5322, section 2.1.1, without its end


def message_id(notice: Notice) -> str:
    """Stable over every retry, so that a receiver can drop a duplicate (RFC 5322, section 3.6.4)."""
    return f"<{notice.pk}@{bare_address(settings.DEFAULT_FROM_EMAIL).rpartition('@')[2]}>"


def render_message(notice: Notice, *, sender: str, recipient: str) -> bytes:
    """The message as it goes over the wire: lines end in CRLF and nothing else; ValueError when none can be made."""
    subject, body = render_notice(notice)
    encoding, content = _encode_body(body)
    headers = (
        ("From", sender),
        ("To", recipient),
        ("Subject", subject),
        ("Date", format_datetime(notice.queued_at)),
        ("Message-ID", message_id(notice)),
        ("X-Request-Id", notice.request_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("Content-Transfer-Encoding", encoding),
    )
    head = "".join(f"{name}: {_encode_header(value)}\r\n" for name, value in headers)
    return head.encode("ascii") + b"\r\n" + content


def bare_address(sender: str) -> str:
    """The address alone, of `Name <address>` or of an address."""
    return sender.rpartition("<")[2].rstrip(">")


def _encode_header(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError("a header cannot hold a line break")
    if value.isascii():
        if not value.isprintable():
            raise ValueError("a header cannot hold control characters")
        return value
    # RFC 2047: encoded words, folded by the library.
    return Header(value, "utf-8").encode(linesep="\r\n")


def _encode_body(body: str) -> tuple[str, bytes]:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    if body.isascii() and all(len(line) <= LONGEST_LINE for line in lines):
        return "7bit", "".join(f"{line}\r\n" for line in lines).encode("ascii")
    content = "".join(f"{line}\r\n" for line in lines).encode()
    return "base64", base64.encodebytes(content).replace(b"\n", b"\r\n")
