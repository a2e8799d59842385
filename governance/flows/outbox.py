"""Delivers the outbox through every channel there is, and raises the alarm when a notice waits too long.
The age of the oldest row decides, never the queue's length: a queue that lost everything is short."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from governance.ledger.actions import record
from governance.notifications.delivery import deliver_due
from governance.notifications.models import Notice
from governance.notifications.queries import waiting
from governance.notifications.smtp import SmtpChannel
from governance.notifications.webhooks import WebhookChannel
from governance.obligations.actions import meet_obligation, open_obligation
from governance.obligations.queries import running
from governance.playbook import playbook

OUTBOX_MOVING = "outbox_moving"
DELIVERY_BATCH = 100


def deliver_outbox(*, clock: Callable[[], datetime], seconds: float) -> int:
    """Deliver what is due for at most about so long; returns how many notices were accepted."""
    until = time.monotonic() + seconds
    accepted = 0
    others = {Notice.Channel.WEBHOOK.value: WebhookChannel(clock=clock)}
    with SmtpChannel() as mail:
        while True:
            done = deliver_due(mail, limit=DELIVERY_BATCH, clock=clock, others=others)
            accepted += done.accepted
            if not done.is_moving or time.monotonic() >= until:
                return accepted


def watch_outbox(*, now: datetime) -> None:
    """Open an obligation when the oldest queued notice is too old, and meet it when none is any more."""
    count, oldest = waiting()
    alarm_after = timedelta(minutes=playbook().marketplace.notices.alarm_after_minutes)
    is_stuck = oldest is not None and oldest <= now - alarm_after
    with transaction.atomic():
        for alarm in running().filter(kind=OUTBOX_MOVING):
            if is_stuck:
                return
            evidence = {"queued": count, "oldest_queued_at": oldest.isoformat() if oldest else None}
            meet_obligation(OUTBOX_MOVING, subject=alarm.subject, evidence=evidence, now=now)
        if is_stuck and oldest is not None:
            subject = f"outbox:{now:%Y%m%dT%H%M%SZ}"
            # As long again as it took to be noticed: by then a person has been asked three times.
            open_obligation(
                OUTBOX_MOVING,
                subject=subject,
                owner_role=playbook().marketplace.owners[OUTBOX_MOVING],
                due_at=now + alarm_after,
                now=now,
            )
            record(
                "outbox.stuck",
                actor="machine",
                cause=subject,
                subject=subject,
                after={"queued": count, "oldest_queued_at": oldest.isoformat()},
                now=now,
            )
