"""Who goes next: the nearest deadline, the least served, each mail domain at its pace; what a killed process left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from governance.notifications.claims import claim_batch, claim_due
from governance.notifications.models import DeliveryAttempt, DomainPace, Notice
from governance.notifications.outbox import Draft, queue_notices
from governance.notifications.queries import tally
from governance.playbook import playbook
from tests.samples.races import run_at_once

Queue = Callable[..., Notice]
NOTICES = playbook().marketplace.notices
LEASE = timedelta(seconds=NOTICES.lease_seconds)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def queue(cause: str, number: int, *, now: datetime, deadline_at: datetime, domain: str = "{n}.invalid") -> None:
    queue_notices(
        (
            Draft("takedown_contained", cause, f"{cause}{n}@{domain.format(n=n)}", "Off", "Hello.\n", deadline_at)
            for n in range(number)
        ),
        now=now,
    )


@pytest.fixture
def slow_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pace of one message a second to a domain: five at once."""
    market = playbook().marketplace
    book = replace(playbook(), marketplace=replace(market, notices=replace(NOTICES, domain_messages_per_minute=60)))
    monkeypatch.setattr("governance.notifications.claims.playbook", lambda: book)


def causes(notices: list[Notice]) -> list[str]:
    return [notice.cause for notice in notices]


def test_ten_people_do_not_wait_for_a_crowd_whose_deadline_is_nearer(now: datetime) -> None:
    queue("crowd", 500, now=now, deadline_at=now + DAY)
    for _ in range(3):
        claim_due(limit=40, now=now)
    queue("few", 10, now=now, deadline_at=now + 2 * DAY)

    assert causes(claim_due(limit=40, now=now)).count("few") == 10


def test_crowd_whose_deadline_is_nearer_keeps_half_of_every_claim(now: datetime) -> None:
    queue("crowd", 100, now=now, deadline_at=now + DAY)
    claim_due(limit=40, now=now)
    queue("later", 100, now=now, deadline_at=now + 2 * DAY)

    assert causes(claim_due(limit=40, now=now)).count("crowd") == 20


def test_claim_of_one_is_the_nearest_deadline(now: datetime) -> None:
    queue("later", 1, now=now, deadline_at=now + 2 * DAY)
    queue("sooner", 1, now=now, deadline_at=now + DAY)

    assert causes(claim_due(limit=1, now=now)) == ["sooner"]


@pytest.mark.usefixtures("slow_pace")
def test_domain_is_given_no_more_than_its_pace_and_holds_up_no_other(now: datetime) -> None:
    queue("large", 30, now=now, deadline_at=now + DAY, domain="large.invalid")
    queue("small", 4, now=now, deadline_at=now + DAY, domain="Small.invalid")

    claim = claim_batch(limit=100, now=now)

    assert causes(list(claim.notices)).count("large") == 6, "one now and five seconds ahead"
    assert causes(list(claim.notices)).count("small") == 4
    assert claim.put_off == 24
    assert set(DomainPace.objects.values_list("domain", flat=True)) == {"large.invalid", "small.invalid"}
    waiting = Notice.objects.filter(lease_token=None).order_by("next_attempt_at")
    assert [notice.next_attempt_at - now for notice in waiting] == [n * SECOND for n in range(6, 30)]


@pytest.mark.usefixtures("slow_pace")
def test_place_in_the_pace_is_paid_for_once(now: datetime) -> None:
    queue("large", 30, now=now, deadline_at=now + DAY, domain="large.invalid")
    claim_due(limit=100, now=now)

    claim = claim_batch(limit=100, now=now + 20 * SECOND)

    assert (len(claim.notices), claim.put_off) == (15, 0)
    assert len(claim_due(limit=100, now=now + MINUTE)) == 9


@pytest.mark.usefixtures("slow_pace")
def test_pace_is_kept_by_all_processes_together(now: datetime) -> None:
    queue("large", 12, now=now, deadline_at=now + DAY, domain="large.invalid")

    first = claim_due(limit=4, now=now)
    second = claim_due(limit=4, now=now)

    assert (len(first), len(second)) == (4, 2)


@pytest.mark.usefixtures("slow_pace")
def test_no_pace_lets_a_deadline_pass(now: datetime) -> None:
    queue("large", 600, now=now, deadline_at=now + 3 * MINUTE, domain="large.invalid")

    claim_due(limit=1000, now=now)

    assert Notice.objects.filter(next_attempt_at__gt=now + 2 * MINUTE).count() == 0


@pytest.mark.usefixtures("slow_pace")
def test_clock_that_jumped_does_not_hold_a_domain_back_for_good(now: datetime) -> None:
    DomainPace.objects.create(domain="large.invalid", free_at=now + 400 * DAY)
    queue("large", 3, now=now, deadline_at=now + DAY, domain="large.invalid")

    assert len(claim_due(limit=10, now=now)) == 3


def test_claim_that_only_puts_off_says_so(now: datetime) -> None:
    DomainPace.objects.create(domain="large.invalid", free_at=now + timedelta(hours=1))
    queue("large", 3, now=now, deadline_at=now + DAY, domain="large.invalid")

    claim = claim_batch(limit=10, now=now)

    assert (list(claim.notices), claim.put_off) == ([], 3)
    assert not claim_batch(limit=10, now=now).put_off


def test_killed_process_leaves_one_notice_in_doubt_and_the_others_not(now: datetime) -> None:
    queue("crowd", 20, now=now, deadline_at=now + DAY)
    claimed = claim_due(limit=10, now=now)
    Notice.objects.filter(pk=claimed[0].pk).update(state="delivered", delivered_at=now)

    taken_over = claim_due(limit=20, now=now + LEASE + SECOND)

    assert len(taken_over) == 19
    doubt = DeliveryAttempt.objects.get()
    assert doubt.notice_id == claimed[1].pk, "the first it had not recorded an answer for"
    assert (doubt.is_doubtful, doubt.is_accepted, doubt.lease_token) == (True, False, claimed[1].lease_token)
    assert tally().possibly_twice == 0, "it was not delivered again yet"
    DeliveryAttempt.objects.create(
        notice_id=doubt.notice_id, lease_token=doubt.lease_token, at=now, is_accepted=True, detail="250"
    )
    assert tally().possibly_twice == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_take_over_from_a_killed_process_doubt_once(now: datetime) -> None:
    queue("crowd", 30, now=now, deadline_at=now + DAY)
    claim_due(limit=30, now=now)

    outcome = run_at_once([partial(claim_due, limit=10, now=now + LEASE + SECOND)] * 4)

    assert outcome.raised == []
    assert DeliveryAttempt.objects.filter(is_doubtful=True).count() == 1
