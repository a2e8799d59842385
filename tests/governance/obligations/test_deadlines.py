"""Running deadlines: each warning once and in order, a miss for good, and nothing doubled by two sweeps at once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from governance.flows.deadlines import sweep_deadlines
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.actions import (
    cancel_obligation,
    escalate_due,
    meet_obligation,
    open_obligation,
    pause_obligation,
    resume_obligation,
)
from governance.obligations.due import add_months, add_working_days
from governance.obligations.escalation import escalation_path, reached_step
from governance.obligations.models import Escalation, Obligation
from governance.obligations.queries import due_within, missed, of_subject, running
from governance.playbook import playbook
from tests.samples.races import run_at_once

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
STEPS = [50, 75, 90]
PATH = ["on_call", "lead_engineer", "product_owner"]


def open_one(now: datetime, *, subject: str = "review:1", hours: int = 100, role: str = "reviewer") -> Obligation:
    return open_obligation("review", subject=subject, owner_role=role, due_at=now + hours * HOUR, now=now)


def given_at(now: datetime) -> list[tuple[int, str, bool]]:
    warned = escalate_due(thresholds_percent=STEPS, path=PATH, now=now)
    return [(item.step, item.role, item.is_miss) for item in warned]


def test_each_step_is_given_once_and_in_its_time(now: datetime) -> None:
    open_one(now)

    assert given_at(now + 49 * HOUR) == []
    assert given_at(now + 50 * HOUR) == [(1, "reviewer", False)]
    assert given_at(now + 74 * HOUR) == []
    assert given_at(now + 80 * HOUR) == [(2, "on_call", False)]
    assert given_at(now + 95 * HOUR) == [(3, "lead_engineer", False)]
    assert Obligation.objects.get().missed_at is None
    assert given_at(now + 101 * HOUR) == [(4, "product_owner", True)]
    assert given_at(now + 900 * HOUR) == []


def test_ten_days_of_silence_give_every_step_once_and_the_miss_at_its_own_moment(now: datetime) -> None:
    obligation = open_one(now, hours=24)

    warned = given_at(now + timedelta(days=10))

    assert [step for step, _, _ in warned] == [1, 2, 3, 4]
    assert [role for _, role, _ in warned] == ["reviewer", "on_call", "lead_engineer", "product_owner"]
    assert given_at(now + timedelta(days=11)) == []
    obligation.refresh_from_db()
    assert obligation.missed_at == obligation.due_at
    assert list(missed()) == [obligation]


def test_many_deadlines_are_all_given_in_batches(now: datetime) -> None:
    for number in range(230):
        open_one(now, subject=f"review:{number}", hours=24)

    assert sweep_deadlines(now=now + timedelta(days=2)) == 230 * 4
    assert sweep_deadlines(now=now + timedelta(days=3)) == 0
    assert Escalation.objects.count() == 230 * 4


def test_met_in_time_ends_the_warnings_and_keeps_the_evidence(now: datetime) -> None:
    open_one(now)

    assert meet_obligation("review", subject="review:1", evidence={"decision": 7}, now=now + HOUR)

    obligation = Obligation.objects.get()
    assert (obligation.met_at, obligation.missed_at, obligation.evidence) == (now + HOUR, None, {"decision": 7})
    assert given_at(now + 500 * HOUR) == []
    assert not running().exists()


def test_met_too_late_is_met_and_missed(now: datetime) -> None:
    obligation = open_one(now)

    assert meet_obligation("review", subject="review:1", evidence={}, now=now + 101 * HOUR)

    obligation.refresh_from_db()
    assert (obligation.met_at, obligation.missed_at) == (now + 101 * HOUR, obligation.due_at)


def test_miss_stays_when_it_is_met_later_and_cannot_be_unset(now: datetime) -> None:
    obligation = open_one(now)
    escalate_due(thresholds_percent=STEPS, path=PATH, now=now + 101 * HOUR)

    assert meet_obligation("review", subject="review:1", evidence={}, now=now + 102 * HOUR)

    with pytest.raises(DatabaseError), transaction.atomic():
        Obligation.objects.update(missed_at=None)
    obligation.refresh_from_db()
    assert obligation.missed_at == obligation.due_at


def test_meeting_twice_changes_nothing_the_second_time(now: datetime) -> None:
    open_one(now)
    meet_obligation("review", subject="review:1", evidence={"decision": 1}, now=now + HOUR)

    assert not meet_obligation("review", subject="review:1", evidence={"decision": 2}, now=now + 200 * HOUR)

    obligation = Obligation.objects.get()
    assert (obligation.evidence, obligation.missed_at) == ({"decision": 1}, None)


def test_opening_twice_keeps_the_first_deadline(now: datetime) -> None:
    first = open_one(now)
    again = open_one(now + HOUR)

    assert again == first
    assert Obligation.objects.get().due_at == first.due_at


def test_cancelled_deadline_neither_warns_nor_misses(now: datetime) -> None:
    open_one(now)

    assert cancel_obligation("review", subject="review:1", now=now + HOUR)
    assert not cancel_obligation("review", subject="review:1", now=now + 2 * HOUR)
    assert not meet_obligation("review", subject="review:1", evidence={}, now=now + 2 * HOUR)
    assert given_at(now + 500 * HOUR) == []
    assert Obligation.objects.get().missed_at is None


def test_deadline_that_has_passed_when_it_opens_is_refused(now: datetime) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        open_one(now, hours=0)


def test_reads_are_ordered_by_what_is_due_next(now: datetime) -> None:
    late, soon = open_one(now, subject="review:1", hours=9), open_one(now, subject="review:2", hours=3)

    assert list(running()) == [soon, late]
    assert list(due_within(4 * HOUR, now=now)) == [soon]
    assert list(due_within(HOUR, now=now + 3 * HOUR)) == [soon]
    assert list(of_subject("review:1")) == [late]


def test_sweep_tells_each_role_once_and_writes_the_miss_into_the_ledger(now: datetime) -> None:
    obligation = open_one(now, role="security_lead")

    for hours in (55, 56, 80, 95, 101, 102):
        sweep_deadlines(now=now + hours * HOUR)

    told = Notice.objects.filter(kind="deadline").order_by("queued_at")
    path = playbook().monitoring.escalation_path
    assert [notice.recipient for notice in told] == [
        "security-lead@nexus.invalid",
        *(f"{role.replace('_', '-')}@nexus.invalid" for role in path),
    ]
    assert [notice.cause for notice in told] == [f"obligation:{obligation.pk}/{step}" for step in (1, 2, 3, 4)]
    entry = Entry.objects.get(action="obligation.missed")
    assert (entry.subject, entry.cause, entry.actor) == ("review:1", f"obligation:{obligation.pk}", "machine")


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_double_nothing(now: datetime) -> None:
    for number in range(30):
        open_one(now, subject=f"review:{number}", hours=24)

    outcome = run_at_once([partial(sweep_deadlines, now=now + timedelta(days=2))] * 4)

    # One that came while another held the rows may leave early; the next sweep takes what is left.
    left = sweep_deadlines(now=now + timedelta(days=2))
    assert outcome.raised == []
    assert sum(outcome.returned) + left == 30 * 4
    assert Escalation.objects.count() == Notice.objects.count() == 30 * 4
    assert Entry.objects.filter(action="obligation.missed").count() == 30


@pytest.mark.django_db(transaction=True)
def test_met_and_swept_at_the_same_moment_agree_about_the_miss(now: datetime) -> None:
    for number in range(10):
        open_one(now, subject=f"review:{number}", hours=24)
    late = now + timedelta(days=2)

    outcome = run_at_once(
        [
            *(
                partial(meet_obligation, "review", subject=f"review:{number}", evidence={}, now=late)
                for number in range(10)
            ),
            partial(sweep_deadlines, now=late),
        ]
    )

    assert outcome.raised == []
    assert missed().count() == 10
    assert not running().exists()


@given(
    elapsed=st.integers(min_value=-(10**6), max_value=10**9),
    length=st.integers(min_value=1, max_value=10**8),
)
def test_steps_only_ever_rise_with_time(elapsed: int, length: int) -> None:
    opened = datetime(2026, 1, 1, tzinfo=UTC)
    due = opened + timedelta(seconds=length)
    steps = (50, 75, 90, 100)

    def reached(at: datetime) -> int:
        return reached_step(opened, due_at=due, steps_percent=steps, now=at)

    at = opened + timedelta(seconds=elapsed)
    assert reached(at) <= reached(at + timedelta(seconds=1))
    assert (reached(at) == 4) == (at >= due)
    assert reached(opened) == 0


@pytest.mark.parametrize(
    ("owner", "roles"),
    [
        ("reviewer", ["reviewer", "on_call", "lead_engineer", "product_owner"]),
        ("on_call", ["on_call", "lead_engineer", "product_owner", "product_owner"]),
        ("product_owner", ["product_owner", "on_call", "lead_engineer", "lead_engineer"]),
    ],
)
def test_owner_is_asked_first_and_nobody_twice_before_the_last(owner: str, roles: list[str]) -> None:
    assert escalation_path(owner, path=PATH, steps=4) == roles


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2026, 11, 30), 3, (2027, 2, 28)),
        ((2026, 5, 31), -3, (2026, 2, 28)),
        ((2026, 1, 15), -1, (2025, 12, 15)),
        ((2026, 8, 31), 12, (2027, 8, 31)),
    ],
)
def test_months_end_on_a_day_that_exists(begin: tuple[int, int, int], months: int, end: tuple[int, int, int]) -> None:
    assert add_months(datetime(*begin, 13, 5, tzinfo=UTC), months) == datetime(*end, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "days", "end"),
    [
        ((2026, 11, 23), 1, (2026, 11, 24)),  # Monday
        ((2026, 11, 27), 1, (2026, 11, 30)),  # Friday
        ((2026, 11, 28), 1, (2026, 11, 30)),  # Saturday
        ((2026, 11, 25), 5, (2026, 12, 2)),
        ((2026, 11, 25), 0, (2026, 11, 25)),
    ],
)
def test_weekends_are_no_working_days(begin: tuple[int, int, int], days: int, end: tuple[int, int, int]) -> None:
    found = add_working_days(datetime(*begin, 9, tzinfo=UTC), days, weekdays=[1, 2, 3, 4, 5])
    assert found == datetime(*end, 9, tzinfo=UTC)


def test_paused_deadline_stands_still_and_keeps_the_time_it_had_left(now: datetime) -> None:
    open_one(now)
    assert given_at(now + 60 * HOUR) == [(1, "reviewer", False)]

    assert pause_obligation("review", subject="review:1", now=now + 60 * HOUR)
    assert not pause_obligation("review", subject="review:1", now=now + 61 * HOUR)
    assert (given_at(now + 500 * HOUR), list(running())) == ([], [])
    assert resume_obligation("review", subject="review:1", now=now + 500 * HOUR)
    assert not resume_obligation("review", subject="review:1", now=now + 501 * HOUR)

    moved = Obligation.objects.get()
    assert (moved.due_at, moved.paused_for, moved.paused_at) == (now + 540 * HOUR, 440 * HOUR, None)
    assert given_at(now + 514 * HOUR) == [], "three quarters are not over: 74 of 100 hours have run"
    assert given_at(now + 516 * HOUR) == [(2, "on_call", False)]
    assert missed().count() == 0


def test_deadline_met_while_paused_is_not_late(now: datetime) -> None:
    open_one(now)
    pause_obligation("review", subject="review:1", now=now + HOUR)

    assert meet_obligation("review", subject="review:1", evidence={}, now=now + 400 * HOUR)

    assert Obligation.objects.get().missed_at is None


@pytest.mark.parametrize("change", [{"due_at": 1}, {"opened_at": 1}, {"paused_for": 1}])
def test_base_refuses_to_move_a_deadline_by_any_other_way(now: datetime, change: dict[str, int]) -> None:
    open_one(now)
    column = next(iter(change))
    value = timedelta(hours=1) if column == "paused_for" else now + HOUR
    for _ in ("running", "paused"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Obligation.objects.update(**{column: value})
        pause_obligation("review", subject="review:1", now=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Obligation.objects.update(paused_at=None, due_at=now + 900 * HOUR)
