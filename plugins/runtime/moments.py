"""Moments as text: RFC 3339 in UTC, always ending in Z, so that one moment has one zone everywhere."""

import re
from datetime import UTC, datetime

from .errors import InvalidMoment

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def format_moment(moment: datetime) -> str:
    """Return an aware moment as text, to the microsecond where it has any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_moment(text: object) -> datetime:
    """Read a moment such as 2026-01-31T12:00:00Z; raises InvalidMoment."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise InvalidMoment("a moment is text like 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidMoment(f"{text} is no day or time") from error
