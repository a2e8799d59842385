"""Writes a takedown's orders and notices, stretch by stretch, each a transaction of its own.
The block is in force before any of them: they confirm it, and a takedown of a million delays none of ten."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from governance.flows.takedown_clocks import reconcile_takedown, subject_of
from governance.flows.takedown_notices import tell_owners, write_owner_letters
from governance.ledger.actions import record
from governance.notifications.outbox import Stretch
from governance.takedowns.fan_out import (
    advance_fan_out,
    claim_fan_out,
    close_fan_out,
    find_stretch_end,
    open_fan_out,
)
from governance.takedowns.models import FanOut, Takedown
from governance.takedowns.orders import order_off

log = logging.getLogger(__name__)

# The order's own transaction holds the feed's number and the ledger's lock: what it writes itself stays small.
FIRST_ROWS = 1_000
STRETCH_ROWS = 10_000


def begin_fan_out(takedown: Takedown, *, version_ids: tuple[int, ...], now: datetime) -> FanOut:
    """Write the first stretch in the order's own transaction, which for most takedowns is all of it."""
    fan_out = open_fan_out(takedown, version_ids=version_ids)
    write_owner_letters(takedown, version_ids=version_ids)
    _write_stretch(fan_out, rows=FIRST_ROWS, now=now)
    if find_stretch_end(fan_out, rows=1) is None:
        close_fan_out(takedown, now=now)
        fan_out.refresh_from_db()
    return fan_out


def continue_fan_outs(*, clock: Callable[[], datetime], seconds: float) -> bool:
    """Write stretches, those of the least served takedown first, for about so long; whether any is left."""
    until = time.monotonic() + seconds
    while write_next_stretch(now=clock()):
        if time.monotonic() >= until:
            return True
    return False


def write_next_stretch(*, now: datetime) -> bool:
    """Write one stretch of one takedown; False when nothing was left to claim."""
    with transaction.atomic():
        fan_out = claim_fan_out()
        if fan_out is None:
            return False
        if _write_stretch(fan_out, rows=STRETCH_ROWS, now=now):
            return True
        takedown = fan_out.takedown
        close_fan_out(takedown, now=now)
        record(
            "takedown.fanned_out",
            actor="machine",
            cause=subject_of(takedown.pk),
            subject=subject_of(takedown.pk),
            after={"bots_ordered": fan_out.orders, "notices_queued": fan_out.people},
            now=now,
        )
    log.info("takedown_fanned_out", extra={"takedown": str(takedown.pk), "orders": fan_out.orders})
    reconcile_takedown(takedown, now=now)
    return True


def _write_stretch(fan_out: FanOut, *, rows: int, now: datetime) -> bool:
    """Order and tell whoever stands between the fan-out's place and `rows` further; False at the end."""
    until = find_stretch_end(fan_out, rows=rows)
    if until is None:
        return False
    after = (fan_out.last_version, fan_out.last_installation)
    stretch = Stretch(tuple(fan_out.version_ids), after=after, until=until)
    orders = order_off(fan_out.takedown, stretch=stretch, now=now)
    people = tell_owners(fan_out.takedown, stretch=stretch, turn=fan_out.people, now=now)
    advance_fan_out(fan_out, until=until, orders=orders, people=people)
    return True
