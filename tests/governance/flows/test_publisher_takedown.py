"""A whole publisher is taken down by one order, with a preview before it, and comes back by one, exactly."""

from datetime import datetime
from functools import partial

import pytest
from django.contrib.auth.models import User

from governance.flows.publisher_takedown import contain_publisher, undo_publisher_takedown
from governance.ledger.models import Entry
from governance.ledger.queries import verify_ledger
from governance.takedowns.errors import (
    NothingToContain,
    NotInForce,
    PublisherContained,
    StatementOfReasonsMissing,
)
from governance.takedowns.models import PublisherTakedown, SwitchOrder, Takedown
from governance.takedowns.publisher_scope import preview_publisher
from plugins.errors import PublisherSuspended
from plugins.models import BlocklistEntry, Publisher, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install
from tests.samples.factories import BotActor, PublisherActor, make_published, make_version
from tests.samples.races import run_at_once

STATEMENT = "Three of its plugins send tokens away; the account is in other hands."


def take_down(publisher: PublisherActor, *, actor: User, now: datetime) -> PublisherTakedown:
    return contain_publisher(
        publisher.publisher.pk, grounds="account_takeover", statement=STATEMENT, actor=actor, now=now
    )


def account(publisher: PublisherActor) -> str:
    return Publisher.objects.values_list("status", flat=True).get(pk=publisher.publisher.pk)


def statuses() -> dict[str, str]:
    rows = Version.objects.select_related("plugin")
    return {f"{row.plugin.name} {row.number}": row.status for row in rows}


@pytest.fixture
def shelf(eve: PublisherActor, ada: PublisherActor, dev_bot: BotActor, now: datetime) -> list[Version]:
    """Three versions of two plugins of Eve's, and one of Ada's; Dev's bot runs one of each plugin."""
    versions = [
        make_published(eve, now=now, name="counter", number="1.0.0"),
        make_published(eve, now=now, name="counter", number="1.1.0"),
        make_published(eve, now=now, name="weather-card"),
        make_published(ada, now=now, name="greeter"),
    ]
    for version in versions[1:]:
        install(dev_bot, version, now=now)
    return versions


def test_preview_counts_each_plugin_and_people_once_across_all(
    shelf: list[Version], eve: PublisherActor, eve_bot: BotActor, now: datetime
) -> None:
    install(eve_bot, shelf[0], now=now)

    scope = preview_publisher(eve.publisher.pk, now=now)

    assert [(s.plugin, s.numbers, s.bots) for s in scope.scopes] == [
        ("counter", ("1.0.0", "1.1.0"), 2),
        ("weather-card", ("1.0.0",), 1),
    ]
    assert (scope.bots, scope.tenants, scope.owners, scope.exposed_owners) == (2, 2, 2, 2)
    assert not Takedown.objects.exists(), "a preview orders nothing"


def test_every_plugin_and_the_account_go_down_at_once_and_nobody_elses(
    shelf: list[Version], eve: PublisherActor, cleo: User, now: datetime
) -> None:
    order = take_down(eve, actor=cleo, now=now)

    assert statuses() == {
        "counter 1.0.0": "quarantined",
        "counter 1.1.0": "quarantined",
        "weather-card 1.0.0": "quarantined",
        "greeter 1.0.0": "published",
    }
    assert (account(eve), order.takedowns.count(), SwitchOrder.objects.count()) == ("suspended", 2, 2)
    with pytest.raises(PublisherSuspended):
        make_version(eve, now=now, name="fresh-name")
    assert Entry.objects.get(action="publisher.contained").body["before"] == {"status": "active"}
    assert verify_ledger().found_break is None


def test_undo_gives_every_plugin_and_the_account_back(
    shelf: list[Version], eve: PublisherActor, dev_bot: BotActor, cleo: User, now: datetime
) -> None:
    before = statuses()
    order = take_down(eve, actor=cleo, now=now)
    acknowledge(dev_bot, order.takedowns.get(plugin=shelf[2].plugin), shelf[2], now=now)

    ended = undo_publisher_takedown(order.pk, actor=cleo, reason="The account is its owner's again.", now=now)

    assert (statuses(), account(eve), ended.undone_at) == (before, "active", now)
    assert not BlocklistEntry.objects.filter(lifted_at=None).exists()
    assert SwitchOrder.objects.filter(action="switched_on").count() == 1, "only who had switched off"
    assert make_version(eve, now=now, name="fresh-name").status == "submitted"
    with pytest.raises(NotInForce):
        undo_publisher_takedown(order.pk, actor=cleo, reason="Once more.", now=now)


def test_undo_leaves_an_earlier_takedown_of_one_version_in_force(
    shelf: list[Version], eve: PublisherActor, contain: Contain, cleo: User, now: datetime
) -> None:
    contain(shelf[1], versions="==1.1.0")
    order = take_down(eve, actor=cleo, now=now)

    undo_publisher_takedown(order.pk, actor=cleo, reason="The account is its owner's again.", now=now)

    assert statuses()["counter 1.1.0"] == "quarantined"
    assert statuses()["counter 1.0.0"] == "published"


def test_plugin_reinstated_by_itself_before_is_left_alone_by_the_undo(
    shelf: list[Version], eve: PublisherActor, reinstate: Reinstate, cleo: User, now: datetime
) -> None:
    order = take_down(eve, actor=cleo, now=now)
    reinstate(order.takedowns.get(plugin=shelf[2].plugin))
    assert account(eve) == "suspended"

    undo_publisher_takedown(order.pk, actor=cleo, reason="The account is its owner's again.", now=now)

    assert shelf[2].moves.filter(event="reinstated").count() == 1
    assert account(eve) == "active"


def test_refused_order_leaves_nothing(eve: PublisherActor, cleo: User, now: datetime) -> None:
    with pytest.raises(NothingToContain):
        take_down(eve, actor=cleo, now=now)
    with pytest.raises(StatementOfReasonsMissing):
        contain_publisher(eve.publisher.pk, grounds="malware", statement=" ", actor=cleo, now=now)

    assert (account(eve), PublisherTakedown.objects.count()) == ("active", 0)


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_take_a_publisher_down_once(
    shelf: list[Version], eve: PublisherActor, cleo: User, second_moderator: User, contain: Contain, now: datetime
) -> None:
    outcome = run_at_once(
        [
            partial(take_down, eve, actor=cleo, now=now),
            partial(take_down, eve, actor=second_moderator, now=now),
            partial(contain, shelf[1], versions="==1.1.0"),
        ]
    )

    assert [type(error) for error in outcome.raised] == [PublisherContained]
    assert PublisherTakedown.objects.count() == 1
    assert Takedown.objects.filter(versions="*").count() == 2
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_bring_a_publisher_back_once(
    shelf: list[Version], eve: PublisherActor, cleo: User, second_moderator: User, now: datetime
) -> None:
    order = take_down(eve, actor=cleo, now=now)

    outcome = run_at_once(
        [
            partial(undo_publisher_takedown, order.pk, actor=actor, reason="A false alarm.", now=now)
            for actor in (cleo, second_moderator)
        ]
    )

    assert [type(error) for error in outcome.raised] == [NotInForce]
    assert set(statuses().values()) == {"published"}
    assert shelf[0].moves.filter(event="reinstated").count() == 1
