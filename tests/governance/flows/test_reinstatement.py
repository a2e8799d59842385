"""Reinstatement undoes a takedown: blocks, versions and orders, with notices of its own."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from governance.flows.takedown import reinstate_plugin, sign_removal
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.takedowns.errors import (
    NotInForce,
    StatementOfReasonsMissing,
)
from governance.takedowns.queries import progress
from plugins.models import BlocklistEntry, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install, order_states
from tests.samples.factories import (
    BotActor,
)

Status = Version.Status
DAY = timedelta(days=1)
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0", "<9.0.0")


def test_reinstatement_undoes_and_tells(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)
    acknowledge(dev_bot, takedown, version, now=now)

    ended = reinstate(takedown)

    version.refresh_from_db()
    assert (ended.state, ended.reinstated_at, version.status) == ("reinstated", now, Status.PUBLISHED)
    assert ended.reinstatement_reason == "It was a false alarm."
    block = BlocklistEntry.objects.get()
    assert (block.lifted_at, block.lifted_sequence) == (now, block.sequence + 1)
    assert order_states(takedown) == {("greeter", "switched_off"): "confirmed", ("greeter", "switched_on"): "ordered"}
    assert not Obligation.objects.filter(met_at=None, cancelled_at=None).exists()
    told = Notice.objects.filter(kind="takedown_reinstated").values_list("recipient", flat=True)
    assert set(told) == {"dev@example.invalid", "ada@example.invalid"}
    assert Entry.objects.get(action="takedown.reinstated").body["after"]["bots_ordered"] == 1

    acknowledge(dev_bot, takedown, version, now=now, action="switched_on")
    assert progress(takedown.pk, action="switched_on").pending == 0


def test_bot_that_never_switched_off_is_not_ordered_on(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)

    reinstate(takedown)

    assert order_states(takedown) == {("greeter", "switched_off"): "withdrawn"}
    assert progress(takedown.pk).ordered == 0


def test_bot_that_has_left_is_not_ordered_on(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)
    acknowledge(dev_bot, takedown, version, now=now)
    install(dev_bot, version, now=now, action="uninstalled")

    reinstate(takedown)

    assert progress(takedown.pk, action="switched_on").ordered == 0


def test_removed_plugin_comes_back_whole(
    version: Version, contain: Contain, reinstate: Reinstate, cleo: User, now: datetime
) -> None:
    takedown = contain(version)
    sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now)

    reinstate(takedown)

    version.refresh_from_db()
    assert version.status == Status.PUBLISHED


def test_reinstating_twice_changes_nothing(version: Version, contain: Contain, reinstate: Reinstate) -> None:
    takedown = contain(version)
    reinstate(takedown)
    moves, notices = version.moves.count(), Notice.objects.count()

    with pytest.raises(NotInForce):
        reinstate(takedown)

    assert (version.moves.count(), Notice.objects.count()) == (moves, notices)


def test_reinstatement_needs_a_reason(version: Version, contain: Contain, cleo: User, now: datetime) -> None:
    takedown = contain(version)

    with pytest.raises(StatementOfReasonsMissing):
        reinstate_plugin(takedown.pk, actor=cleo, reason=" ", now=now)

    version.refresh_from_db()
    assert version.status == Status.QUARANTINED


def test_same_versions_can_be_contained_again_after_reinstatement(
    version: Version, contain: Contain, reinstate: Reinstate
) -> None:
    reinstate(contain(version))
    contain(version)

    version.refresh_from_db()
    assert version.status == Status.QUARANTINED
