"""Reads of the outbox: counts by cause, and the age of what waits longest."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q

from governance.notifications.models import DeliveryAttempt, Notice, Webhook

RATE_DELIVERIES = 10_000
RATE_FEWEST = 100
RATE_SQL = """
SELECT count(*), count(DISTINCT date_trunc('second', at))
  FROM (SELECT at FROM notifications_deliveryattempt WHERE is_accepted ORDER BY id DESC LIMIT %(last)s) AS latest
"""
LARGEST_DOMAIN_SQL = """
SELECT coalesce(max(n), 0), coalesce(sum(n), 0)
  FROM (SELECT count(*) AS n FROM plugins_botowner GROUP BY lower(split_part(email, '@', 2))) AS domains
"""


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


def next_channel(notice: Notice) -> Notice.Channel:
    """Where a refused notice goes: from e-mail to the owner's webhook, if they have one, and then into the app.

    Only a letter to owners leaves the mailbox: what confirms an address is for whoever reads its mail.
    """
    if notice.channel == Notice.Channel.EMAIL and notice.letter_id is not None:
        hooks = Webhook.objects.filter(owner__email=notice.recipient, is_active=True)
        if hooks.exists():
            return Notice.Channel.WEBHOOK
    return Notice.Channel.IN_APP


def waiting() -> tuple[int, datetime | None]:
    """How many notices wait to be delivered, and since when the oldest does."""
    counts = Notice.objects.filter(state=Notice.State.QUEUED).aggregate(n=Count("id"), oldest=Min("queued_at"))
    return counts["n"], counts["oldest"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Every notice there is by state, and those that may have arrived twice: handed over again after a doubt."""

    delivered: int
    queued: int
    undeliverable: int
    refused: int
    possibly_twice: int


def tally() -> Tally:
    """Count the outbox as it is in the rows now."""
    states = dict(Notice.objects.values_list("state").annotate(n=Count("id")))
    accepted = DeliveryAttempt.objects.filter(notice=OuterRef("notice"), is_accepted=True)
    doubtful = DeliveryAttempt.objects.filter(is_doubtful=True).filter(Exists(accepted))
    return Tally(
        delivered=states.get(Notice.State.DELIVERED, 0),
        queued=states.get(Notice.State.QUEUED, 0),
        undeliverable=states.get(Notice.State.UNDELIVERABLE, 0),
        refused=Notice.objects.filter(refused_at__isnull=False).count(),
        possibly_twice=doubtful.values("notice").distinct().count(),
    )


def measured_rate() -> float | None:
    """Deliveries a second while they were under way, over the last ones; None when there are too few to tell.

    Pauses in which nothing was due do not count: seconds in which at least one notice was accepted do.
    """
    with connection.cursor() as cursor:
        cursor.execute(RATE_SQL, {"last": RATE_DELIVERIES})
        delivered, seconds = cursor.fetchone()
    return float(delivered) / float(seconds) if delivered >= RATE_FEWEST else None


def largest_domain_share() -> float:
    """The share of all bots' owners whose mail domain is the commonest; 0 without any."""
    with connection.cursor() as cursor:
        cursor.execute(LARGEST_DOMAIN_SQL)
        largest, people = cursor.fetchone()
    return float(largest) / float(people) if people else 0.0


def accepted_answers(notice_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The receiver's words at each notice's first accepted attempt; a notice nobody accepted is not in it."""
    attempts = DeliveryAttempt.objects.filter(notice_id__in=notice_ids, is_accepted=True).order_by("-at")
    return dict(attempts.values_list("notice_id", "detail"))
