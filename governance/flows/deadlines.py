"""The sweep of deadlines: each warning goes to the next role of the playbook's path, a miss into the ledger.
A sweep that did not run for a day gives every warning it owes, once, when it runs again."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from governance.ledger.actions import record
from governance.notifications.outbox import Draft, queue_notice
from governance.obligations.actions import Warned, escalate_due
from governance.playbook import playbook

log = logging.getLogger(__name__)

WARNING_NOTICE_WITHIN = timedelta(minutes=15)


def sweep_deadlines(*, now: datetime) -> int:
    """Give every warning that has come due; returns how many."""
    total = 0
    while True:
        with transaction.atomic():
            given = escalate_due(
                thresholds_percent=playbook().marketplace.obligations.warn_at_percent,
                path=playbook().monitoring.escalation_path,
                now=now,
            )
            for warned in given:
                _tell(warned, now=now)
        total += len(given)
        if not given:
            return total


def _tell(warned: Warned, *, now: datetime) -> None:
    word = "was missed" if warned.is_miss else "is running out"
    log.warning(
        "deadline_near_or_past", extra={"kind": warned.kind, "subject": warned.subject, "is_miss": warned.is_miss}
    )
    queue_notice(
        Draft(
            kind="deadline",
            cause=f"obligation:{warned.obligation_id}/{warned.step}",
            recipient=settings.ROLE_ADDRESSES.format(role=warned.role.replace("_", "-")),
            subject=f"{warned.kind} of {warned.subject} {word}",
            body=(
                f"The deadline {warned.kind} of {warned.subject} {word}: due {warned.due_at:%d %B %Y, %H:%M:%S} UTC.\n"
                f"You are asked as {warned.role}, step {warned.step} of its path.\n"
            ),
            deadline_at=now + WARNING_NOTICE_WITHIN,
        ),
        now=now,
    )
    if warned.is_miss:
        record(
            "obligation.missed",
            actor="machine",
            cause=f"obligation:{warned.obligation_id}",
            subject=warned.subject,
            after={"kind": warned.kind, "due_at": warned.due_at.isoformat()},
            now=now,
        )
