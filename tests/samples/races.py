"""Runs calls at the same moment, each on a database connection of its own, as two workers would.
Never decides who should win."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from django.db import connections

WAIT_SECONDS = 30
BLOCKED_SECONDS = 0.4  # long enough for a rival to reach the lock it has to wait for


@dataclass(frozen=True)
class Outcomes:
    """What the calls returned, and what they raised, each in the order of the calls."""

    returned: list[Any]
    raised: list[BaseException]


def run_at_once(calls: Sequence[Callable[[], Any]]) -> Outcomes:
    """Start every call at one moment and wait for all of them."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(WAIT_SECONDS)
        return _run_apart(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
    raised = [error for future in futures if (error := future.exception()) is not None]
    return Outcomes([future.result() for future in futures if future.exception() is None], raised)


@contextmanager
def rival() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Gives a start for calls that run beside an open transaction of the test's own.

    The start returns once the call has ended, or waits for a lock the test still holds.
    """
    with ThreadPoolExecutor(4) as pool:

        def start(call: Callable[[], Any]) -> Future[Any]:
            future = pool.submit(_run_apart, call)
            wait([future], timeout=BLOCKED_SECONDS)
            return future

        yield start


def _run_apart(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()
