"""A deadline never looks further away than it is."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.admin.moments import TimeLeft, span_words, time_left

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=3, hours=2, minutes=59), TimeLeft("3 d 2 h left", "calm")),
        (timedelta(hours=4, minutes=1), TimeLeft("4 h 1 min left", "calm")),
        (timedelta(hours=4), TimeLeft("4 h 0 min left", "pressing")),
        (timedelta(seconds=59), TimeLeft("0 min left", "pressing")),
        (timedelta(0), TimeLeft("0 min late", "late")),
        (timedelta(days=-1, minutes=-1), TimeLeft("1 d 0 h late", "late")),
    ],
)
def test_time_left_rounds_down(left: timedelta, expected: TimeLeft) -> None:
    assert time_left(NOON + left, now=NOON) == expected


def test_missing_deadline_says_so() -> None:
    assert time_left(None, now=NOON) == TimeLeft("no deadline", "none")


def test_negative_span_is_nothing() -> None:
    assert span_words(timedelta(minutes=-5)) == "0 min"
