"""The desk's first page in figures: what waits, what is due, what scans said, how far takedowns have come.
Reads only; a constant number of queries however much waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from governance.admin.moments import TimeLeft, span_words, time_left
from governance.obligations.models import Obligation
from governance.obligations.queries import due_within, missed
from governance.reviews.models import Review
from governance.screening.models import Scan
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.queries import running_takedowns
from scanners.report import Verdict

DUE_SOON = timedelta(hours=24)
VERDICT_WINDOW = timedelta(days=30)
ROWS = 10
YOUNG = timedelta(days=1)
OLD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class CauseLine:
    """Open reviews of one cause, by how long they have waited."""

    cause: str
    label: str
    under_a_day: int
    under_three_days: int
    older: int
    total: int
    oldest: str


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """One deadline: what is owed about what, by which role, and how long is left."""

    kind: str
    subject: str
    owner_role: str
    due_at: datetime
    left: TimeLeft
    is_running: bool


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """How many scans ended with a verdict, and their share in whole percent."""

    verdict: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class TakedownLine:
    """One takedown in force, with the installations ordered off and those that confirmed it or are gone."""

    takedown: Takedown
    ordered: int
    confirmed: int
    gone: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the first page shows."""

    queue: tuple[CauseLine, ...]
    due_soon: tuple[DeadlineLine, ...]
    due_soon_count: int
    missed: tuple[DeadlineLine, ...]
    missed_count: int
    verdicts: tuple[VerdictLine, ...]
    scans: int
    takedowns: tuple[TakedownLine, ...]
    takedowns_count: int


def build_dashboard(*, now: datetime) -> Dashboard:
    """Count everything the first page shows, as of `now`."""
    due, late = due_within(DUE_SOON, now=now), missed()
    verdicts = _verdict_mix(now=now)
    return Dashboard(
        queue=_queue_by_cause(now=now),
        due_soon=_deadline_lines(due[:ROWS], now=now),
        due_soon_count=due.count(),
        missed=_deadline_lines(late[:ROWS], now=now),
        missed_count=late.count(),
        verdicts=verdicts,
        scans=sum(line.count for line in verdicts),
        takedowns=_takedown_lines(),
        takedowns_count=running_takedowns().count(),
    )


def _queue_by_cause(*, now: datetime) -> tuple[CauseLine, ...]:
    rows = (
        Review.objects.filter(settled_at=None)
        .values("cause")
        .annotate(
            total=Count("id"),
            under_a_day=Count("id", filter=Q(opened_at__gt=now - YOUNG)),
            older=Count("id", filter=Q(opened_at__lte=now - OLD)),
            oldest=Min("opened_at"),
        )
        .order_by("oldest")
    )
    return tuple(_cause_line(dict(row), now=now) for row in rows)


def _cause_line(row: dict[str, Any], *, now: datetime) -> CauseLine:
    return CauseLine(
        cause=row["cause"],
        label=str(Review.Cause(row["cause"]).label),
        under_a_day=row["under_a_day"],
        under_three_days=row["total"] - row["under_a_day"] - row["older"],
        older=row["older"],
        total=row["total"],
        oldest=span_words(now - row["oldest"]),
    )


def _deadline_lines(obligations: Iterable[Obligation], *, now: datetime) -> tuple[DeadlineLine, ...]:
    return tuple(
        DeadlineLine(
            kind=obligation.kind.replace("_", " "),
            subject=obligation.subject,
            owner_role=obligation.owner_role.replace("_", " "),
            due_at=obligation.due_at,
            left=time_left(obligation.due_at, now=now),
            is_running=obligation.met_at is None and obligation.cancelled_at is None,
        )
        for obligation in obligations
    )


def _verdict_mix(*, now: datetime) -> tuple[VerdictLine, ...]:
    counted = dict(
        Scan.objects.filter(state=Scan.State.COMPLETE, finished_at__gt=now - VERDICT_WINDOW)
        .values_list("verdict")
        .annotate(count=Count("id"))
    )
    total = sum(counted.values())
    return tuple(
        VerdictLine(verdict, counted[verdict], round(100 * counted[verdict] / total))
        for verdict in Verdict
        if verdict in counted
    )


def _takedown_lines() -> tuple[TakedownLine, ...]:
    counted = Q(orders__action=SwitchOrder.Action.OFF) & ~Q(orders__state=SwitchOrder.State.WITHDRAWN)
    takedowns = running_takedowns().annotate(
        ordered=Count("orders", filter=counted),
        confirmed=Count("orders", filter=counted & Q(orders__state=SwitchOrder.State.CONFIRMED)),
        gone=Count("orders", filter=counted & Q(orders__state=SwitchOrder.State.GONE)),
    )
    return tuple(TakedownLine(item, item.ordered, item.confirmed, item.gone) for item in takedowns[:ROWS])
