"""What a bots' owner reads in the app: their own notices, newest first. Reading one delivers it, if nothing else has.
Only letters to owners: what else goes to an address, such as a secret that confirms it, is for the mailbox alone."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from governance.notifications.errors import NoticeUnknown
from governance.notifications.models import DeliveryAttempt, Notice


def notices_of(recipient: str) -> QuerySet[Notice]:
    """A person's notices, the newest first, with the words of each."""
    return _letters_to(recipient).select_related("letter").order_by("-queued_at", "pk")


def read_notice(recipient: str, *, notice_id: uuid.UUID, now: datetime) -> Notice:
    """Return one of a person's notices, which by this has reached them; raises NoticeUnknown."""
    with transaction.atomic():
        notice = _letters_to(recipient).select_for_update(no_key=True).filter(pk=notice_id).first()
        if notice is None:
            raise NoticeUnknown("you have no notice with this id")
        if notice.state != Notice.State.DELIVERED:
            DeliveryAttempt.objects.create(
                notice=notice,
                channel=Notice.Channel.IN_APP,
                lease_token=uuid.uuid4(),
                at=now,
                is_accepted=True,
                detail="read in the app with the person's own token",
            )
            notice.state, notice.channel, notice.delivered_at = Notice.State.DELIVERED, Notice.Channel.IN_APP, now
            notice.save(update_fields=["state", "channel", "delivered_at"])
    return notice


def _letters_to(recipient: str) -> QuerySet[Notice]:
    return Notice.objects.filter(recipient=recipient, letter__isnull=False)
