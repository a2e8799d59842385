"""Orders and ends by two moderators, versions published and bots that come, all in one moment, whatever is meant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.submission import screen_version
from governance.flows.takedown import reinstate_plugin
from governance.ledger.queries import verify_ledger
from governance.takedowns.errors import AlreadyContained, NotInForce
from governance.takedowns.models import SwitchOrder, Takedown
from plugins.models import BlocklistEntry, Version
from plugins.queries import blocked_versions
from scanners.report import FileRecord, Kind, Verdict
from tests.governance.flows.conftest import Contain, Reinstate, install
from tests.governance.flows.test_exact_scope import BAD, holds
from tests.samples.engines import FakeEngine, make_report
from tests.samples.factories import BotActor, PublisherActor, make_version
from tests.samples.races import rival, run_at_once

Status = Version.Status


@pytest.fixture
def upload(ada: PublisherActor, engine: FakeEngine, now: datetime) -> Callable[[], Version]:
    """A new version that holds the bad file, scanned and settled."""
    engine.report = replace(make_report(Verdict.CLEAN), files=(FileRecord("greeter.py", BAD, 900, Kind.PYTHON),))
    later = make_version(ada, now=now, number="1.1.0")

    def settle() -> Version:
        screen_version(later.pk, clock=lambda: now)
        later.refresh_from_db()
        return later

    return settle


@pytest.mark.django_db(transaction=True)
def test_version_published_while_a_files_block_is_written_is_held(
    version: Version, upload: Callable[[], Version], contain: Contain, now: datetime
) -> None:
    holds(version, BAD)
    with rival() as start:
        with transaction.atomic():
            contain(version, file_sha256=(BAD,))
            settling = start(upload)
        later = settling.result(10)

    assert later.status == Status.HELD


@pytest.mark.django_db(transaction=True)
def test_files_block_written_while_a_version_is_published_covers_it(
    version: Version, upload: Callable[[], Version], contain: Contain, now: datetime
) -> None:
    holds(version, BAD)
    with rival() as start:
        with transaction.atomic():
            later = upload()
            assert later.status == Status.PUBLISHED
            ordering = start(partial(contain, version, file_sha256=(BAD,)))
        takedown = ordering.result(10)

    later.refresh_from_db()
    assert later.status == Status.QUARANTINED
    assert later.artifact_id in takedown.artifact_sha256


@pytest.mark.django_db(transaction=True)
def test_two_moderators_who_order_and_end_the_same_plugin_leave_no_contradiction(
    version: Version,
    dev_bot: BotActor,
    contain: Contain,
    cleo: User,
    second_moderator: User,
    now: datetime,
) -> None:
    """One ends what the other orders again, round after round; blocks, versions and orders always agree."""
    install(dev_bot, version, now=now)
    for _ in range(3):
        running = contain(version)
        calls: list[Callable[[], Any]] = [
            partial(reinstate_plugin, running.pk, actor=cleo, reason="A false alarm.", now=now),
            partial(contain, version, actor=second_moderator),
            partial(contain, version, artifact_sha256=(version.artifact_id,), actor=cleo),
            partial(reinstate_plugin, running.pk, actor=second_moderator, reason="So I think.", now=now),
        ]
        outcome = run_at_once(calls)

        assert {type(error) for error in outcome.raised} <= {AlreadyContained, NotInForce}
        in_force = Takedown.objects.exclude(state="reinstated")
        blocks = BlocklistEntry.objects.filter(lifted_at=None)
        assert set(blocks.values_list("takedown", flat=True)) == set(in_force.values_list("pk", flat=True))
        version.refresh_from_db()
        assert (version.status == Status.QUARANTINED) == bool(blocked_versions(version.plugin_id)) == in_force.exists()
        asked = SwitchOrder.objects.filter(action="switched_off", state="ordered")
        assert set(asked.values_list("takedown", flat=True)) == set(in_force.values_list("pk", flat=True))
        for takedown in list(in_force):
            reinstate_plugin(takedown.pk, actor=cleo, reason="The round is over.", now=now)

    version.refresh_from_db()
    assert version.status == Status.PUBLISHED
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_bot_that_installs_in_the_second_of_an_order_over_bytes_is_covered(
    version: Version, dev_bot: BotActor, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    with rival() as start:
        with transaction.atomic():
            takedown = contain(version, artifact_sha256=(version.artifact_id,))
            installing = start(partial(install, dev_bot, version, now=now))
        outcome = installing.result(10)

    assert not outcome.is_allowed
    assert SwitchOrder.objects.filter(takedown=takedown, bot=dev_bot.bot).exists()
