"""Delivers what the outbox holds: claim under a lease, send outside any transaction, settle by fencing token.
At least once is the honest contract; a worker that lost its lease cannot mark anything."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction

from governance.notifications.backoff import next_attempt
from governance.notifications.errors import DeliveryDeferred, DeliveryRefused
from governance.notifications.models import DeliveryAttempt, Notice
from governance.playbook import playbook
from governance.request_ids import bind_request_id

log = logging.getLogger(__name__)

CLAIM_SQL = """
UPDATE notifications_notice AS notice
   SET lease_token = %(token)s, lease_until = %(until)s, attempts = attempts + 1
 WHERE id IN (
       SELECT id FROM notifications_notice
        WHERE state = 'queued' AND next_attempt_at <= %(now)s
          AND (lease_until IS NULL OR lease_until < %(now)s)
        ORDER BY deadline_at, next_attempt_at
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED)
RETURNING notice.*
"""


class Channel(Protocol):
    """Anything that hands a notice over and returns the receiver's answer."""

    def send(self, notice: Notice) -> str: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did: notices accepted, put off, and refused for good."""

    accepted: int
    deferred: int
    refused: int

    @property
    def total(self) -> int:
        return self.accepted + self.deferred + self.refused


def deliver_due(channel: Channel, *, limit: int, clock: Callable[[], datetime]) -> Delivered:
    """Claim up to `limit` due notices, the nearest deadline first, and try each once."""
    outcomes = [_try_once(notice, channel=channel, clock=clock) for notice in claim_due(limit=limit, now=clock())]
    return Delivered(
        accepted=outcomes.count("accepted"),
        deferred=outcomes.count("deferred"),
        refused=outcomes.count("refused"),
    )


def claim_due(*, limit: int, now: datetime) -> list[Notice]:
    """Take due notices under a fresh lease; whoever else claims at this moment gets others."""
    lease = timedelta(seconds=playbook().marketplace.notices.lease_seconds)
    with transaction.atomic():
        claimed = Notice.objects.raw(
            CLAIM_SQL, {"token": uuid.uuid4(), "until": now + lease, "now": now, "limit": limit}
        )
        return sorted(claimed, key=lambda notice: notice.deadline_at)


def _try_once(notice: Notice, *, channel: Channel, clock: Callable[[], datetime]) -> str:
    with bind_request_id(notice.request_id):
        outcome = _deliver(notice, channel=channel, clock=clock)
        log.info(
            "notice_tried",
            extra={"notice": str(notice.pk), "kind": notice.kind, "outcome": outcome, "attempt": notice.attempts},
        )
    return outcome


def _deliver(notice: Notice, *, channel: Channel, clock: Callable[[], datetime]) -> str:
    if notice.lease_token is None or notice.lease_until is None or clock() >= notice.lease_until:
        # The batch took longer than the lease: somebody else may hold this one now.
        return "deferred"
    token = notice.lease_token
    try:
        answer = channel.send(notice)
    except DeliveryRefused as error:
        _settle(notice, token, is_accepted=False, detail=str(error), now=clock(), state=Notice.State.UNDELIVERABLE)
        return "refused"
    except DeliveryDeferred as error:
        _settle(notice, token, is_accepted=False, detail=str(error), now=clock(), state=Notice.State.QUEUED)
        return "deferred"
    _settle(notice, token, is_accepted=True, detail=answer, now=clock(), state=Notice.State.DELIVERED)
    return "accepted"


def _settle(notice: Notice, token: uuid.UUID, *, is_accepted: bool, detail: str, now: datetime, state: str) -> None:
    """Record the attempt always, and move the notice only while our lease is still the one in force."""
    mine = Notice.objects.filter(pk=notice.pk, lease_token=token, state=Notice.State.QUEUED)
    with transaction.atomic():
        DeliveryAttempt.objects.create(notice=notice, lease_token=token, at=now, is_accepted=is_accepted, detail=detail)
        if state == Notice.State.QUEUED:
            retry_at = next_attempt(
                notice.attempts,
                steps_minutes=playbook().marketplace.notices.retry_after_minutes,
                deadline_at=notice.deadline_at,
                now=now,
            )
            mine.update(next_attempt_at=retry_at, lease_token=None, lease_until=None)
        else:
            delivered_at = now if state == Notice.State.DELIVERED else None
            mine.update(state=state, delivered_at=delivered_at)
