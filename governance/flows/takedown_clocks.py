"""A takedown's four deadlines, and the reconciler that meets them with evidence.
Counts come from rows: ordered = confirmed + gone + pending, queued = delivered + waiting."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from governance.flows.takedown_notices import OWNER_NOTICE, PUBLISHER_NOTICE
from governance.notifications.queries import count_notices
from governance.obligations.actions import cancel_obligation, meet_obligation, open_obligation
from governance.playbook import playbook
from governance.takedowns.models import Takedown
from governance.takedowns.queries import progress, running_takedowns
from governance.takedowns.scope import preview_scope

BOTS_CONFIRMED = "bots_confirmed"
USERS_QUEUED = "users_queued"
USERS_NOTIFIED = "users_notified"
PUBLISHER_TOLD = "publisher_told"
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
    scope = preview_scope(takedown.plugin_id, versions=takedown.versions, exposed_since=takedown.exposed_since)
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
