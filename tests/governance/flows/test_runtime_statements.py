"""What runtimes sign: believed for their own orders only, once, and nothing left behind by what is refused."""

import base64
import secrets
import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from governance.flows.runtime import receive_acknowledgement, receive_installation
from governance.takedowns.errors import (
    AcknowledgementForeign,
    AcknowledgementReplayed,
    OrderUnknown,
    StatementRefused,
)
from governance.takedowns.models import Acknowledgement, SwitchOrder, Takedown
from governance.takedowns.queries import progress, unconfirmed_orders
from plugins.errors import InstallationTimeInvalid, UnknownBot, UnknownPlugin, UnknownVersion
from plugins.models import Bot, Installation, RuntimeReport, Version
from plugins.runtime.signing import SigningKey
from tests.governance.flows.conftest import Contain
from tests.samples.factories import BotActor, PublisherActor, make_published
from tests.samples.races import run_at_once

Status = Version.Status


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    return make_published(ada, now=now)


@pytest.fixture
def takedown(
    version: Version, dev_bot: BotActor, dev_second_bot: BotActor, contain: Contain, now: datetime
) -> Takedown:
    """Both of Dev's bots run the version, and it is contained."""
    for bot in (dev_bot, dev_second_bot):
        receive_installation(bot.sign_installation(version, at=now), now=now)
    return contain(version)


def sign(bot: BotActor, takedown: Takedown, version: Version, /, *, now: datetime, **falsified: Any) -> dict[str, Any]:
    block = takedown.blocks.get()
    return bot.sign_acknowledgement(
        {"id": str(block.pk), "takedown": str(takedown.pk)},
        version=version,
        at=now,
        sequence=block.sequence,
        falsified=falsified,
    )


def test_own_order_is_confirmed_by_the_bots_own_statement(
    takedown: Takedown, version: Version, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime
) -> None:
    statement = sign(dev_bot, takedown, version, now=now)

    order = receive_acknowledgement(statement, now=now)

    order.refresh_from_db()
    assert (order.state, order.bot, order.settled_at) == ("confirmed", dev_bot.bot, now)
    assert order.acknowledgement is not None
    assert order.acknowledgement.statement == statement, "kept as it was signed, for whoever checks it later"
    assert [open_order.bot for open_order in unconfirmed_orders(takedown.pk)] == [dev_second_bot.bot]
    assert (progress(takedown.pk).ordered, progress(takedown.pk).confirmed, progress(takedown.pk).pending) == (2, 1, 1)


def test_a_thousand_acknowledgements_are_one(
    takedown: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    statement = sign(dev_bot, takedown, version, now=now)
    receive_acknowledgement(statement, now=now)

    for number in range(999):
        again = statement if number % 2 else sign(dev_bot, takedown, version, now=now)
        with pytest.raises(AcknowledgementReplayed):
            receive_acknowledgement(again, now=now + timedelta(minutes=number))

    assert Acknowledgement.objects.count() == 1
    assert SwitchOrder.objects.get(bot=dev_bot.bot).settled_at == now


@pytest.mark.django_db(transaction=True)
def test_one_statement_arriving_eight_times_at_once_counts_once(
    takedown: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    statement = sign(dev_bot, takedown, version, now=now)

    outcome = run_at_once([partial(receive_acknowledgement, statement, now=now)] * 8)

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [AcknowledgementReplayed] * 7
    assert Acknowledgement.objects.count() == 1


def test_eve_cannot_confirm_for_dev(
    takedown: Takedown, version: Version, dev_bot: BotActor, eve_bot: BotActor, now: datetime
) -> None:
    dressed_up = sign(eve_bot, takedown, version, now=now, bot=str(dev_bot.bot.pk))
    borrowed = {**dressed_up, "key_id": sign(dev_bot, takedown, version, now=now)["key_id"]}

    with pytest.raises(AcknowledgementForeign):
        receive_acknowledgement(dressed_up, now=now)
    with pytest.raises(StatementRefused):
        receive_acknowledgement(borrowed, now=now)
    with pytest.raises(OrderUnknown):
        receive_acknowledgement(sign(eve_bot, takedown, version, now=now), now=now)

    assert Acknowledgement.objects.count() == 0
    assert progress(takedown.pk).confirmed == 0


def test_bot_cannot_confirm_for_another_bot_of_its_owner(
    takedown: Takedown, version: Version, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime
) -> None:
    receive_acknowledgement(sign(dev_bot, takedown, version, now=now), now=now)

    assert SwitchOrder.objects.get(bot=dev_second_bot.bot).state == "ordered"


def test_flipped_bit_anywhere_is_refused(
    takedown: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    statement = sign(dev_bot, takedown, version, now=now)
    payload = statement["payload"]
    signature = bytearray(base64.b64decode(statement["signature"]))
    signature[7] ^= 1

    for broken in (
        {**statement, "payload": payload.replace("switched_off", "switched_on ")},
        {**statement, "payload": payload.replace('"1.0.0"', '"1.0.1"')},
        {**statement, "signature": base64.b64encode(bytes(signature)).decode()},
        {**statement, "signature": ""},
    ):
        with pytest.raises(StatementRefused):
            receive_acknowledgement(broken, now=now)
    assert Acknowledgement.objects.count() == 0


@pytest.mark.parametrize(
    ("falsified", "error"),
    [
        ({"takedown": str(uuid.UUID(int=7))}, OrderUnknown),
        ({"takedown": "not an id"}, StatementRefused),
        ({"version": "9.9.9"}, OrderUnknown),
        ({"plugin": "counter"}, OrderUnknown),
        ({"publisher": "eve-tools"}, OrderUnknown),
        ({"action": "switched_on"}, OrderUnknown),
        ({"action": "exploded"}, StatementRefused),
        ({"kind": "nexus.installation/1"}, StatementRefused),
        ({"at": "2126-01-01T00:00:00Z"}, StatementRefused),
        ({"at": "yesterday"}, StatementRefused),
        ({"nonce": "n" * 65}, StatementRefused),
        ({"nonce": ""}, StatementRefused),
        ({"nonce": "\0"}, StatementRefused),
        ({"plugin": "p" * 257}, StatementRefused),
        ({"sequence": "1"}, StatementRefused),
        ({"sequence": True}, StatementRefused),
        ({"extra": "field"}, StatementRefused),
    ],
)
def test_statement_about_something_else_or_nothing_is_refused(
    takedown: Takedown,
    version: Version,
    dev_bot: BotActor,
    now: datetime,
    falsified: dict[str, Any],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        receive_acknowledgement(sign(dev_bot, takedown, version, now=now, **falsified), now=now)

    assert Acknowledgement.objects.count() == 0
    assert progress(takedown.pk).pending == 2


@pytest.mark.parametrize("statement", [{}, {"payload": 7}, {"payload": "{}"}, {"payload": '{"bot": null}'}])
def test_what_is_no_statement_is_refused(db: None, now: datetime, statement: dict[str, Any]) -> None:
    with pytest.raises(StatementRefused):
        receive_acknowledgement(statement, now=now)


def test_unknown_and_retired_bots_are_not_heard(
    takedown: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    statement = sign(dev_bot, takedown, version, now=now)
    stranger = BotActor(Bot(pk=uuid.uuid4()), SigningKey.generate())
    Bot.objects.filter(pk=dev_bot.bot.pk).update(retired_at=now)

    with pytest.raises(UnknownBot):
        receive_acknowledgement(statement, now=now)
    with pytest.raises(UnknownBot):
        receive_installation(stranger.sign_installation(version, at=now), now=now)


# -- installations --------------------------------------------------------------------------------------------------


def test_same_report_again_gives_the_same_answer(version: Version, dev_bot: BotActor, now: datetime) -> None:
    statement = dev_bot.sign_installation(version, at=now)

    first = receive_installation(statement, now=now)
    again = receive_installation(statement, now=now + timedelta(hours=1))

    assert first == again
    assert (Installation.objects.count(), RuntimeReport.objects.count()) == (1, 1)


def test_replayed_installation_does_not_bring_back_what_was_removed(
    version: Version, dev_bot: BotActor, now: datetime
) -> None:
    installed = dev_bot.sign_installation(version, at=now)
    receive_installation(installed, now=now)
    receive_installation(dev_bot.sign_installation(version, at=now, action="uninstalled"), now=now)

    receive_installation(installed, now=now)

    assert not Installation.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize(
    ("falsified", "error"),
    [
        ({"artifact_sha256": "a" * 64}, StatementRefused),
        ({"plugin": "counter"}, UnknownPlugin),
        ({"version": "9.9.9"}, UnknownVersion),
        ({"action": "exploded"}, StatementRefused),
        ({"at": "2020-01-01T00:00:00Z"}, InstallationTimeInvalid),
        ({"nonce": secrets.token_hex(40)}, StatementRefused),
    ],
)
def test_refused_installation_leaves_no_row(
    version: Version, dev_bot: BotActor, now: datetime, falsified: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        receive_installation(dev_bot.sign_installation(version, at=now, falsified=falsified), now=now)

    assert (Installation.objects.count(), RuntimeReport.objects.count()) == (0, 0)


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_or_was_offered_may_run(
    version: Version, dev_bot: BotActor, now: datetime, status: Status
) -> None:
    Version.objects.filter(pk=version.pk).update(status=status)

    outcome = receive_installation(dev_bot.sign_installation(version, at=now), now=now)

    assert outcome.is_allowed == (status in {Status.PUBLISHED, Status.YANKED})
    assert Installation.objects.count() == 1, "that it runs is a fact, allowed or not"


def test_moving_to_another_version_closes_the_order_about_the_first(
    takedown: Takedown, ada: PublisherActor, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    other = make_published(ada, now=now, name="counter", number="1.0.0")
    good = make_published(ada, now=now, name="counter", number="2.0.0")
    receive_installation(dev_bot.sign_installation(other, at=now), now=now)
    narrow = contain(other, versions="<2.0.0")

    receive_installation(dev_bot.sign_installation(good, at=now), now=now)

    assert (progress(narrow.pk).gone, progress(narrow.pk).pending) == (1, 0)
    assert progress(takedown.pk).pending == 2, "the other takedown is not touched"


def test_removing_a_blocked_plugin_closes_its_order(
    takedown: Takedown, version: Version, dev_bot: BotActor, now: datetime
) -> None:
    receive_installation(dev_bot.sign_installation(version, at=now, action="uninstalled"), now=now)

    assert (progress(takedown.pk).gone, progress(takedown.pk).pending) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_bot_installing_twice_at_once_runs_one_version(
    ada: PublisherActor, dev_bot: BotActor, now: datetime
) -> None:
    versions = [make_published(ada, now=now, number=f"{number}.0.0") for number in (1, 2, 3)]

    outcome = run_at_once(
        [partial(receive_installation, dev_bot.sign_installation(v, at=now), now=now) for v in versions]
    )

    assert outcome.raised == []
    assert Installation.objects.filter(ended_at=None).count() == 1
    assert Installation.objects.count() == 3
