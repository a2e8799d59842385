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
from governance.notifications.outbox import Part
from governance.takedowns.fan_out import (
    advance_orders,
    advance_parts,
    begin_parts,
    claim_fan_out,
    close_fan_out,
    find_stretch,
    open_fan_out,
)
from governance.takedowns.models import FanOut, Takedown
from governance.takedowns.orders import order_off

log = logging.getLogger(__name__)

# The order's own transaction holds the feed's number and the ledger's lock: what it writes itself stays small.
FIRST_ROWS = 1_000
STRETCH_ROWS = 20_000
PART_ROWS = 1_000_000


def begin_fan_out(takedown: Takedown, *, version_ids: tuple[int, ...], now: datetime) -> FanOut:
    """Write the first stretch in the order's own transaction, and the people too where that was all."""
    fan_out = open_fan_out(takedown, version_ids=version_ids)
    write_owner_letters(takedown, version_ids=version_ids)
    _write_orders(fan_out, rows=FIRST_ROWS, now=now)
    if find_stretch(fan_out, rows=1) is None:
        begin_parts(fan_out, rows=PART_ROWS)
        _write_part(fan_out, now=now)
        close_fan_out(takedown, now=now)
        fan_out.refresh_from_db()
    return fan_out


def continue_fan_outs(*, clock: Callable[[], datetime], seconds: float) -> bool:
    """Write on, the least served takedown first, for about so long; whether anything is left."""
    until = time.monotonic() + seconds
    while write_next(now=clock()):
        if time.monotonic() >= until:
            return True
    return False


def write_next(*, now: datetime) -> bool:
    """Write one stretch of orders or one part of the people of one takedown; False when nothing was left to claim."""
    with transaction.atomic():
        fan_out = claim_fan_out()
        if fan_out is None:
            return False
        if not fan_out.parts:
            if not _write_orders(fan_out, rows=STRETCH_ROWS, now=now):
                begin_parts(fan_out, rows=PART_ROWS)
            return True
        _write_part(fan_out, now=now)
        if fan_out.parts_done < fan_out.parts:
            return True
        _finish(fan_out, now=now)
    reconcile_takedown(fan_out.takedown, now=now)
    return True


def _write_orders(fan_out: FanOut, *, rows: int, now: datetime) -> bool:
    """Order off the next `rows` installations; False when there are none."""
    stretch = find_stretch(fan_out, rows=rows)
    if stretch is None:
        return False
    orders = order_off(fan_out.takedown, stretch=stretch, now=now)
    advance_orders(fan_out, until=stretch.until, orders=orders)
    return True


def _write_part(fan_out: FanOut, *, now: datetime) -> None:
    """Queue the notices of the next part of the people."""
    part = Part(fan_out.parts_done, of=fan_out.parts)
    advance_parts(fan_out, people=tell_owners(fan_out, part=part, now=now))


def _finish(fan_out: FanOut, *, now: datetime) -> None:
    """Close the fan-out and have the ledger count it: what the order itself said was only its first stretch."""
    close_fan_out(fan_out.takedown, now=now)
    record(
        "takedown.fanned_out",
        actor="machine",
        cause=subject_of(fan_out.takedown_id),
        subject=subject_of(fan_out.takedown_id),
        after={"bots_ordered": fan_out.orders, "notices_queued": fan_out.people},
        now=now,
    )
    log.info("takedown_fanned_out", extra={"takedown": str(fan_out.takedown_id), "orders": fan_out.orders})
