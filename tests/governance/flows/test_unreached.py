"""Bots that do not confirm: their tenant hears first, then the on-call, both long before the deadline, each once."""

from datetime import datetime, timedelta

import pytest

from governance.flows.deadlines import sweep_deadlines
from governance.flows.unreached import tell_of_unreached
from governance.notifications.models import Notice
from governance.obligations.models import Escalation
from governance.takedowns.models import Takedown
from plugins.models import Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install
from tests.samples.factories import BotActor

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def takedown(
    version: Version, dev_bot: BotActor, dev_second_bot: BotActor, eve_bot: BotActor, contain: Contain, now: datetime
) -> Takedown:
    """Three bots of two tenants are ordered off; only Dev's first one has confirmed."""
    for bot in (dev_bot, dev_second_bot, eve_bot):
        install(bot, version, now=now)
    takedown = contain(version)
    acknowledge(dev_bot, takedown, version, now=now)
    return takedown


def _told(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("recipient"))


def test_tenants_are_told_after_an_hour_which_bots_are_missing_and_not_sooner(
    takedown: Takedown, dev_second_bot: BotActor, now: datetime
) -> None:
    assert tell_of_unreached(now=now + 59 * MINUTE) == 0
    tell_of_unreached(now=now + HOUR)
    dev, eve = _told("bots_unreached")
    assert dev.recipient == dev_second_bot.bot.tenant.contact_email
    assert "1 of your bots" in dev.subject
    assert str(dev_second_bot.bot.pk) in dev.body
    assert "greeter (" not in dev.body
    assert eve.recipient != dev.recipient
    assert dev.deadline_at <= now + HOUR + 15 * MINUTE


def test_each_is_told_once_however_often_the_sweep_runs(takedown: Takedown, now: datetime) -> None:
    for minutes in (60, 61, 300, 301, 600):
        tell_of_unreached(now=now + minutes * MINUTE)
    assert len(_told("bots_unreached")) == 2
    assert len(_told("tenants_unreached")) == 1


def test_on_call_hears_after_the_tenants_and_before_the_deadline(takedown: Takedown, now: datetime) -> None:
    tell_of_unreached(now=now + 239 * MINUTE)
    assert _told("tenants_unreached") == []
    tell_of_unreached(now=now + 240 * MINUTE)
    (page,) = _told("tenants_unreached")
    assert page.recipient == "on-call@nexus.invalid"
    assert "2 installations of 2 tenants" in page.body
    assert "dev-works" in page.body
    assert "eve-works" in page.body
    assert page.deadline_at < now + 24 * HOUR


def test_deadline_itself_goes_on_warning_up_the_path(takedown: Takedown, now: datetime) -> None:
    for hours in (12, 18, 22):
        sweep_deadlines(now=now + hours * HOUR)
    warned = Escalation.objects.filter(obligation__kind="bots_confirmed").order_by("step")
    assert [escalation.role for escalation in warned] == ["on_call", "lead_engineer", "product_owner"]


def test_nobody_is_told_about_what_is_confirmed_or_over(
    takedown: Takedown,
    version: Version,
    dev_second_bot: BotActor,
    eve_bot: BotActor,
    reinstate: Reinstate,
    now: datetime,
) -> None:
    acknowledge(dev_second_bot, takedown, version, now=now)
    tell_of_unreached(now=now + HOUR)
    assert [notice.recipient for notice in _told("bots_unreached")] == [eve_bot.bot.tenant.contact_email]
    reinstate(takedown)
    assert tell_of_unreached(now=now + 5 * HOUR) == 0


def test_letters_to_tenants_are_no_part_of_the_promise_to_people(takedown: Takedown, now: datetime) -> None:
    """The proof counts the notices of the takedown's own cause; a tenant's missing letter is no missing person."""
    tell_of_unreached(now=now + 5 * HOUR)
    causes = Notice.objects.filter(kind__in=("bots_unreached", "tenants_unreached")).values_list("cause", flat=True)
    assert all(cause.startswith(f"unreached:{takedown.pk}") for cause in causes)
