"""A real mail server on this machine that can be told to fail, and notices to send to it."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from governance.notifications.models import Notice
from governance.notifications.outbox import Draft, queue_notice
from governance.stack.applications import pick_free_port


@dataclass
class Receiver:
    """Keeps what it accepts; `answers` says what else to do, by recipient."""

    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    dies_after_accepting: bool = False

    # aiosmtpd looks for these two names and passes every argument.
    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        if recipient in self.at_data and not self.at_data[recipient].startswith("250"):
            return self.at_data[recipient]
        content = envelope.original_content
        assert content is not None
        self.accepted.append(content)
        self.recipients.append(recipient)
        if self.dies_after_accepting and server.transport is not None:
            # The message is kept and the answer never arrives: what a crash between the two looks like.
            server.transport.abort()  # type: ignore[attr-defined]
        return self.at_data.get(recipient, "250 2.0.0 kept")

    @property
    def messages(self) -> list[Message]:
        return [message_from_bytes(content) for content in self.accepted]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A mail server of the test's own; Django's mail settings point at it."""
    handler = Receiver()
    controller = Controller(handler, hostname="127.0.0.1", port=pick_free_port())
    controller.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
        yield handler
    finally:
        controller.stop(no_assert=True)


@pytest.fixture
def notify(db: None, now: datetime) -> Callable[..., Notice]:
    """Queues a notice for somebody."""

    def queue(
        recipient: str = "dev@example.invalid",
        *,
        hours: float = 24,
        subject: str = "Switched off",
        body: str = "Hello.\n",
    ) -> Notice:
        cause = f"takedown:{uuid.uuid4()}"
        draft = Draft("takedown_contained", cause, recipient, subject, body, now + timedelta(hours=hours))
        queue_notice(draft, now=now)
        return Notice.objects.get(cause=cause)

    return queue
