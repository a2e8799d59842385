"""Mail that came back: reads a delivery status notification (RFC 3464) and takes "delivered" back.
Only a permanent failure of one of our own ids counts; a bounce says nothing about anybody else's notice."""

import email
import email.policy
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from django.db import transaction
from django.db.models import F

from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.queries import next_channel

OUR_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]+>")
LARGEST_BOUNCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Bounce:
    """A notice that was returned for good, and the status code it was returned with."""

    notice_id: uuid.UUID
    status: str


def read_bounce(content: bytes) -> Bounce | None:
    """What a message says of one of our notices; None when it is no report of a permanent failure."""
    message = email.message_from_bytes(content[:LARGEST_BOUNCE], policy=email.policy.default)
    if not isinstance(message, EmailMessage) or message.get_content_type() != "multipart/report":
        return None
    status, notice_id = "", None
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            status = _permanent_status(part.as_bytes().decode("ascii", "replace")) or status
        elif part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            found = OUR_ID.search(part.as_bytes().decode("ascii", "replace"))
            notice_id = uuid.UUID(found[1]) if found else notice_id
    return Bounce(notice_id, status) if notice_id and status else None


def record_bounce(bounce: Bounce, *, now: datetime) -> bool:
    """Send a returned notice on to the person's next channel, and put it on support's list; False when it is unknown.

    The same report again changes nothing: the notice has left the mail by then.
    """
    with transaction.atomic():
        notice = Notice.objects.select_for_update(no_key=True).filter(pk=bounce.notice_id).first()
        if notice is None or notice.channel != Notice.Channel.EMAIL:
            return False
        channel = next_channel(notice)
        is_pushed = channel != Notice.Channel.IN_APP
        DeliveryAttempt.objects.create(
            notice=notice, lease_token=uuid.uuid4(), at=now, is_accepted=False, detail=f"came back: {bounce.status}"
        )
        Notice.objects.filter(pk=notice.pk).update(
            state=Notice.State.QUEUED if is_pushed else Notice.State.UNDELIVERABLE,
            channel=channel,
            delivered_at=None,
            bounces=F("bounces") + 1,
            refused_at=now,
            next_attempt_at=now,
            lease_token=None,
            lease_until=None,
        )
    return True


def _permanent_status(report: str) -> str:
    """The status of a recipient whose action is failed, when it is a permanent one (RFC 3463)."""
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in report.splitlines())
        if value
    }
    found = re.match(r"5\.\d{1,3}\.\d{1,3}", fields.get("status", ""))
    return found[0] if found and fields.get("action", "").lower() == "failed" else ""
