"""Delivery to a real mail server: accepted means its own 250, and every failure leaves the notice where it belongs."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from governance.notifications.delivery import Delivered, deliver_due
from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.smtp import SmtpChannel
from governance.playbook import playbook
from tests.governance.notifications.conftest import Receiver

Queue = Callable[..., Notice]
LEASE = timedelta(seconds=playbook().marketplace.notices.lease_seconds)


def deliver(now: datetime) -> Delivered:
    with SmtpChannel() as channel:
        return deliver_due(channel, limit=100, clock=lambda: now)


def test_accepted_notice_is_delivered_as_written(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notice = notify(subject="Wetterfühler abgeschaltet", body="Zeile eins\n.\nnach dem Punkt\n")

    assert deliver(now).accepted == 1

    message = receiver.messages[0]
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == notice.body
    assert receiver.recipients == [notice.recipient] == [message["To"]]
    assert message["X-Request-Id"] == notice.request_id
    notice.refresh_from_db()
    assert notice.state == "delivered"
    assert DeliveryAttempt.objects.get().detail == "250 2.0.0 kept"


def test_lines_on_the_wire_end_in_crlf_and_nothing_else(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notify(body="one\ntwo\r\nthree\n")

    deliver(now)

    assert receiver.accepted[0].count(b"\n") == receiver.accepted[0].count(b"\r\n") > 8


def test_one_connection_carries_many_notices(receiver: Receiver, notify: Queue, now: datetime) -> None:
    for number in range(20):
        notify(f"dev{number}@example.invalid")

    assert deliver(now).accepted == 20
    assert len(set(receiver.recipients)) == 20


def test_refused_recipient_is_undeliverable_and_the_next_one_is_served(
    receiver: Receiver, notify: Queue, now: datetime
) -> None:
    gone, there = notify("gone@example.invalid", hours=1), notify("there@example.invalid", hours=2)
    receiver.at_rcpt["gone@example.invalid"] = "550 5.1.1 no such user"

    outcome = deliver(now)

    assert (outcome.accepted, outcome.refused) == (1, 1)
    for notice, state in ((gone, "undeliverable"), (there, "delivered")):
        notice.refresh_from_db()
        assert notice.state == state


@pytest.mark.parametrize("answer", ["450 4.2.0 mailbox busy", "421 4.3.0 going down"])
def test_busy_server_is_asked_again(receiver: Receiver, notify: Queue, now: datetime, answer: str) -> None:
    notice = notify()
    receiver.at_rcpt[notice.recipient] = answer

    assert deliver(now).deferred == 1

    notice.refresh_from_db()
    assert (notice.state, notice.lease_token) == ("queued", None)
    assert notice.next_attempt_at > now


def test_message_that_is_refused_after_data_is_undeliverable(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notice = notify()
    receiver.at_data[notice.recipient] = "554 5.7.1 not wanted"

    assert deliver(now).refused == 1


def test_server_that_accepts_and_dies_costs_one_duplicate_with_the_same_message_id(
    receiver: Receiver, notify: Queue, now: datetime
) -> None:
    notice = notify()
    receiver.dies_after_accepting = True

    assert deliver(now).deferred == 1, "without its answer nothing is delivered"
    notice.refresh_from_db()
    assert notice.state == "queued"

    receiver.dies_after_accepting = False
    assert deliver(notice.next_attempt_at).accepted == 1

    first, second = (message["Message-ID"] for message in receiver.messages)
    assert first == second
    assert str(notice.pk) in first
    assert receiver.accepted[0] == receiver.accepted[1]
    assert [attempt.is_accepted for attempt in DeliveryAttempt.objects.order_by("pk")] == [False, True]


def test_server_that_dies_on_one_notice_is_asked_for_the_next(receiver: Receiver, notify: Queue, now: datetime) -> None:
    for number in range(3):
        notify(f"dev{number}@example.invalid", hours=number + 1)
    receiver.dies_after_accepting = True

    assert deliver(now).deferred == 3
    assert len(receiver.accepted) == 3


def test_nobody_listening_defers_everything(settings: Settings, notify: Queue, now: datetime) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # tcpmux: nobody serves it
    notify()

    assert deliver(now).deferred == 1
    assert Notice.objects.get().state == "queued"


def test_address_with_an_international_host_is_reached(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notify("dev@büro.invalid")

    assert deliver(now).accepted == 1
    assert receiver.recipients == ["dev@xn--bro-hoa.invalid"]


@pytest.mark.parametrize(
    ("recipient", "subject"),
    [
        ("dév@example.invalid", "Hello"),
        ("dev@example.invalid\r\nBcc: eve@example.invalid", "Hello"),
        ("dev@example.invalid", "Hello\r\nBcc: eve@example.invalid"),
        ("no address at all", "Hello"),
        ("", "Hello"),
    ],
)
def test_notice_no_message_can_be_made_of_does_not_hold_up_the_next(
    receiver: Receiver, notify: Queue, now: datetime, recipient: str, subject: str
) -> None:
    poisoned = notify(recipient, subject=subject, hours=1)
    notify("ben@example.invalid", hours=2)

    outcome = deliver(now)

    assert outcome.accepted == 1
    assert receiver.recipients == ["ben@example.invalid"]
    assert b"eve@example.invalid" not in b"".join(receiver.accepted)
    poisoned.refresh_from_db()
    assert poisoned.state == "undeliverable"


def test_receivers_answer_is_kept_without_addresses(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notice = notify()
    receiver.at_data[notice.recipient] = f"250 2.0.0 <{notice.recipient}> queued as 7F"

    deliver(now)

    assert DeliveryAttempt.objects.get().detail == "250 2.0.0 [address] queued as 7F"


def test_no_address_reaches_a_log(
    receiver: Receiver, notify: Queue, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    notify("gone@example.invalid")
    notify("there@example.invalid")
    receiver.at_rcpt["gone@example.invalid"] = "550 5.1.1 <gone@example.invalid> no such user"

    with caplog.at_level(logging.DEBUG):
        deliver(now)

    # The receiver's own log, on the other side of the wire, is not ours.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.log")]
    assert ours
    assert "example.invalid" not in " ".join(ours)
    details = " ".join(DeliveryAttempt.objects.values_list("detail", flat=True))
    assert "example.invalid" not in details


def test_sender_is_the_platform(receiver: Receiver, notify: Queue, now: datetime) -> None:
    notify()

    deliver(now)

    assert receiver.messages[0]["From"] == django_settings.DEFAULT_FROM_EMAIL
