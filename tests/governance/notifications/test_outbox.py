"""Queued once, claimed by one, marked only by who holds the lease."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.notifications.backoff import next_attempt
from governance.notifications.claims import claim_due
from governance.notifications.delivery import deliver_due
from governance.notifications.errors import DeliveryDeferred, DeliveryRefused
from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.outbox import Draft, queue_notices
from governance.notifications.queries import count_notices, waiting
from governance.playbook import playbook
from governance.request_ids import bind_request_id
from tests.samples.races import run_at_once

Queue = Callable[..., Notice]
LEASE = timedelta(seconds=playbook().marketplace.notices.lease_seconds)
SECOND = timedelta(seconds=1)


class FakeChannel:
    """Accepts everything but what it is told to refuse or put off; remembers whom it reached, in order."""

    def __init__(self, *, meanwhile: Callable[[Notice], object] | None = None) -> None:
        self.sent: list[str] = []
        self.refuses: set[str] = set()
        self.defers: set[str] = set()
        self._meanwhile = meanwhile

    def send(self, notice: Notice) -> str:
        if notice.recipient in self.refuses:
            raise DeliveryRefused("RCPT answered 550")
        if notice.recipient in self.defers:
            raise DeliveryDeferred("RCPT answered 450")
        self.sent.append(notice.recipient)
        if self._meanwhile is not None:
            self._meanwhile(notice)
        return "250 kept"


def draft(recipient: str, *, cause: str = "takedown:1", kind: str = "takedown_contained", now: datetime) -> Draft:
    return Draft(kind, cause, recipient, "Switched off", "Hello.\n", now + timedelta(hours=24))


@pytest.mark.django_db
def test_one_person_and_one_cause_make_one_notice(now: datetime) -> None:
    with bind_request_id("request-77"):
        queue_notices([draft("dev@example.invalid", now=now)] * 3, now=now)
        queue_notices([draft("dev@example.invalid", now=now)], now=now + SECOND)
    queue_notices([draft("dev@example.invalid", cause="takedown:2", now=now)], now=now)
    queue_notices([draft("ben@example.invalid", now=now)], now=now)

    assert Notice.objects.count() == 3
    first = Notice.objects.get(cause="takedown:1", recipient="dev@example.invalid")
    assert (first.queued_at, first.request_id, first.state) == (now, "request-77", "queued")
    assert count_notices("takedown_contained", cause="takedown:1").queued == 2


@pytest.mark.django_db
def test_thousands_are_queued_in_batches_and_none_is_lost(now: datetime) -> None:
    people = (draft(f"dev{number}@example.invalid", now=now) for number in range(2500))

    assert queue_notices(people, now=now) == 2500
    assert Notice.objects.count() == 2500


def test_nearest_deadline_goes_first(notify: Queue, now: datetime) -> None:
    for name, hours in (("c", 72), ("a", 1), ("b", 24)):
        notify(f"{name}@example.invalid", hours=hours)
    channel = FakeChannel()

    deliver_due(channel, limit=2, clock=lambda: now)
    deliver_due(channel, limit=2, clock=lambda: now)

    assert channel.sent == ["a@example.invalid", "b@example.invalid", "c@example.invalid"]


def test_delivered_notice_is_dated_and_never_sent_again(notify: Queue, now: datetime) -> None:
    notice = notify()
    channel = FakeChannel()

    assert deliver_due(channel, limit=9, clock=lambda: now).accepted == 1
    assert deliver_due(channel, limit=9, clock=lambda: now + 10 * LEASE).total == 0

    notice.refresh_from_db()
    assert (notice.state, notice.delivered_at, notice.attempts) == ("delivered", now, 1)
    assert DeliveryAttempt.objects.get(notice=notice).detail == "250 kept"
    assert waiting() == (0, None)


def test_refused_recipient_is_undeliverable_and_left_alone(notify: Queue, now: datetime) -> None:
    notice = notify()
    channel = FakeChannel()
    channel.refuses = {notice.recipient}

    assert deliver_due(channel, limit=9, clock=lambda: now).refused == 1
    assert deliver_due(channel, limit=9, clock=lambda: now + timedelta(days=9)).total == 0

    notice.refresh_from_db()
    assert (notice.state, notice.delivered_at) == ("undeliverable", None)
    assert not DeliveryAttempt.objects.get(notice=notice).is_accepted


def test_deferred_notice_waits_longer_each_time_and_is_delivered_at_last(notify: Queue, now: datetime) -> None:
    notice = notify()
    channel = FakeChannel()
    channel.defers = {notice.recipient}
    pauses = []
    at = now
    for _ in range(5):
        assert deliver_due(channel, limit=9, clock=lambda at=at: at).deferred == 1  # type: ignore[misc]
        notice.refresh_from_db()
        pauses.append((notice.next_attempt_at - at) / timedelta(minutes=1))
        assert deliver_due(channel, limit=9, clock=lambda: notice.next_attempt_at - SECOND).total == 0
        at = notice.next_attempt_at
    channel.defers = set()

    assert deliver_due(channel, limit=9, clock=lambda: at).accepted == 1
    assert pauses == list(playbook().marketplace.notices.retry_after_minutes[:5])
    assert DeliveryAttempt.objects.filter(notice=notice).count() == 6


def test_one_bad_recipient_does_not_hold_up_the_others(notify: Queue, now: datetime) -> None:
    for name in ("a", "b", "c"):
        notify(f"{name}@example.invalid")
    channel = FakeChannel()
    channel.refuses, channel.defers = {"a@example.invalid"}, {"b@example.invalid"}

    deliver_due(channel, limit=9, clock=lambda: now)

    assert channel.sent == ["c@example.invalid"]


def test_worker_that_lost_its_lease_marks_nothing(notify: Queue, now: datetime) -> None:
    notice = notify()
    later = now + LEASE + SECOND

    def take_over(sent: Notice) -> None:
        assert [other.pk for other in claim_due(limit=9, now=later)] == [sent.pk]

    channel = FakeChannel(meanwhile=take_over)
    deliver_due(channel, limit=9, clock=lambda: now)

    notice.refresh_from_db()
    assert (notice.state, notice.delivered_at) == ("queued", None)
    assert notice.lease_until == later + LEASE, "the other worker's lease stands"
    doubtful, accepted = DeliveryAttempt.objects.filter(notice=notice).order_by("pk")
    assert (doubtful.is_doubtful, doubtful.is_accepted) == (True, False), "who took over cannot know that it was sent"
    assert accepted.is_accepted, "that it was sent is a fact all the same"


def test_worker_that_lost_its_lease_frees_nothing(notify: Queue, now: datetime) -> None:
    notice = notify()
    claimed = claim_due(limit=9, now=now)
    taken_over = claim_due(limit=9, now=now + LEASE + SECOND)
    channel = FakeChannel()
    channel.defers = {notice.recipient}

    assert claimed[0].lease_token != taken_over[0].lease_token
    notice.refresh_from_db()
    assert notice.lease_token == taken_over[0].lease_token
    assert notice.attempts == 2


def test_batch_that_outlives_its_lease_sends_no_more_of_it(notify: Queue, now: datetime) -> None:
    for name in ("a", "b", "c"):
        notify(f"{name}@example.invalid", hours=ord(name))
    ticks = iter([now, now, now + SECOND, now + LEASE, now + LEASE, now + LEASE])
    channel = FakeChannel()

    deliver_due(channel, limit=9, clock=lambda: next(ticks))

    assert channel.sent == ["a@example.invalid"]


def test_crashed_workers_notice_is_taken_up_after_its_lease(notify: Queue, now: datetime) -> None:
    notify()
    claim_due(limit=9, now=now)
    channel = FakeChannel()

    assert deliver_due(channel, limit=9, clock=lambda: now + LEASE - SECOND).total == 0
    assert deliver_due(channel, limit=9, clock=lambda: now + LEASE + SECOND).accepted == 1


def test_late_notice_is_still_owed(notify: Queue, now: datetime) -> None:
    notify(hours=1)

    assert deliver_due(FakeChannel(), limit=9, clock=lambda: now + timedelta(days=30)).accepted == 1


@pytest.mark.django_db(transaction=True)
def test_claims_of_many_workers_are_disjoint_and_leave_nothing(notify: Queue, now: datetime) -> None:
    for number in range(60):
        notify(f"dev{number}@example.invalid")

    outcome = run_at_once([partial(claim_due, limit=15, now=now)] * 6)

    claimed = [notice.pk for batch in outcome.returned for notice in batch]
    rest = [notice.pk for notice in claim_due(limit=60, now=now)]
    assert outcome.raised == []
    assert len(claimed) == len(set(claimed))
    assert set(claimed).isdisjoint(rest)
    assert len(claimed) + len(rest) == 60


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_notice_once(notify: Queue, now: datetime) -> None:
    for number in range(40):
        notify(f"dev{number}@example.invalid")
    channel = FakeChannel()

    def work() -> None:
        while deliver_due(channel, limit=3, clock=lambda: now).accepted:
            continue

    outcome = run_at_once([work] * 4)

    work()
    assert outcome.raised == []
    assert sorted(channel.sent) == sorted(f"dev{number}@example.invalid" for number in range(40))
    assert not Notice.objects.exclude(state="delivered").exists()


@given(
    attempts=st.integers(min_value=1, max_value=10_000),
    left=st.integers(min_value=-(10**7), max_value=10**7),
    steps=st.lists(st.integers(min_value=1, max_value=10**4), min_size=1, max_size=9).map(sorted),
)
def test_no_pause_sleeps_through_a_deadline(attempts: int, left: int, steps: list[int]) -> None:
    now = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
    deadline = now + timedelta(seconds=left)
    first = timedelta(minutes=steps[0])

    at = next_attempt(attempts, steps_minutes=steps, deadline_at=deadline, now=now)

    assert at >= now + first, "a failing server is not hammered"
    assert at <= now + timedelta(minutes=steps[-1])
    if left > 0:
        assert at <= max(deadline - (deadline - now) / 2, now + first)
