"""All background work on one page: each task is one call with at most one id.
A lost message loses nothing: the sweeps find their work in the rows."""

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from governance.celery import app
from governance.flows.automatic_containment import sweep_automatic as sweep_causes
from governance.flows.deadlines import sweep_deadlines
from governance.flows.feed import refresh_feed as refresh
from governance.flows.outbox import deliver_outbox, watch_outbox
from governance.flows.publisher import sweep_verifications as sweep_due_verifications
from governance.flows.rescan import find_due_rescans
from governance.flows.rescan import rescan_version as rescan
from governance.flows.submission import screen_version as screen
from governance.flows.takedown_clocks import reconcile_takedowns as reconcile
from governance.flows.takedown_fan_out import continue_fan_outs
from governance.flows.unreached import tell_of_unreached
from governance.ledger.actions import sign_checkpoint
from governance.screening.queries import find_waiting
from governance.screening.shared_cache import forget_results

log = logging.getLogger(__name__)

DELIVERY_SECONDS = 240.0  # then the next sweep goes on; a task that never ends could not be shut down
FAN_OUT_SECONDS = 5.0
# One a process: two threads would share one processor, and a process that is killed leaves one notice in doubt.
DELIVERING, FANNING_OUT = threading.Lock(), threading.Lock()


def wake(task: Task[Any, Any], *ids: Any) -> None:
    """Send a task after commit; a broker that is down costs time, never the work, so it is only logged."""

    def publish() -> None:
        try:
            task.delay(*ids)
        except (OperationalError, OSError) as error:
            log.warning("wake_up_lost", extra={"task": task.name, "error": type(error).__name__})

    transaction.on_commit(publish)


@contextmanager
def alone_here(lock: threading.Lock) -> Iterator[bool]:
    """Whether no other thread of this process is at the same; never waits."""
    is_alone = lock.acquire(blocking=False)
    try:
        yield is_alone
    finally:
        if is_alone:
            lock.release()


@app.task
def screen_version(version_id: int) -> None:
    screen(version_id, clock=timezone.now)
    deliver_notices.delay()


@app.task
def rescan_version(version_id: int) -> None:
    rescan(version_id, clock=timezone.now)


@app.task
def deliver_notices() -> None:
    with alone_here(DELIVERING) as is_alone:
        if is_alone:
            deliver_outbox(clock=timezone.now, seconds=DELIVERY_SECONDS)


@app.task
def sweep_submissions() -> None:
    for version_id in find_waiting(now=timezone.now()):
        screen_version.delay(version_id)


@app.task
def sweep_rescans() -> None:
    for version_id in find_due_rescans(now=timezone.now()):
        rescan_version.delay(version_id)
    forget_results(now=timezone.now())


@app.task
def sweep_outbox() -> None:
    deliver_notices()


@app.task
def sweep_fan_outs() -> None:
    with alone_here(FANNING_OUT) as is_alone:
        while is_alone and continue_fan_outs(clock=timezone.now, seconds=FAN_OUT_SECONDS):
            continue


@app.task
def sweep_obligations() -> None:
    watch_outbox(now=timezone.now())
    sweep_deadlines(now=timezone.now())


@app.task
def sweep_verifications() -> None:
    sweep_due_verifications(now=timezone.now())


@app.task
def reconcile_takedowns() -> None:
    reconcile(now=timezone.now())
    tell_of_unreached(now=timezone.now())


@app.task
def sweep_automatic() -> None:
    sweep_causes(now=timezone.now())
    deliver_notices.delay()


@app.task
def checkpoint_ledger() -> None:
    sign_checkpoint(now=timezone.now())


@app.task
def refresh_feed() -> None:
    refresh(now=timezone.now())


# What is loaded by now is shared by every forked worker for as long as nobody writes to it; the collector would.
gc.collect()
gc.freeze()
