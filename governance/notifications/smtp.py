"""One SMTP conversation for many notices: accepted means the receiver's own 250 after DATA, nothing less.
Never logs an address; the same notice always carries the same Message-ID."""

import re
import smtplib
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.encoding import punycode

from governance.notifications.errors import ChannelDown, DeliveryDeferred, DeliveryDoubtful, DeliveryRefused
from governance.notifications.mime import bare_address, render_message
from governance.notifications.models import Notice

ACCEPTED = 250
ADDRESS = re.compile(r"\S+@\S+")


class SmtpChannel:
    """An open connection, reused for each notice and opened again after it breaks."""

    def __init__(self) -> None:
        backend = get_connection()
        if not isinstance(backend, EmailBackend):
            raise TypeError("EMAIL_URL must name an SMTP server")
        self._backend = backend

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._backend.close()

    def send(self, notice: Notice) -> str:
        """Hand one notice over; returns the receiver's answer to DATA.

        Raises DeliveryRefused for a final refusal of the recipient, DeliveryDeferred for everything else.
        """
        try:
            self._open()
            return self._converse(notice)
        except DeliveryDoubtful:
            self._backend.close()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._backend.close()
            raise DeliveryDeferred(f"{type(error).__name__} while talking to the mail server") from error
        except ValueError as error:
            # One notice that no message can be made of must not hold up those behind it.
            raise DeliveryRefused("this address or text cannot be put into a message") from error

    def _open(self) -> None:
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            self._backend.close()
            raise ChannelDown(f"{type(error).__name__} while reaching the mail server") from error

    def _converse(self, notice: Notice) -> str:
        connection = self._backend.connection
        if connection is None:
            raise ChannelDown("the mail server could not be reached")
        sender = settings.DEFAULT_FROM_EMAIL
        recipient = _plain_address(notice.recipient)
        message = render_message(notice, sender=sender, recipient=recipient)
        connection.ehlo_or_helo_if_needed()
        _expect(connection, connection.mail(bare_address(sender)), about="MAIL")
        _expect(connection, connection.rcpt(recipient), about="RCPT")
        code, answer = _hand_over(connection, message)
        _expect(connection, (code, answer), about="DATA")
        return f"{code} {ADDRESS.sub('[address]', answer.decode('ascii', 'replace'))}"


def _hand_over(connection: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    """Send DATA. What breaks off here leaves open whether the server took the message (RFC 5321, section 6.1)."""
    try:
        return connection.data(message)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise DeliveryDoubtful(f"{type(error).__name__} before the answer to DATA") from error


def _expect(connection: smtplib.SMTP, answer: tuple[int, bytes], *, about: str) -> None:
    code = answer[0]
    if code in {ACCEPTED, 251}:
        return
    connection.rset()
    # RFC 5321, section 4.2.1: 5yz is permanent. Only a refused recipient or message is about this notice.
    if 500 <= code < 600 and about in {"RCPT", "DATA"}:
        raise DeliveryRefused(f"{about} answered {code}")
    raise DeliveryDeferred(f"{about} answered {code}")


def _plain_address(recipient: str) -> str:
    """The address in ASCII, an international host name in Punycode; raises ValueError when it has none."""
    local, _, host = recipient.rpartition("@")
    address = f"{local}@{punycode(host)}"
    address.encode("ascii")
    return address
