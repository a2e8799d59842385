"""The rule of retries: the playbook's steps, each shortened so that a deadline is never slept through. No database."""

from collections.abc import Sequence
from datetime import datetime, timedelta


def next_attempt(attempts: int, *, steps_minutes: Sequence[int], deadline_at: datetime, now: datetime) -> datetime:
    """When to try again after `attempts` failures.

    Before the deadline no pause is longer than half the time left, but never shorter than the first step;
    after it the steps go on, because a late notice is still owed.
    """
    step = timedelta(minutes=steps_minutes[min(attempts, len(steps_minutes)) - 1])
    if now < deadline_at:
        step = max(min(step, (deadline_at - now) / 2), timedelta(minutes=steps_minutes[0]))
    return now + step
