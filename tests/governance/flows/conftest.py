"""What the journeys stand on: an engine that answers as told, and short ways to do what an actor does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.flows.reports import file_report
from governance.flows.runtime import InstallationOutcome, receive_acknowledgement, receive_installation
from governance.flows.takedown import carry_out, contain_plugin, reinstate_plugin
from governance.takedowns.containment import Containment
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from plugins.models import Version
from tests.samples.engines import FakeEngine
from tests.samples.factories import BotActor, PublisherActor, make_person, make_published

Contain = Callable[..., Takedown]
Reinstate = Callable[[Takedown], Takedown]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Stands in for the scan engine; it finds nothing until told otherwise."""
    fake = FakeEngine()
    monkeypatch.setattr("governance.flows.submission.scan_artifact", fake)
    return fake


@pytest.fixture
def second_moderator(db: None) -> User:
    """The other pair of eyes."""
    return make_person("clara", permissions=("contain_plugin", "remove_plugin", "reinstate_plugin"))


@pytest.fixture
def contain(cleo: User, now: datetime) -> Contain:
    """Cleo contains versions of a plugin."""

    def order(
        version: Version, *, versions: str = "*", actor: User = cleo, at: datetime = now, **given: Any
    ) -> Takedown:
        values: dict[str, Any] = {
            "grounds": "malware",
            "statement": "It steals tokens.",
            "exposed_since": at - timedelta(days=30),
            "report_ids": [],
        }
        if {"artifact_sha256", "file_sha256"} & set(given):
            values["report_ids"] = ()
            order = Containment(plugin_id=version.plugin_id, versions=versions, **(values | given))
            return carry_out(order, actor=actor, now=at)
        return contain_plugin(plugin_id=version.plugin_id, versions=versions, actor=actor, now=at, **(values | given))

    return order


@pytest.fixture
def reinstate(cleo: User, now: datetime) -> Reinstate:
    """Cleo ends a takedown."""
    return lambda takedown: reinstate_plugin(takedown.pk, actor=cleo, reason="It was a false alarm.", now=now)


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    """Ada's plugin, published."""
    return make_published(ada, now=now)


def install(bot: BotActor, version: Version, *, now: datetime, action: str = "installed") -> InstallationOutcome:
    """A bot reports that it installed or removed a version."""
    return receive_installation(bot.sign_installation(version, at=now, action=action), now=now)


def acknowledge(
    bot: BotActor, takedown: Takedown, version: Version, *, now: datetime, action: str = "switched_off"
) -> SwitchOrder:
    """A bot confirms that it did as ordered."""
    block = takedown.blocks.get()
    statement = bot.sign_acknowledgement(
        {"id": str(block.pk), "takedown": str(takedown.pk)},
        version=version,
        at=now,
        sequence=block.lifted_sequence or block.sequence,
        falsified={"action": action},
    )
    return receive_acknowledgement(statement, now=now)


def order_states(takedown: Takedown) -> dict[tuple[str, str], str]:
    """The state of each order of a takedown, by bot and action."""
    rows = SwitchOrder.objects.filter(takedown=takedown).select_related("bot")
    return {(row.bot.name, row.action): row.state for row in rows}


def report_abuse(version: Version, *, now: datetime) -> AbuseReport:
    """Dev reports a version."""
    return file_report(
        publisher_slug=version.plugin.publisher.slug,
        plugin_name=version.plugin.name,
        number=version.number,
        category="malware",
        description="It sends my tokens away.",
        reporter_email="Dev@example.invalid",
        now=now,
    )
