"""Delivers what the outbox holds: claim under a lease, send outside any transaction, settle by fencing token.
At least once is the honest contract; a worker that lost its lease cannot mark anything."""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection

from governance.notifications.backoff import next_attempt
from governance.notifications.claims import Claim, claim_batch, return_unsent
from governance.notifications.errors import ChannelDown, DeliveryDeferred, DeliveryDoubtful, DeliveryRefused
from governance.notifications.models import Notice
from governance.notifications.queries import next_channel
from governance.playbook import playbook
from governance.request_ids import bind_request_id

log = logging.getLogger(__name__)

# One statement, so that a try costs the database one round: the attempt is recorded always, and the notice moves
# only while our lease is still the one in force.
SETTLE_SQL = """
WITH attempt AS (
     INSERT INTO notifications_deliveryattempt
            (notice_id, channel, lease_token, at, is_accepted, is_doubtful, detail)
     VALUES (%(notice)s, %(channel)s, %(token)s, %(now)s, %(is_accepted)s, %(is_doubtful)s, %(detail)s))
UPDATE notifications_notice
   SET state = %(state)s, channel = %(next_channel)s,
       delivered_at = coalesce(%(delivered_at)s, delivered_at),
       refused_at = coalesce(refused_at, %(refused_at)s),
       next_attempt_at = coalesce(%(next_attempt_at)s, next_attempt_at),
       slot_at = NULL,
       lease_token = CASE WHEN %(state)s = 'queued' THEN NULL ELSE lease_token END,
       lease_until = CASE WHEN %(state)s = 'queued' THEN NULL ELSE lease_until END
 WHERE id = %(notice)s AND lease_token = %(token)s AND state = 'queued'
"""


class Channel(Protocol):
    """Anything that hands a notice over and returns the receiver's answer."""

    def send(self, notice: Notice) -> str: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did: notices accepted, to be tried again, and refused; `put_off` keep their domain's pace."""

    accepted: int
    deferred: int
    refused: int
    put_off: int = 0

    @property
    def total(self) -> int:
        return self.accepted + self.deferred + self.refused

    @property
    def is_moving(self) -> bool:
        """Whether another round may find something: a channel that takes nothing is not asked again at once."""
        return self.accepted + self.refused + self.put_off > 0


def deliver_due(
    channel: Channel, *, limit: int, clock: Callable[[], datetime], others: Mapping[str, Channel] | None = None
) -> Delivered:
    """Claim up to `limit` due notices and try each once; `channel` sends e-mail, `others` what goes elsewhere."""
    claim = claim_batch(limit=limit, now=clock())
    channels = {Notice.Channel.EMAIL: channel, **(others or {})}
    outcomes = _try_all(claim, channels=channels, clock=clock)
    return Delivered(
        accepted=outcomes.count("accepted"),
        deferred=outcomes.count("deferred"),
        refused=outcomes.count("refused"),
        put_off=claim.put_off,
    )


def _try_all(claim: Claim, *, channels: Mapping[str, Channel], clock: Callable[[], datetime]) -> list[str]:
    """Try in the claim's order; what a lost lease or a channel that is down leaves untried is given back."""
    outcomes: list[str] = []
    unsent: list[Notice] = []
    down: set[str] = set()
    for notice in claim.notices:
        is_late = notice.lease_until is None or clock() >= notice.lease_until
        if is_late or notice.channel in down or notice.channel not in channels:
            unsent.append(notice)
            continue
        outcome = _try_once(notice, channel=channels[notice.channel], token=claim.token, clock=clock)
        if outcome == "down":
            down.add(notice.channel)
        outcomes.append("deferred" if outcome == "down" else outcome)
    if unsent:
        return_unsent(unsent, token=claim.token)
    return outcomes


def _try_once(notice: Notice, *, channel: Channel, token: uuid.UUID, clock: Callable[[], datetime]) -> str:
    with bind_request_id(notice.request_id):
        outcome = _deliver(notice, channel=channel, token=token, clock=clock)
        log.info(
            "notice_tried",
            extra={"notice": str(notice.pk), "kind": notice.kind, "outcome": outcome, "attempt": notice.attempts},
        )
    return outcome


def _deliver(notice: Notice, *, channel: Channel, token: uuid.UUID, clock: Callable[[], datetime]) -> str:
    try:
        answer = channel.send(notice)
    except DeliveryRefused as error:
        _pass_on(notice, token, detail=str(error), now=clock())
        return "refused"
    except DeliveryDeferred as error:
        _put_back(notice, token, detail=str(error), is_doubtful=isinstance(error, DeliveryDoubtful), now=clock())
        return "down" if isinstance(error, ChannelDown) else "deferred"
    now = clock()
    _settle(notice, token, now=now, state=Notice.State.DELIVERED, is_accepted=True, detail=answer, delivered_at=now)
    return "accepted"


def _pass_on(notice: Notice, token: uuid.UUID, *, detail: str, now: datetime) -> None:
    """Hand a refused notice to the person's next channel; what only waits to be read is undeliverable until it is."""
    channel = next_channel(notice)
    is_pushed = channel != Notice.Channel.IN_APP
    _settle(
        notice,
        token,
        now=now,
        state=Notice.State.QUEUED if is_pushed else Notice.State.UNDELIVERABLE,
        next_channel=channel,
        detail=detail,
        refused_at=now,
        next_attempt_at=now if is_pushed else None,
    )


def _put_back(notice: Notice, token: uuid.UUID, *, detail: str, is_doubtful: bool, now: datetime) -> None:
    retry_at = next_attempt(
        notice.attempts,
        steps_minutes=playbook().marketplace.notices.retry_after_minutes,
        deadline_at=notice.deadline_at,
        now=now,
    )
    _settle(
        notice,
        token,
        now=now,
        state=Notice.State.QUEUED,
        is_doubtful=is_doubtful,
        detail=detail,
        next_attempt_at=retry_at,
    )


def _settle(notice: Notice, token: uuid.UUID, *, now: datetime, state: str, detail: str, **given: object) -> None:
    values: dict[str, Any] = {
        "notice": notice.pk,
        "channel": notice.channel,
        "next_channel": notice.channel,
        "token": token,
        "now": now,
        "state": state,
        "detail": detail,
        "is_accepted": False,
        "is_doubtful": False,
        "delivered_at": None,
        "refused_at": None,
        "next_attempt_at": None,
        **given,
    }
    with connection.cursor() as cursor:
        cursor.execute(SETTLE_SQL, values)
