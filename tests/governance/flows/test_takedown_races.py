"""Orders, installations, publications and acknowledgements at the same moment: nothing slips between them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from governance.flows.submission import screen_version
from governance.flows.takedown import sign_removal
from governance.flows.takedown_clocks import reconcile_takedowns
from governance.ledger.queries import verify_ledger
from governance.notifications.models import Notice
from governance.takedowns.errors import (
    AlreadyContained,
    NotInForce,
)
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from governance.takedowns.queries import progress
from plugins.models import BlocklistEntry, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install, order_states, report_abuse
from tests.samples.engines import FakeEngine
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_version,
)
from tests.samples.races import rival, run_at_once

Status = Version.Status
DAY = timedelta(days=1)
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0", "<9.0.0")


@pytest.fixture
def is_covered(now: datetime) -> Callable[[Takedown, BotActor], bool]:
    """Whether a running bot was ordered off and its owner told."""

    def check(takedown: Takedown, bot: BotActor) -> bool:
        is_ordered = SwitchOrder.objects.filter(takedown=takedown, bot=bot.bot, action="switched_off").exists()
        owner = bot.bot.owner.email
        is_told = Notice.objects.filter(kind="takedown_contained", recipient=owner).exists()
        return is_ordered and is_told

    return check


@pytest.mark.django_db(transaction=True)
def test_bot_that_installs_just_before_the_order_commits_is_covered(
    version: Version, dev_bot: BotActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    with rival() as start:
        with transaction.atomic():
            takedown = contain(version)
            installing = start(partial(install, dev_bot, version, now=now))
        outcome = installing.result(10)

    assert not outcome.is_allowed
    assert is_covered(takedown, dev_bot)


@pytest.mark.django_db(transaction=True)
def test_order_that_comes_before_the_installation_commits_covers_it(
    version: Version, dev_bot: BotActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    with rival() as start:
        with transaction.atomic():
            assert install(dev_bot, version, now=now).is_allowed
            ordering = start(partial(contain, version))
        takedown = ordering.result(10)

    assert is_covered(takedown, dev_bot)


@pytest.mark.django_db(transaction=True)
def test_bot_that_leaves_while_it_is_ordered_off_leaves_no_open_order(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    with rival() as start:
        with transaction.atomic():
            install(dev_bot, version, now=now, action="uninstalled")
            ordering = start(partial(contain, version))
        takedown = ordering.result(10)

    assert progress(takedown.pk).pending == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_bots_that_install_during_the_order_are_all_covered(
    version: Version, dev_tenant: TenantActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    bots = [
        make_bot(dev_tenant, name=f"bot-{number}", owner_email=f"dev{number}@example.invalid", now=now)
        for number in range(12)
    ]
    calls: list[Callable[[], Any]] = [partial(install, bot, version, now=now) for bot in bots]

    outcome = run_at_once([*calls[:6], partial(contain, version), *calls[6:]])

    takedown = Takedown.objects.get()
    assert outcome.raised == []
    assert all(is_covered(takedown, bot) for bot in bots)
    assert progress(takedown.pk).ordered == 12
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_version_published_while_the_order_is_written_is_covered(
    version: Version, ada: PublisherActor, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    second = make_version(ada, now=now, number="1.1.0")
    with rival() as start:
        with transaction.atomic():
            contain(version)
            settling = start(partial(screen_version, second.pk, clock=lambda: now))
        settling.result(10)

    second.refresh_from_db()
    assert second.status == Status.HELD


@pytest.mark.django_db(transaction=True)
def test_order_written_while_a_version_is_published_covers_it(
    version: Version, ada: PublisherActor, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    second = make_version(ada, now=now, number="1.1.0")
    with rival() as start:
        with transaction.atomic():
            screen_version(second.pk, clock=lambda: now)
            second.refresh_from_db()
            assert second.status == Status.PUBLISHED
            ordering = start(partial(contain, version))
        ordering.result(10)

    second.refresh_from_db()
    assert second.status == Status.QUARANTINED


@pytest.mark.django_db(transaction=True)
def test_version_uploaded_while_the_order_is_written_is_refused_or_held(
    version: Version, ada: PublisherActor, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    outcome = run_at_once(
        [
            partial(contain, version),
            *(partial(make_version, ada, now=now, number=f"1.{number}.0") for number in range(1, 5)),
        ]
    )
    for submitted in Version.objects.filter(status=Status.SUBMITTED):
        screen_version(submitted.pk, clock=lambda: now)

    assert not any("deadlock" in str(error) for error in outcome.raised)
    assert not Version.objects.filter(status=Status.PUBLISHED).exists()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_make_one_takedown(
    version: Version, contain: Contain, cleo: User, second_moderator: User
) -> None:
    outcome = run_at_once([partial(contain, version, actor=actor) for actor in (cleo, second_moderator) * 2])

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [AlreadyContained] * 3
    assert (Takedown.objects.count(), BlocklistEntry.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_signatures_at_once_are_two_signatures(
    version: Version, contain: Contain, cleo: User, second_moderator: User, now: datetime
) -> None:
    takedown = contain(version)

    outcome = run_at_once(
        [
            partial(sign_removal, takedown.pk, actor=actor, reason="It steals.", now=now)
            for actor in (cleo, second_moderator)
        ]
    )

    takedown.refresh_from_db()
    version.refresh_from_db()
    assert (takedown.state, version.status) == ("removed", Status.REMOVED)
    assert [type(error) for error in outcome.raised] == [NotInForce], "one was enough, the other came too late"


@pytest.mark.django_db(transaction=True)
def test_report_filed_during_an_order_does_not_stop_either(version: Version, contain: Contain, now: datetime) -> None:
    with rival() as start:
        with transaction.atomic():
            report_abuse(version, now=now)
            ordering = start(partial(contain, version))
        ordering.result(10)

    assert (AbuseReport.objects.count(), Takedown.objects.count()) == (1, 1)
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_feed_numbers_have_no_gaps_and_no_doubles_under_many_orders(
    ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    versions = [make_published(ada, now=now, name=f"plugin-{number}") for number in range(6)]

    outcome = run_at_once([partial(contain, version) for version in versions])

    assert outcome.raised == []
    assert sorted(BlocklistEntry.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_acknowledgement_in_flight_while_it_is_reinstated_is_ordered_back_on(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)
    with rival() as start:
        with transaction.atomic():
            reinstate(takedown)
            arriving = start(partial(acknowledge, dev_bot, takedown, version, now=now))
        arriving.result(10)

    assert order_states(takedown) == {("greeter", "switched_off"): "confirmed", ("greeter", "switched_on"): "ordered"}


@pytest.mark.django_db(transaction=True)
def test_reinstatement_that_waits_for_an_acknowledgement_orders_it_back_on(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)
    with rival() as start:
        with transaction.atomic():
            acknowledge(dev_bot, takedown, version, now=now)
            ending = start(partial(reinstate, takedown))
        ending.result(10)

    assert order_states(takedown) == {("greeter", "switched_off"): "confirmed", ("greeter", "switched_on"): "ordered"}


@pytest.mark.django_db(transaction=True)
def test_late_acknowledgement_after_reinstatement_is_ordered_back_on(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)
    reinstate(takedown)

    acknowledge(dev_bot, takedown, version, now=now)

    assert order_states(takedown)[("greeter", "switched_on")] == "ordered"


@pytest.mark.django_db(transaction=True)
def test_two_moderators_reinstate_once(version: Version, contain: Contain, reinstate: Reinstate) -> None:
    takedown = contain(version)

    outcome = run_at_once([partial(reinstate, takedown)] * 4)

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [NotInForce] * 3
    assert version.moves.filter(event="reinstated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_removal_and_reinstatement_at_once_end_in_one_of_the_two(
    version: Version, contain: Contain, reinstate: Reinstate, cleo: User, now: datetime
) -> None:
    takedown = contain(version)

    outcome = run_at_once(
        [
            partial(reinstate, takedown),
            partial(sign_removal, takedown.pk, actor=cleo, reason="It steals.", now=now),
        ]
    )

    takedown.refresh_from_db()
    version.refresh_from_db()
    assert (takedown.state, version.status) == ("reinstated", Status.PUBLISHED)
    assert all(isinstance(error, NotInForce) for error in outcome.raised)
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_bots_orders_and_ends_in_one_storm_leave_no_contradiction(
    version: Version, dev_tenant: TenantActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    bots = [make_bot(dev_tenant, name=f"bot-{n}", owner_email=f"dev{n}@example.invalid", now=now) for n in range(6)]
    for bot in bots[:4]:
        install(bot, version, now=now)
    first = contain(version)

    outcome = run_at_once(
        [
            *(partial(acknowledge, bot, first, version, now=now) for bot in bots[:4]),
            partial(contain, version, versions="<2.0.0"),
            partial(reinstate, first),
            *(partial(install, bot, version, now=now) for bot in bots[4:]),
            partial(reconcile_takedowns, now=now),
        ]
    )

    assert outcome.raised == []
    second = Takedown.objects.get(versions="<2.0.0")
    assert progress(second.pk).ordered == 6, "every running bot, whenever it came"
    assert not SwitchOrder.objects.filter(takedown=first, action="switched_off", state="ordered").exists()
    reinstate(second)
    confirmed = SwitchOrder.objects.filter(action="switched_off", state="confirmed").values_list("installation")
    ordered_on = SwitchOrder.objects.filter(action="switched_on").values_list("installation")
    assert set(confirmed) == set(ordered_on)
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_order_stands_when_the_feed_cannot_be_signed(
    version: Version, contain: Contain, settings: Settings, tmp_path: Path
) -> None:
    settings.SIGNING_KEY_FILE = tmp_path / "gone"

    takedown = contain(version)

    assert BlocklistEntry.objects.filter(takedown=takedown, lifted_at=None).exists()
