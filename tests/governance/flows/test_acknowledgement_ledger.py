"""Ordered, delivered, confirmed: each step by the bot's own signed word, once, and about nobody else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from governance.flows.runtime import receive_acknowledgement, receive_presence
from governance.takedowns.errors import (
    AcknowledgementForeign,
    AcknowledgementReplayed,
    BlockForeign,
    OrderUnknown,
    StatementRefused,
)
from governance.takedowns.models import Acknowledgement, SwitchOrder, Takedown
from governance.takedowns.queries import Unreached, progress, unreached
from plugins.errors import UnknownBot
from plugins.models import Presence, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install
from tests.samples.factories import BotActor, TenantActor, make_bot
from tests.samples.races import run_at_once

COPIES = 1000
AT_ONCE = 40  # as many connections as the server of the tests spares


@pytest.fixture
def ordered(version: Version, dev_bot: BotActor, contain: Contain, now: datetime) -> Takedown:
    """Dev's bot runs the version and is ordered off."""
    install(dev_bot, version, now=now)
    return contain(version)


def _order(takedown: Takedown) -> SwitchOrder:
    return SwitchOrder.objects.get(takedown=takedown, action="switched_off")


def _answer(
    bot: BotActor, takedown: Takedown, version: Version, /, *, now: datetime, **falsified: Any
) -> dict[str, Any]:
    block = takedown.blocks.get()
    named = {"id": str(block.pk), "takedown": str(takedown.pk)}
    return bot.sign_acknowledgement(named, version=version, at=now, sequence=block.sequence, falsified=falsified)


def test_bot_that_has_the_feed_but_could_not_act_is_delivered_and_not_confirmed(
    ordered: Takedown, dev_bot: BotActor, now: datetime
) -> None:
    sequence = ordered.blocks.get().sequence
    assert receive_presence(dev_bot.sign_presence(at=now, sequence=sequence), now=now) == 1
    order = _order(ordered)
    assert (order.state, order.delivered_at) == ("ordered", now)
    counts = progress(ordered.pk)
    assert (counts.ordered, counts.pending, counts.delivered, counts.confirmed) == (1, 1, 1, 0)


def test_bot_with_an_older_feed_has_not_got_the_order(ordered: Takedown, dev_bot: BotActor, now: datetime) -> None:
    sequence = ordered.blocks.get().sequence - 1
    assert receive_presence(dev_bot.sign_presence(at=now, sequence=sequence), now=now) == 0
    assert _order(ordered).delivered_at is None


def test_confirmed_order_was_delivered_too(
    ordered: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    receive_presence(dev_bot.sign_presence(at=now, sequence=ordered.blocks.get().sequence), now=now)
    later = now + timedelta(minutes=1)
    acknowledge(dev_bot, ordered, version, now=later)
    order = _order(ordered)
    assert (order.state, order.delivered_at, order.settled_at) == ("confirmed", now, later)
    assert Presence.objects.get().seen_at == later


def test_way_back_on_is_delivered_by_the_feed_that_has_the_end(
    ordered: Takedown, version: Version, dev_bot: BotActor, reinstate: Reinstate, now: datetime
) -> None:
    acknowledge(dev_bot, ordered, version, now=now)
    reinstate(ordered)
    lifted = ordered.blocks.get().lifted_sequence
    assert lifted is not None
    first, second = now + timedelta(seconds=1), now + timedelta(seconds=2)
    assert receive_presence(dev_bot.sign_presence(at=first, sequence=lifted - 1), now=second) == 0
    assert receive_presence(dev_bot.sign_presence(at=second, sequence=lifted), now=second) == 1


def test_presence_sent_again_or_late_moves_nothing(ordered: Takedown, dev_bot: BotActor, now: datetime) -> None:
    statement = dev_bot.sign_presence(at=now, sequence=ordered.blocks.get().sequence)
    older = dev_bot.sign_presence(at=now - timedelta(minutes=1), sequence=0)
    receive_presence(statement, now=now)
    before = Presence.objects.values().get()
    for again in (statement, older):
        assert receive_presence(again, now=now + timedelta(hours=1)) == 0
    assert Presence.objects.values().get() == before


@pytest.mark.parametrize(
    ("falsified", "error"),
    [
        ({"bot": "00000000-0000-4000-8000-000000000000"}, UnknownBot),
        ({"at": "2100-01-01T00:00:00Z"}, StatementRefused),
        ({"kind": "nexus.acknowledgement/1"}, StatementRefused),
        ({"sequence": "7"}, StatementRefused),
        ({"extra": 1}, StatementRefused),
    ],
)
def test_wrong_presence_is_refused(
    ordered: Takedown, dev_bot: BotActor, now: datetime, falsified: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        receive_presence(dev_bot.sign_presence(at=now, sequence=9, falsified=falsified), now=now)
    assert not Presence.objects.exists()


def test_presence_in_another_bots_name_is_refused(
    ordered: Takedown, dev_bot: BotActor, eve_bot: BotActor, now: datetime
) -> None:
    statement = eve_bot.sign_presence(at=now, sequence=9, falsified={"bot": str(dev_bot.bot.pk)})
    with pytest.raises(AcknowledgementForeign):
        receive_presence(statement, now=now)
    assert _order(ordered).delivered_at is None


Forgery = Callable[[dict[str, Any]], dict[str, Any]]
FORGERIES: dict[str, Forgery] = {
    "another signature": lambda said: {**said, "signature": "A" * 86 + "=="},
    "a changed word": lambda said: {**said, "payload": said["payload"].replace("switched_off", "switched_on")},
    "a space more": lambda said: {**said, "payload": said["payload"].replace(",", ", ", 1)},
    "another key's id": lambda said: {**said, "key_id": "0" * 16},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_acknowledgement_confirms_nothing(
    ordered: Takedown, version: Version, dev_bot: BotActor, now: datetime, forgery: str
) -> None:
    statement = FORGERIES[forgery](_answer(dev_bot, ordered, version, now=now))
    with pytest.raises((StatementRefused, AcknowledgementForeign)):
        receive_acknowledgement(statement, now=now)
    assert _order(ordered).state == "ordered"
    assert not Acknowledgement.objects.exists()


def test_acknowledgement_is_for_no_other_bot_even_of_the_same_owner(
    ordered: Takedown, version: Version, dev_second_bot: BotActor, dev_bot: BotActor, now: datetime
) -> None:
    own = _answer(dev_second_bot, ordered, version, now=now)
    with pytest.raises(OrderUnknown):
        receive_acknowledgement(own, now=now)
    posing = _answer(dev_second_bot, ordered, version, now=now, bot=str(dev_bot.bot.pk))
    with pytest.raises(AcknowledgementForeign):
        receive_acknowledgement(posing, now=now)
    assert _order(ordered).state == "ordered"


@pytest.mark.parametrize(
    "falsified",
    [
        {"block": "00000000-0000-4000-8000-000000000000"},
        {"block": "no id"},
        {"sequence": 0},
        {"sequence": -5},
    ],
)
def test_answer_about_another_block_or_an_older_feed_proves_nothing(
    ordered: Takedown, version: Version, dev_bot: BotActor, now: datetime, falsified: dict[str, Any]
) -> None:
    with pytest.raises(BlockForeign):
        receive_acknowledgement(_answer(dev_bot, ordered, version, now=now, **falsified), now=now)
    assert _order(ordered).state == "ordered"
    assert not Presence.objects.exists()


def test_answer_to_one_takedown_is_not_taken_for_another(
    ordered: Takedown, version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    second = contain(version, versions="==1.0.0")
    statement = _answer(dev_bot, ordered, version, now=now, takedown=str(second.pk))
    with pytest.raises(BlockForeign):
        receive_acknowledgement(statement, now=now)
    assert {order.state for order in SwitchOrder.objects.all()} == {"ordered"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_same_acknowledgement_a_thousand_times_at_once_counts_once(
    ordered: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    statement = _answer(dev_bot, ordered, version, now=now)

    def send_many() -> list[str]:
        said = []
        for _ in range(COPIES // AT_ONCE):
            try:
                said.append(receive_acknowledgement(statement, now=now).state)
            except AcknowledgementReplayed:
                said.append("replayed")
        return said

    outcome = run_at_once([send_many] * AT_ONCE)

    assert outcome.raised == []
    said = [word for words in outcome.returned for word in words]
    assert (len(said), said.count("confirmed"), said.count("replayed")) == (COPIES, 1, COPIES - 1)
    assert Acknowledgement.objects.count() == 1
    assert _order(ordered).state == "confirmed"


@pytest.mark.django_db(transaction=True)
def test_presence_and_acknowledgement_of_one_bot_at_once_never_wait_for_each_other(
    ordered: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    sequence = ordered.blocks.get().sequence
    presences = [
        partial(receive_presence, dev_bot.sign_presence(at=now + timedelta(seconds=n), sequence=sequence), now=now)
        for n in range(1, 12)
    ]
    answers: list[Callable[[], Any]] = [
        partial(receive_acknowledgement, _answer(dev_bot, ordered, version, now=now), now=now) for _ in range(8)
    ]

    outcome = run_at_once([*presences, *answers])

    assert {type(error) for error in outcome.raised} <= {AcknowledgementReplayed}
    assert len(outcome.raised) == 7
    assert _order(ordered).state == "confirmed"


def test_who_is_unreached_is_told_apart_by_tenant_and_by_why(
    version: Version,
    dev_tenant: TenantActor,
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    eve_bot: BotActor,
    contain: Contain,
    now: datetime,
) -> None:
    third = make_bot(dev_tenant, name="third", owner_email="dev@example.invalid", now=now)
    fourth = make_bot(dev_tenant, name="fourth", owner_email="dev@example.invalid", now=now)
    for bot in (dev_bot, dev_second_bot, eve_bot, third, fourth):
        install(bot, version, now=now)
    takedown = contain(version)
    sequence = takedown.blocks.get().sequence
    later = now + timedelta(minutes=30)
    acknowledge(dev_bot, takedown, version, now=now)
    receive_presence(dev_second_bot.sign_presence(at=now, sequence=sequence), now=now)
    receive_presence(third.sign_presence(at=later, sequence=sequence - 1), now=later)

    found = unreached(takedown.pk, ordered_by=now, now=later)

    ids = {bot.bot.name: bot.bot.pk for bot in (dev_second_bot, third, fourth, eve_bot)}
    named = [f"{name} ({ids[name]})" for name in ("fourth", "helpdesk", "third")]
    first = dev_tenant.tenant
    second = eve_bot.bot.tenant
    assert found == [
        Unreached(first.pk, first.slug, first.contact_email, 3, 1, 1, named),
        Unreached(second.pk, second.slug, second.contact_email, 1, 0, 1, [f"prober ({ids['prober']})"]),
    ]
    assert unreached(takedown.pk, ordered_by=now - timedelta(seconds=1), now=later) == []
