"""A takedown's four deadlines, and the reconciler that meets them with evidence.
Counts come from rows: ordered = confirmed + gone + pending, queued = delivered + waiting."""

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.takedown_notices import OWNER_NOTICE, PUBLISHER_NOTICE
from governance.notifications.queries import count_notices
from governance.obligations.actions import cancel_obligation, meet_obligation, open_obligation
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.actions import is_locked_in_force
from governance.takedowns.models import Takedown
from governance.takedowns.pins import allows_going_back, pin_back
from governance.takedowns.queries import progress, running_takedowns
from governance.takedowns.scope import Scope, scope_of

BOTS_CONFIRMED = "bots_confirmed"
USERS_QUEUED = "users_queued"
USERS_NOTIFIED = "users_notified"
PUBLISHER_TOLD = "publisher_told"
CONTAINMENT_CONFIRMED = "containment_confirmed"
CLOCKS = (BOTS_CONFIRMED, USERS_QUEUED, USERS_NOTIFIED, PUBLISHER_TOLD)


def start_clocks(takedown: Takedown, *, now: datetime) -> None:
    """Open the four deadlines of a containment, from the playbook."""
    market = playbook().marketplace
    spans = {
        BOTS_CONFIRMED: timedelta(hours=market.takedowns.bots_confirmed_within_hours),
        USERS_QUEUED: timedelta(seconds=market.takedowns.users_queued_within_seconds),
        USERS_NOTIFIED: timedelta(hours=playbook().compliance.user_notification_within_hours),
        PUBLISHER_TOLD: timedelta(hours=market.takedowns.publisher_told_within_hours),
    }
    for kind, span in spans.items():
        open_obligation(
            kind,
            subject=subject_of(takedown.pk),
            owner_role=market.owners[kind],
            due_at=now + span,
            now=now,
        )


def cancel_clocks(takedown: Takedown, *, now: datetime) -> None:
    """Stop what still runs when a takedown is reversed."""
    for kind in CLOCKS:
        cancel_obligation(kind, subject=subject_of(takedown.pk), now=now)


def ask_for_confirmation(takedown: Takedown, *, now: datetime) -> Obligation:
    """Open the deadline by which a person confirms or releases what the machine contained."""
    market = playbook().marketplace
    return open_obligation(
        CONTAINMENT_CONFIRMED,
        subject=subject_of(takedown.pk),
        owner_role=market.owners["containment"],
        due_at=now + timedelta(hours=market.takedowns.automatic_confirm_within_hours),
        now=now,
    )


def answer_containment(takedown: Takedown, *, outcome: str, actor: User, now: datetime) -> bool:
    """Record a person's answer to what the machine contained; False when none was asked for any more."""
    evidence = {"outcome": outcome, "by": f"user:{actor.pk}"}
    return meet_obligation(CONTAINMENT_CONFIRMED, subject=subject_of(takedown.pk), evidence=evidence, now=now)


def reconcile_takedowns(*, now: datetime) -> int:
    """Meet every deadline whose counts prove it; returns how many were met now."""
    return sum(reconcile_takedown(takedown, now=now) for takedown in running_takedowns())


def subject_of(takedown_id: uuid.UUID) -> str:
    """How deadlines, notices and ledger entries name a takedown."""
    return f"takedown:{takedown_id}"


def reconcile_takedown(takedown: Takedown, *, now: datetime) -> int:
    """Meet the deadlines of one takedown whose counts prove it; returns how many were met now."""
    subject = subject_of(takedown.pk)
    bots = progress(takedown.pk)
    people = count_notices(OWNER_NOTICE, cause=subject)
    publisher = count_notices(PUBLISHER_NOTICE, cause=subject)
    # Counted again from the installations: an order or a notice that was never written is nobody's evidence.
    scope = scope_of(takedown)
    _pin_late(takedown, scope=scope, now=now)
    is_everyone_queued = people.queued >= scope.exposed_owners
    proven: dict[str, dict[str, int]] = {}
    if is_everyone_queued:
        proven[USERS_QUEUED] = {"affected": scope.exposed_owners, "notices_queued": people.queued}
    if bots.pending == 0 and bots.confirmed >= scope.bots:
        proven[BOTS_CONFIRMED] = {"ordered": bots.ordered, "confirmed": bots.confirmed, "gone": bots.gone}
    if is_everyone_queued and people.delivered == people.queued:
        proven[USERS_NOTIFIED] = {"queued": people.queued, "delivered": people.delivered}
    # None of none is not told: a publisher without an owner's address needs a person.
    if publisher.queued and publisher.delivered == publisher.queued:
        proven[PUBLISHER_TOLD] = {"queued": publisher.queued, "delivered": publisher.delivered}
    with transaction.atomic():
        return sum(
            meet_obligation(kind, subject=subject, evidence=evidence, now=now) for kind, evidence in proven.items()
        )


def _pin_late(takedown: Takedown, *, scope: Scope, now: datetime) -> None:
    """Bots that were reported after the order, and tenants that allow going back since."""
    if not allows_going_back():
        return
    with transaction.atomic():
        # Under its lock: a pin written beside a reinstatement would outlive it.
        if is_locked_in_force(takedown.pk):
            pin_back(takedown, version_ids=scope.version_ids, now=now)
