"""`manage.py takedown plan`: the hours it computes are the hours that delivery takes."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from governance.notifications.claims import claim_batch
from governance.notifications.delivery import deliver_due
from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.outbox import Draft, queue_notices
from governance.notifications.pace import plan_delivery
from governance.notifications.queries import measured_rate
from governance.playbook import playbook

DAY = timedelta(hours=24)
PACE = playbook().marketplace.notices.domain_messages_per_minute


def run_plan(**options: object) -> str:
    said = StringIO()
    call_command(
        "takedown", "plan", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items()), stdout=said
    )
    return said.getvalue()


@pytest.mark.django_db
def test_two_hundred_thousand_people_at_fifty_a_second_take_an_hour_and_a_bit() -> None:
    assert "200000 people are notified in 1.11 hours of 24 (50 messages a second, given)" in run_plan(
        people=200_000, rate=50
    )


@pytest.mark.django_db
def test_plan_that_is_too_slow_fails_and_names_the_rate_it_needs() -> None:
    with pytest.raises(CommandError, match=r"2\.31 messages a second are needed"):
        run_plan(people=200_000, rate=1)


@pytest.mark.django_db
def test_one_mail_domain_can_decide() -> None:
    assert "one mail domain's pace decides" in run_plan(people=200_000, rate=1000, largest_domain=0.9)


@pytest.mark.django_db
def test_rate_that_was_never_measured_is_asked_for() -> None:
    with pytest.raises(CommandError, match="give one with --rate"):
        run_plan(people=10)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"rate": 0}, {"rate": -1}, {"rate": 5, "largest_domain": 2}])
def test_plan_of_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(CommandError, match="above 0"):
        run_plan(people=10, **wrong)


@pytest.mark.django_db
def test_rate_is_measured_from_the_deliveries_themselves(now: datetime) -> None:
    _queue(300, now=now)
    start = now.replace(microsecond=0) + timedelta(seconds=1)
    for second in (0, 1, 3600):
        _deliver(100, at=start + timedelta(seconds=second))

    assert measured_rate() == 100
    assert "200000 people are notified in 0.56 hours of 24 (100 messages a second, measured)" in run_plan(
        people=200_000, largest_domain=0
    )


@pytest.mark.django_db
def test_delivery_at_a_rate_takes_as_long_as_the_plan_says(now: datetime) -> None:
    """A channel that takes two a second, by a simulated clock: the last of 240 people is told when the plan says."""
    _queue(240, now=now)
    clock = Clock(now, seconds_each=0.5)

    while deliver_due(clock, limit=50, clock=lambda: clock.now).is_moving:
        continue

    plan = plan_delivery(240, rate=2, largest_domain=1, domain_messages_per_minute=PACE, within=DAY)
    assert Notice.objects.exclude(state="delivered").count() == 0
    assert clock.now - now == plan.takes == timedelta(minutes=2)


@pytest.mark.django_db
def test_domain_at_its_pace_takes_as_long_as_the_plan_says(now: datetime) -> None:
    people = PACE // 4
    _queue(people, now=now, domain="one.invalid")

    while claim_batch(limit=250, now=now).notices:
        continue
    while claim_batch(limit=250, now=now).put_off:
        continue

    plan = plan_delivery(people, rate=1e9, largest_domain=people, domain_messages_per_minute=PACE, within=DAY)
    last = Notice.objects.order_by("-next_attempt_at").values_list("next_attempt_at", flat=True)[0]
    assert timedelta(0) <= plan.takes - (last - now) < timedelta(seconds=1)


@given(people=st.integers(0, 10**7), rate=st.floats(0.01, 10**5), share=st.floats(0, 1), more=st.integers(0, 10**6))
def test_more_people_never_take_less_time_and_a_higher_rate_never_more(
    people: int, rate: float, share: float, more: int
) -> None:
    def takes(people: int, rate: float) -> timedelta:
        largest = round(people * share)
        return plan_delivery(
            people, rate=rate, largest_domain=largest, domain_messages_per_minute=600, within=DAY
        ).takes

    assert takes(people + more, rate) >= takes(people, rate) >= takes(people, rate * 2)


class Clock:
    """A channel that takes everything, and so long for each."""

    def __init__(self, now: datetime, *, seconds_each: float) -> None:
        self.now = now
        self._each = timedelta(seconds=seconds_each)

    def send(self, notice: Notice) -> str:
        self.now += self._each
        return "250 kept"


def _queue(number: int, *, now: datetime, domain: str = "{n}.invalid") -> None:
    queue_notices(
        (Draft("plan", "plan:1", f"p{n}@{domain.format(n=n)}", "Off", "Hello.\n", now + DAY) for n in range(number)),
        now=now,
    )


def _deliver(number: int, *, at: datetime) -> None:
    clock = Clock(at, seconds_each=0)
    assert deliver_due(clock, limit=number, clock=lambda: clock.now).accepted == number
    assert DeliveryAttempt.objects.filter(at=at).count() == number
