"""Arithmetic of due dates: calendar months and working days, in UTC. No database."""

import calendar
from collections.abc import Collection
from datetime import datetime, timedelta


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later; the last day of the month where that day does not exist."""
    total = moment.month - 1 + months
    year, month = moment.year + total // 12, total % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def add_working_days(moment: datetime, days: int, *, weekdays: Collection[int]) -> datetime:
    """The moment after `days` working days; `weekdays` are ISO numbers, 1 is Monday."""
    while days > 0:
        moment += timedelta(days=1)
        if moment.isoweekday() in weekdays:
            days -= 1
    return moment
