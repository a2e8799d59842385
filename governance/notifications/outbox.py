"""Queues notices in the transaction of their cause: a row is the promise, a wake-up only saves time.
One person and one cause make one notice, however often it is queued."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.notifications.models import Notice
from governance.request_ids import current_request_id

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice to be queued: its kind, cause (`kind:id`), recipient, text, and the deadline it serves."""

    kind: str
    cause: str
    recipient: str
    subject: str
    body: str
    deadline_at: datetime


def queue_notices(drafts: Iterable[Draft], *, now: datetime) -> int:
    """Write the rows that are not there yet; returns how many drafts were seen."""
    seen = 0
    batch: list[Notice] = []
    request_id = current_request_id()
    for draft in drafts:
        seen += 1
        batch.append(
            Notice(
                kind=draft.kind,
                cause=draft.cause,
                recipient=draft.recipient,
                subject=draft.subject,
                body=draft.body,
                queued_at=now,
                deadline_at=draft.deadline_at,
                next_attempt_at=now,
                request_id=request_id,
            )
        )
        if len(batch) == BATCH:
            Notice.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    Notice.objects.bulk_create(batch, ignore_conflicts=True)
    return seen


def queue_notice(draft: Draft, *, now: datetime) -> None:
    """Queue one notice; queueing it again changes nothing."""
    queue_notices([draft], now=now)
