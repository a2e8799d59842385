"""Mail that came back: "delivered" is taken back, the next channel takes over, and support sees it."""

from collections.abc import Callable
from datetime import datetime

import pytest

from governance.notifications.bounces import Bounce, read_bounce, record_bounce
from governance.notifications.mime import message_id
from governance.notifications.models import DeliveryAttempt, Notice

pytestmark = pytest.mark.django_db

REPORT = """From: MAILER-DAEMON@example.invalid
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.invalid

Final-Recipient: rfc822; dev@example.invalid
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: {kind}

Message-ID: {message_id}
Subject: Off

--b--
"""


def report(
    notice: Notice, *, action: str = "failed", status: str = "5.1.1", kind: str = "text/rfc822-headers"
) -> bytes:
    return REPORT.format(action=action, status=status, kind=kind, message_id=message_id(notice)).encode()


@pytest.fixture
def delivered(notify: Callable[..., Notice], now: datetime) -> Notice:
    notice = notify()
    Notice.objects.filter(pk=notice.pk).update(state="delivered", delivered_at=now)
    return notice


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_returned_notice_is_not_delivered_and_on_supports_list(delivered: Notice, kind: str, now: datetime) -> None:
    bounce = read_bounce(report(delivered, kind=kind))
    assert bounce == Bounce(delivered.pk, "5.1.1")

    assert record_bounce(bounce, now=now)

    delivered.refresh_from_db()
    assert (delivered.state, delivered.delivered_at, delivered.bounces) == ("undeliverable", None, 1)
    assert (delivered.channel, delivered.refused_at) == ("in_app", now)
    assert DeliveryAttempt.objects.get().detail == "came back: 5.1.1"


def test_same_report_again_changes_nothing(delivered: Notice, now: datetime) -> None:
    bounce = Bounce(delivered.pk, "5.1.1")

    assert [record_bounce(bounce, now=now) for _ in range(3)] == [True, False, False]
    assert DeliveryAttempt.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [{"action": "delayed", "status": "4.4.1"}, {"action": "failed", "status": "4.2.2"}, {"action": "delivered"}],
)
def test_delay_is_no_bounce(delivered: Notice, given: dict[str, str]) -> None:
    assert read_bounce(report(delivered, **given)) is None


@pytest.mark.parametrize("content", [b"", b"Subject: hello\n\nhi", b"\xff" * 100, REPORT.encode()])
def test_mail_that_reports_nothing_of_ours_is_left_alone(content: bytes) -> None:
    assert read_bounce(content) is None


def test_strangers_id_changes_nothing(delivered: Notice, now: datetime) -> None:
    unknown = Bounce(Notice(kind="x").pk, "5.1.1")

    assert not record_bounce(unknown, now=now)
    delivered.refresh_from_db()
    assert delivered.state == "delivered"
