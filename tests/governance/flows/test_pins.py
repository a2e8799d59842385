"""Where its tenant allows it, a bot goes back to the last good version, and returns after a reinstatement."""

from datetime import datetime
from functools import partial

import pytest
from django.db import transaction

from governance.flows.remedies import choose_remedy
from governance.flows.takedown_clocks import reconcile_takedowns
from governance.takedowns.models import Pin, SwitchOrder
from governance.takedowns.pins import open_pins
from plugins.models import Tenant, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_published
from tests.samples.races import rival

PIN_BACK, DISABLE = Tenant.Remedy.PIN_BACK, Tenant.Remedy.DISABLE


@pytest.fixture
def releases(ada: PublisherActor, now: datetime) -> dict[str, Version]:
    """Four releases of Ada's plugin."""
    return {number: make_published(ada, now=now, number=number) for number in ("1.0.0", "1.1.0", "1.2.0", "2.0.0")}


@pytest.fixture
def pinning(dev_tenant: TenantActor, now: datetime) -> TenantActor:
    """Dev's tenant wants its bots back on a good version."""
    choose_remedy(dev_tenant.tenant, remedy=PIN_BACK, now=now)
    return dev_tenant


def pins(tenant: TenantActor) -> list[tuple[str, str, str, str]]:
    """What is left to do: bot, direction, from and to."""
    rows = open_pins(tenant.tenant.pk).select_related("bot")
    return [(row.bot.name, row.direction, row.installation.version.number, row.version.number) for row in rows]


def test_tenant_that_chose_nothing_has_its_plugin_off_and_nothing_else(
    releases: dict[str, Version], dev_bot: BotActor, dev_tenant: TenantActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, releases["1.2.0"], now=now)

    contain(releases["1.2.0"], versions="==1.2.0")

    assert (pins(dev_tenant), SwitchOrder.objects.count()) == ([], 1)


def test_bot_of_a_tenant_that_allows_it_is_ordered_off_and_back(
    releases: dict[str, Version],
    dev_bot: BotActor,
    eve_bot: BotActor,
    pinning: TenantActor,
    contain: Contain,
    now: datetime,
) -> None:
    for bot in (dev_bot, eve_bot):
        install(bot, releases["1.2.0"], now=now)

    takedown = contain(releases["1.2.0"], versions="==1.2.0")

    assert SwitchOrder.objects.count() == 2, "off comes first, whatever the remedy"
    assert pins(pinning) == [("greeter", "back", "1.2.0", "1.1.0")]
    assert Pin.objects.count() == 1, "Eve's tenant did not ask for it"
    acknowledge(dev_bot, takedown, releases["1.2.0"], now=now)
    assert install(dev_bot, releases["1.1.0"], now=now).is_allowed
    assert pins(pinning) == [], "carried out as soon as the bot says so"


def test_bot_goes_back_and_never_forward(
    releases: dict[str, Version], dev_bot: BotActor, pinning: TenantActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, releases["1.0.0"], now=now)

    contain(releases["1.0.0"], versions="==1.0.0")

    assert pins(pinning) == []


def test_good_version_that_is_blocked_later_gives_way_to_one_below(
    releases: dict[str, Version], dev_bot: BotActor, pinning: TenantActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, releases["2.0.0"], now=now)
    first = contain(releases["2.0.0"], versions="==2.0.0")
    assert pins(pinning) == [("greeter", "back", "2.0.0", "1.2.0")]

    contain(releases["1.2.0"], versions="==1.2.0")
    assert pins(pinning) == [], "what is blocked is no remedy, even before the sweep"
    reconcile_takedowns(now=now)

    assert pins(pinning) == [("greeter", "back", "2.0.0", "1.1.0")]
    assert Pin.objects.filter(takedown=first, withdrawn_at=None).count() == 1


def test_bot_that_went_back_returns_after_the_reinstatement(
    releases: dict[str, Version],
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    pinning: TenantActor,
    contain: Contain,
    reinstate: Reinstate,
    now: datetime,
) -> None:
    for bot in (dev_bot, dev_second_bot):
        install(bot, releases["1.2.0"], now=now)
    takedown = contain(releases["1.2.0"], versions="==1.2.0")
    acknowledge(dev_bot, takedown, releases["1.2.0"], now=now)
    install(dev_bot, releases["1.1.0"], now=now)

    reinstate(takedown)

    assert pins(pinning) == [("greeter", "return", "1.2.0", "1.2.0")], "the other never left"
    assert install(dev_bot, releases["1.2.0"], now=now).is_allowed
    assert pins(pinning) == []


def test_nobody_returns_to_what_another_takedown_still_blocks(
    releases: dict[str, Version],
    dev_bot: BotActor,
    pinning: TenantActor,
    contain: Contain,
    reinstate: Reinstate,
    now: datetime,
) -> None:
    install(dev_bot, releases["1.2.0"], now=now)
    first, second = (contain(releases["1.2.0"], versions=versions) for versions in ("==1.2.0", ">=1.2.0"))
    install(dev_bot, releases["1.1.0"], now=now)

    reinstate(first)
    assert pins(pinning) == []
    reinstate(second)

    assert pins(pinning) == [("greeter", "return", "1.2.0", "1.2.0")]


def test_choice_made_and_bot_reported_during_the_takedown_are_caught_up_on(
    releases: dict[str, Version],
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    dev_tenant: TenantActor,
    contain: Contain,
    now: datetime,
) -> None:
    install(dev_bot, releases["1.2.0"], now=now)
    contain(releases["1.2.0"], versions="==1.2.0")
    install(dev_second_bot, releases["1.2.0"], now=now)
    choose_remedy(dev_tenant.tenant, remedy=PIN_BACK, now=now)

    reconcile_takedowns(now=now)
    reconcile_takedowns(now=now)

    assert sorted(name for name, *_ in pins(dev_tenant)) == ["greeter", "helpdesk"]
    choose_remedy(dev_tenant.tenant, remedy=DISABLE, now=now)
    assert pins(dev_tenant) == []
    assert not Pin.objects.filter(withdrawn_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_sweep_beside_a_reinstatement_leaves_no_pin_behind(
    releases: dict[str, Version],
    dev_bot: BotActor,
    pinning: TenantActor,
    contain: Contain,
    reinstate: Reinstate,
    now: datetime,
) -> None:
    takedown = contain(releases["1.2.0"], versions="==1.2.0")
    install(dev_bot, releases["1.2.0"], now=now)
    with rival() as start:
        with transaction.atomic():
            reinstate(takedown)
            sweeping = start(partial(reconcile_takedowns, now=now))
        sweeping.result(10)

    assert not Pin.objects.filter(withdrawn_at=None).exists()
