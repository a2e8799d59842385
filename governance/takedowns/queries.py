"""Reads of takedowns: how far one has come, who has not confirmed, and what it waits for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from governance.playbook import playbook
from governance.takedowns.errors import TakedownUnknown
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from plugins.models import Installation

# Of the orders nobody has confirmed: who has the feed and could not act, and who was not heard of for too long.
UNREACHED_SQL = """
SELECT tenant.id, tenant.slug, tenant.contact_email, count(*),
       count(*) FILTER (WHERE due.delivered_at IS NOT NULL),
       count(*) FILTER (WHERE due.delivered_at IS NULL AND coalesce(presence.seen_at <= %(heard_after)s, TRUE)),
       (array_agg(bot.name || ' (' || bot.id || ')' ORDER BY bot.name, bot.id))[1:%(named)s]
  FROM takedowns_switchorder AS due
  JOIN plugins_bot AS bot ON bot.id = due.bot_id
  JOIN plugins_tenant AS tenant ON tenant.id = bot.tenant_id
  LEFT JOIN plugins_presence AS presence ON presence.bot_id = bot.id
 WHERE due.takedown_id = %(takedown)s AND due.state = 'ordered' AND due.ordered_at <= %(ordered_by)s
 GROUP BY tenant.id ORDER BY count(*) DESC, tenant.slug
"""
BOTS_NAMED = 20  # of one tenant, in a letter or on a page; the rest is a number


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the switching has come, in installations; of those pending some are known to have the order."""

    ordered: int
    confirmed: int
    gone: int
    pending: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Unreached:
    """A tenant's installations nobody has confirmed.

    `delivered` have the order and could not act; the bots of `offline` ones are not heard of; the rest are online
    and about to act. `bots` names some of them.
    """

    tenant_id: int
    tenant: str
    contact_email: str
    pending: int
    delivered: int
    offline: int
    bots: Sequence[str]


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
            delivered=Count("id", filter=Q(state=SwitchOrder.State.ORDERED, delivered_at__isnull=False)),
        )
    )
    return Progress(**counts)


def unreached(takedown_id: uuid.UUID, *, ordered_by: datetime, now: datetime) -> list[Unreached]:
    """Who has not confirmed an order given by `ordered_by`, tenant by tenant, the largest number first."""
    silent = timedelta(minutes=playbook().marketplace.takedowns.offline_after_minutes)
    values: dict[str, Any] = {
        "takedown": takedown_id,
        "ordered_by": ordered_by,
        "heard_after": now - silent,
        "named": BOTS_NAMED,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNREACHED_SQL, values)
        return [Unreached(*row) for row in cursor.fetchall()]


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
