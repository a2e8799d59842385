"""Reads of takedowns: how far one has come, who has not confirmed, and which people it concerns."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from governance.takedowns.errors import TakedownUnknown
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from governance.takedowns.notice_text import AffectedBot
from plugins.models import Installation

OWNERS_SQL = """
SELECT owner.email,
       array_agg(bot.name ORDER BY bot.name, installation.id),
       array_agg(version.number ORDER BY bot.name, installation.id),
       array_agg(installation.ended_at IS NULL ORDER BY bot.name, installation.id)
  FROM plugins_installation AS installation
  JOIN plugins_bot AS bot ON bot.id = installation.bot_id
  JOIN plugins_botowner AS owner ON owner.id = bot.owner_id
  JOIN plugins_version AS version ON version.id = installation.version_id
 WHERE installation.version_id = ANY(%(versions)s)
   AND (installation.ended_at IS NULL OR installation.ended_at >= %(since)s)
   AND (%(bot)s::uuid IS NULL OR bot.id = %(bot)s::uuid)
 GROUP BY owner.email
"""
OWNERS_FETCHED = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the switching has come, in installations."""

    ordered: int
    confirmed: int
    gone: int
    pending: int


def find_takedown(takedown_id: uuid.UUID) -> Takedown:
    """Return a takedown with its plugin and publisher; raises TakedownUnknown."""
    takedown = Takedown.objects.select_related("plugin__publisher").filter(pk=takedown_id).first()
    if takedown is None:
        raise TakedownUnknown(f"no takedown {takedown_id}")
    return takedown


def progress(takedown_id: uuid.UUID, *, action: str = SwitchOrder.Action.OFF) -> Progress:
    """Count a takedown's orders; ordered = confirmed + gone + pending, withdrawn ones left out."""
    counts = (
        SwitchOrder.objects.filter(takedown_id=takedown_id, action=action)
        .exclude(state=SwitchOrder.State.WITHDRAWN)
        .aggregate(
            ordered=Count("id"),
            confirmed=Count("id", filter=Q(state=SwitchOrder.State.CONFIRMED)),
            gone=Count("id", filter=Q(state=SwitchOrder.State.GONE)),
            pending=Count("id", filter=Q(state=SwitchOrder.State.ORDERED)),
        )
    )
    return Progress(**counts)


def progress_by_tenant(takedown_id: uuid.UUID) -> list[tuple[str, int, int]]:
    """Each tenant's slug with its orders and how many of them wait for an answer, off and on; most waiting first."""
    counted = (
        SwitchOrder.objects.filter(takedown_id=takedown_id)
        .exclude(state=SwitchOrder.State.WITHDRAWN)
        .values("bot__tenant__slug")
        .annotate(ordered=Count("id"), pending=Count("id", filter=Q(state=SwitchOrder.State.ORDERED)))
        .order_by("-pending", "bot__tenant__slug")
    )
    return [(row["bot__tenant__slug"], row["ordered"], row["pending"]) for row in counted]


def unconfirmed_orders(takedown_id: uuid.UUID) -> QuerySet[SwitchOrder]:
    """Orders nobody has answered yet, with bot and tenant, by tenant."""
    return (
        SwitchOrder.objects.filter(takedown_id=takedown_id, state=SwitchOrder.State.ORDERED)
        .select_related("bot__tenant", "installation__version")
        .order_by("bot__tenant__slug", "bot__name")
    )


def affected_owners(
    version_ids: tuple[int, ...], *, since: datetime, bot_id: uuid.UUID | None = None
) -> Iterator[tuple[str, list[AffectedBot]]]:
    """Each person concerned, now or since `since`, with all of their bots, or with one of them."""
    with connection.cursor() as cursor:
        cursor.execute(OWNERS_SQL, {"versions": list(version_ids), "since": since, "bot": bot_id})
        while rows := cursor.fetchmany(OWNERS_FETCHED):
            for email, names, numbers, running in rows:
                yield email, [AffectedBot(*fields) for fields in zip(names, numbers, running, strict=True)]


def running_takedowns() -> QuerySet[Takedown]:
    """Takedowns in force, the newest first, with plugin and publisher."""
    return (
        Takedown.objects.exclude(state=Takedown.State.REINSTATED)
        .select_related("plugin__publisher")
        .order_by("-contained_at")
    )


def open_reports() -> QuerySet[AbuseReport]:
    """Cases of abuse reports nobody has answered, each by its leader, the oldest first."""
    return (
        AbuseReport.objects.filter(state=AbuseReport.State.OPEN, merged_into=None)
        .select_related("plugin__publisher", "version")
        .order_by("reported_at")
    )


def exposure_start(version_ids: tuple[int, ...], *, now: datetime) -> datetime:
    """When the first bot began to run one of these versions, the widest window; `now` when none ever did."""
    first = Installation.objects.filter(version_id__in=version_ids).aggregate(at=Min("started_at"))["at"]
    return first or now
