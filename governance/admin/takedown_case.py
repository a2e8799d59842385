"""How far one takedown has come, for its page: counts, deadlines, who has not confirmed, who signed.
Reads only, a constant number of queries; counts come from rows and are never estimated."""

import uuid
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from governance.admin.moments import TimeLeft, time_left
from governance.admin.visible_text import show_text
from governance.flows.authority_reports import TITLES
from governance.flows.takedown_clocks import CONTAINMENT_CONFIRMED, subject_of
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.obligations.queries import of_subject
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.models import (
    AbuseReport,
    SignOff,
    StatementOfReasons,
    SwitchOrder,
    Takedown,
    TakedownVersion,
)
from governance.takedowns.queries import Progress, progress, progress_by_tenant, unconfirmed_orders
from governance.takedowns.reasons import Reasons, render_reasons

BOTS_NAMED = 100
TENANTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """What the page asks for again every few seconds; orders in installations, notices in people."""

    state: str
    ordered: int
    confirmed: int
    gone: int
    pending: int
    notices_queued: int
    notices_delivered: int
    notices_undeliverable: int
    ordered_on: int
    confirmed_on: int

    def to_dict(self) -> dict[str, str | int]:
        """The counts as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of the takedown and what became of it."""

    kind: str
    owner_role: str
    due_at: datetime
    met_at: datetime | None
    missed_at: datetime | None
    cancelled_at: datetime | None
    left: TimeLeft


@dataclass(frozen=True, slots=True)
class TenantReach:
    """How far one tenant's installations have come; `bots` are some of those that have not confirmed."""

    tenant: str
    ordered: int
    settled: int
    pending: int
    bots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakedownCase:
    """The whole page."""

    takedown: Takedown
    grounds: str
    statement: str
    counts: LiveCounts
    held: tuple[TakedownVersion, ...]
    clocks: tuple[Clock, ...]
    tenants: tuple[TenantReach, ...]
    tenants_left_out: int
    needs_confirmation: bool
    reasons: tuple[tuple[str, str], ...]
    signoffs: tuple[SignOff, ...]
    reports: tuple[AbuseReport, ...]


def build_takedown_case(takedown: Takedown, *, now: datetime) -> TakedownCase:
    """Gather everything the page of one takedown shows."""
    counts = count_live(takedown)
    held = takedown.held_versions.select_related("version").order_by("version__submitted_at")
    tenants = _tenants(takedown.pk)
    clocks = of_subject(subject_of(takedown.pk)).exclude(kind__in=TITLES)
    ground = GROUNDS.get(takedown.grounds)
    return TakedownCase(
        takedown=takedown,
        grounds=ground.title if ground else takedown.grounds,
        statement=show_text(takedown.statement),
        counts=counts,
        held=tuple(held),
        clocks=tuple(_clock(item, now=now) for item in clocks),
        tenants=tuple(tenants[:TENANTS_SHOWN]),
        tenants_left_out=max(len(tenants) - TENANTS_SHOWN, 0),
        needs_confirmation=any(item.kind == CONTAINMENT_CONFIRMED and item.met_at is None for item in clocks),
        reasons=tuple(_reasons(item) for item in takedown.statements.order_by("issued_at", "pk")),
        signoffs=tuple(takedown.signoffs.select_related("actor").order_by("signed_at")),
        reports=tuple(takedown.reports.order_by("reported_at")),
    )


def count_live(takedown: Takedown) -> LiveCounts:
    """Count orders and notices as they are in the rows now."""
    off: Progress = progress(takedown.pk)
    on = progress(takedown.pk, action=SwitchOrder.Action.ON)
    notices = notices_of(takedown).aggregate(
        queued=Count("id"),
        delivered=Count("id", filter=Q(state=Notice.State.DELIVERED)),
        undeliverable=Count("id", filter=Q(state=Notice.State.UNDELIVERABLE)),
    )
    return LiveCounts(
        state=takedown.state,
        ordered=off.ordered,
        confirmed=off.confirmed,
        gone=off.gone,
        pending=off.pending,
        notices_queued=notices["queued"],
        notices_delivered=notices["delivered"],
        notices_undeliverable=notices["undeliverable"],
        ordered_on=on.ordered,
        confirmed_on=on.confirmed,
    )


def notices_of(takedown: Takedown) -> QuerySet[Notice]:
    """Every notice of a takedown, also those about bots that were reported late."""
    subject = subject_of(takedown.pk)
    return Notice.objects.filter(Q(cause=subject) | Q(cause__startswith=f"{subject}/"))


def _clock(obligation: Obligation, *, now: datetime) -> Clock:
    return Clock(
        kind=obligation.kind.replace("_", " "),
        owner_role=obligation.owner_role.replace("_", " "),
        due_at=obligation.due_at,
        met_at=obligation.met_at,
        missed_at=obligation.missed_at,
        cancelled_at=obligation.cancelled_at,
        left=time_left(obligation.due_at, now=now),
    )


def _reasons(statement: StatementOfReasons) -> tuple[str, str]:
    """What is restricted, and the statement as its publisher reads it."""
    values = {field.name: getattr(statement, field.name) for field in fields(Reasons)}
    return statement.get_restriction_display(), show_text(render_reasons(Reasons(**values)))


def _tenants(takedown_id: uuid.UUID) -> list[TenantReach]:
    """Every tenant concerned, those with most to be reached first; names of bots only up to a bound."""
    names: dict[str, list[str]] = {}
    for order in unconfirmed_orders(takedown_id)[:BOTS_NAMED]:
        name = f"{show_text(order.bot.name)} ({order.installation.version.number})"
        names.setdefault(order.bot.tenant.slug, []).append(name)
    return [
        TenantReach(tenant, ordered, ordered - pending, pending, tuple(names.get(tenant, ())))
        for tenant, ordered, pending in progress_by_tenant(takedown_id)
    ]
