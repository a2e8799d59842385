"""Enter, then exit, is the identity: over versions, blocks and orders, whatever overlaps."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.flows.takedown import sign_removal
from governance.obligations.models import Obligation
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.queries import progress
from plugins.models import BlocklistEntry, Installation, Version
from plugins.queries import blocked_versions
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install, order_states
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_version,
)

Status = Version.Status
DAY = timedelta(days=1)
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0", "<9.0.0")


@pytest.mark.parametrize("first_ends_first", [True, False])
def test_version_under_two_takedowns_returns_with_the_end_of_the_last(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime,
    first_ends_first: bool,
) -> None:  # fmt: skip
    install(dev_bot, version, now=now)
    pair = [contain(version), contain(version, versions="<2.0.0")]
    for takedown in pair:
        acknowledge(dev_bot, takedown, version, now=now)
    one, other = pair if first_ends_first else reversed(pair)

    reinstate(one)

    version.refresh_from_db()
    assert version.status == Status.QUARANTINED
    assert blocked_versions(version.plugin_id) == [version.pk]
    assert not SwitchOrder.objects.filter(action="switched_on").exists(), "the other still holds it off"

    reinstate(other)

    version.refresh_from_db()
    assert version.status == Status.PUBLISHED
    assert blocked_versions(version.plugin_id) == []
    for takedown in pair:
        assert order_states(takedown)[("greeter", "switched_on")] == "ordered"
        acknowledge(dev_bot, takedown, version, now=now, action="switched_on")


def test_bot_off_by_the_first_takedown_is_ordered_on_by_the_end_of_the_second(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    first = contain(version)
    acknowledge(dev_bot, first, version, now=now)
    second = contain(version, versions="<2.0.0")

    reinstate(first)
    reinstate(second)  # before the bot has heard of it

    assert order_states(first)[("greeter", "switched_on")] == "ordered"
    assert order_states(second) == {("greeter", "switched_off"): "withdrawn"}


def test_bot_that_arrives_under_two_takedowns_is_ordered_off_by_both(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    pair = [contain(version), contain(version, versions="<2.0.0")]

    outcome = install(dev_bot, version, now=now)

    assert not outcome.is_allowed
    for takedown in pair:
        assert progress(takedown.pk).pending == 1
        acknowledge(dev_bot, takedown, version, now=now)
    for takedown in pair:
        reinstate(takedown)
    assert all(progress(takedown.pk, action="switched_on").pending == 1 for takedown in pair)


def test_both_of_two_takedowns_can_remove(
    version: Version, contain: Contain, reinstate: Reinstate, cleo: User, now: datetime
) -> None:
    first, second = contain(version), contain(version, versions="<2.0.0")

    sign_removal(second.pk, actor=cleo, reason="It steals.", now=now)
    version.refresh_from_db()
    assert version.status == Status.REMOVED
    sign_removal(first.pk, actor=cleo, reason="It steals.", now=now)

    reinstate(first)
    version.refresh_from_db()
    assert version.status == Status.REMOVED
    reinstate(second)
    version.refresh_from_db()
    assert version.status == Status.PUBLISHED


def test_version_that_was_being_scanned_at_the_first_order_returns_after_the_second(
    version: Version, contain: Contain, reinstate: Reinstate
) -> None:
    Version.objects.filter(pk=version.pk).update(status=Status.SCANNING)
    first = contain(version)
    Version.objects.filter(pk=version.pk).update(status=Status.HELD)  # settled under the block
    second = contain(version, versions="<2.0.0")

    reinstate(second)
    reinstate(first)

    version.refresh_from_db()
    assert version.status == Status.HELD


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_overlaps_leaving_all_of_it_is_the_identity(
    ada: PublisherActor, dev_tenant: TenantActor, contain: Contain, reinstate: Reinstate, cleo: User,
    now: datetime, data: st.DataObject,
) -> None:  # fmt: skip
    with transaction.atomic():
        play_takedowns(ada, dev_tenant, contain=contain, reinstate=reinstate, cleo=cleo, now=now, data=data)
        transaction.set_rollback(True)


def play_takedowns(
    ada: PublisherActor, tenant: TenantActor, *, contain: Contain, reinstate: Reinstate, cleo: User,
    now: datetime, data: st.DataObject,
) -> None:  # fmt: skip
    """Enter some takedowns, do things meanwhile, leave them in any order; check that all is where it was."""
    versions = [make_version(ada, now=now, number=f"{number}.0.0") for number in (1, 2, 3)]
    bots = [make_bot(tenant, name=f"bot-{n}", owner_email=f"dev{n % 2}@example.invalid", now=now) for n in range(3)]
    before = {}
    for version in versions:
        status = data.draw(st.sampled_from(sorted(set(Status) - {Status.QUARANTINED, Status.REMOVED})))
        Version.objects.filter(pk=version.pk).update(status=status)
        before[version.number] = status
    running = {bot.bot.name: data.draw(st.sampled_from(versions)) for bot in bots}
    for bot in bots:
        install(bot, running[bot.bot.name], now=now)

    in_force: list[Takedown] = []
    ranges = data.draw(st.lists(st.sampled_from(RANGES), min_size=1, max_size=3, unique=True))
    for versions_range in ranges:
        in_force.append(contain(versions[0], versions=versions_range))
        if data.draw(st.booleans()):
            obey(bots, in_force, running=running, now=now, data=data)
        if data.draw(st.integers(0, 3)) == 0:
            sign_removal(in_force[-1].pk, actor=cleo, reason="It steals.", now=now)
    for takedown in data.draw(st.permutations(in_force)):
        if data.draw(st.booleans()):
            obey(bots, in_force, running=running, now=now, data=data)
        reinstate(takedown)
        in_force = [other for other in in_force if other != takedown]
        check_what_is_blocked_is_off_and_taken(versions)

    assert dict(Version.objects.values_list("number", "status")) == before
    assert not BlocklistEntry.objects.filter(lifted_at=None).exists()
    assert not Obligation.objects.filter(met_at=None, cancelled_at=None).exists()
    confirmed = SwitchOrder.objects.filter(action="switched_off", state="confirmed")
    ordered_on = SwitchOrder.objects.filter(action="switched_on", state="ordered")
    assert set(confirmed.values_list("takedown", "installation")) == set(
        ordered_on.values_list("takedown", "installation")
    )
    assert not SwitchOrder.objects.filter(action="switched_off", state="ordered").exists()
    assert set(Installation.objects.values_list("ended_at", flat=True)) == {None}


def obey(
    bots: list[BotActor], in_force: list[Takedown], *, running: dict[str, Version], now: datetime, data: st.DataObject
) -> None:
    """Some bots read the feed and do as it says."""
    for bot in bots:
        orders = SwitchOrder.objects.filter(bot=bot.bot, action="switched_off", state="ordered", takedown__in=in_force)
        if data.draw(st.booleans()):
            for order in orders.select_related("takedown"):
                acknowledge(bot, order.takedown, running[bot.bot.name], now=now)


def check_what_is_blocked_is_off_and_taken(versions: list[Version]) -> None:
    blocked = set(blocked_versions(versions[0].plugin_id))
    for version in Version.objects.all():
        if version.pk in blocked:
            assert version.status not in {Status.PUBLISHED, Status.YANKED, Status.IN_REVIEW}
            assert not SwitchOrder.objects.filter(
                installation__version=version, action="switched_on", state="ordered"
            ).exists()
        else:
            assert version.status not in {Status.QUARANTINED, Status.REMOVED}
