"""Reads of the outbox: counts by cause, and the age of what waits longest."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from governance.notifications.models import DeliveryAttempt, Notice


@dataclass(frozen=True, slots=True)
class NoticeCounts:
    """How many notices a cause has, by what became of them; `queued` counts every one that was ever queued."""

    queued: int
    delivered: int
    undeliverable: int


def count_notices(kind: str, *, cause: str) -> NoticeCounts:
    """Count the notices of one kind and cause (`kind:id`)."""
    counts = Notice.objects.filter(kind=kind, cause=cause).aggregate(
        queued=Count("id"),
        delivered=Count("id", filter=Q(state=Notice.State.DELIVERED)),
        undeliverable=Count("id", filter=Q(state=Notice.State.UNDELIVERABLE)),
    )
    return NoticeCounts(**counts)


def waiting() -> tuple[int, datetime | None]:
    """How many notices wait to be delivered, and since when the oldest does."""
    counts = Notice.objects.filter(state=Notice.State.QUEUED).aggregate(n=Count("id"), oldest=Min("queued_at"))
    return counts["n"], counts["oldest"]


def accepted_answers(notice_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The receiver's words at each notice's first accepted attempt; a notice nobody accepted is not in it."""
    attempts = DeliveryAttempt.objects.filter(notice_id__in=notice_ids, is_accepted=True).order_by("-at")
    return dict(attempts.values_list("notice_id", "detail"))
