"""Spans of time in the few letters a table cell has room for. No database.
Rounds towards zero, so that a deadline never looks further away than it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PRESSING = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long until a deadline, in words; `tone` is late, pressing, calm or none."""

    text: str
    tone: str


def time_left(due_at: datetime | None, *, now: datetime) -> TimeLeft:
    """The time until `due_at`; without a deadline the words say so."""
    if due_at is None:
        return TimeLeft("no deadline", "none")
    if due_at <= now:
        return TimeLeft(f"{span_words(now - due_at)} late", "late")
    left = due_at - now
    return TimeLeft(f"{span_words(left)} left", "pressing" if left <= PRESSING else "calm")


def span_words(span: timedelta) -> str:
    """A span in its two largest units, such as "2 d 3 h", and never less than "0 min"."""
    minutes = max(int(span.total_seconds() // 60), 0)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min"
