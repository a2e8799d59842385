"""The reference client and this door speak the same language: over HTTP, against a serving process."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.flows.takedown import contain_plugin, reinstate_plugin
from governance.keys import feed_root
from governance.takedowns.models import SwitchOrder
from plugins.runtime.client import Enrolment, RuntimeClient
from plugins.runtime.errors import InstallRefused, PluginBlocked
from tests.samples.factories import BotActor, PublisherActor, make_published, make_version
from tests.samples.races import rival

GREETER = ("ada-labs", "greeter", "1.0.0")


@pytest.fixture
def client_of_dev(live_server: Any, dev_bot: BotActor, tmp_path: Path) -> RuntimeClient:
    """Dev's bot, with a switch that always succeeds."""
    return RuntimeClient(
        live_server.url,
        enrolment=Enrolment(str(dev_bot.bot.pk), feed_root().statement),
        key=dev_bot.key,
        state_path=tmp_path / "bot.json",
        switch=lambda _installed, _is_on: None,
        clock=timezone.now,
    )


@pytest.mark.django_db(transaction=True)
def test_client_installs_switches_off_and_on_and_every_order_is_confirmed(
    client_of_dev: RuntimeClient, ada: PublisherActor, cleo: Any, now: datetime
) -> None:
    version = make_published(ada, now=now)
    client_of_dev.install(*GREETER)
    assert client_of_dev.is_allowed(*GREETER)
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now - timedelta(days=1),
        report_ids=[],
        actor=cleo,
        now=timezone.now(),
    )
    assert [installed.plugin for installed in client_of_dev.poll().switched_off] == ["greeter"]
    client_of_dev.flush_acknowledgements()
    assert not client_of_dev.is_allowed(*GREETER)
    reinstate_plugin(takedown.pk, actor=cleo, reason="It was another plugin.", now=timezone.now())
    assert [installed.plugin for installed in client_of_dev.poll().switched_on] == ["greeter"]
    assert client_of_dev.flush_acknowledgements().refused == ()
    confirmed = SwitchOrder.objects.filter(takedown=takedown, state="confirmed")
    assert set(confirmed.values_list("action", flat=True)) == {"switched_off", "switched_on"}


@pytest.mark.django_db(transaction=True)
def test_bot_that_installs_in_the_very_second_of_the_order_ends_off_and_confirmed(
    client_of_dev: RuntimeClient, ada: PublisherActor, cleo: Any, now: datetime
) -> None:
    version = make_published(ada, now=now)
    client_of_dev.poll()
    with rival() as start:
        with transaction.atomic():
            takedown = contain_plugin(
                plugin_id=version.plugin_id,
                versions="*",
                grounds="malware",
                statement="It steals.",
                exposed_since=now - timedelta(days=1),
                report_ids=[],
                actor=cleo,
                now=timezone.now(),
            )
            # Nobody else sees the order yet: the version is offered, fetched, and its report waits for the order.
            installing = start(partial(client_of_dev.install, *GREETER))
        with pytest.raises(PluginBlocked):
            installing.result(30)
    assert not client_of_dev.is_allowed(*GREETER)
    order = SwitchOrder.objects.get(takedown=takedown)
    assert (order.state, order.bot_id) == ("confirmed", uuid.UUID(client_of_dev.state.bot))


@pytest.mark.django_db(transaction=True)
def test_client_believes_an_unchanged_feed(client_of_dev: RuntimeClient) -> None:
    first, second = client_of_dev.poll(), client_of_dev.poll()
    assert (first.problem, second.problem) == (None, None)
    assert second.fresh


@pytest.mark.django_db(transaction=True)
def test_client_reads_the_code_of_a_refused_offer(
    client_of_dev: RuntimeClient, ada: PublisherActor, now: datetime
) -> None:
    make_version(ada, now=now)
    with pytest.raises(InstallRefused) as refusal:
        client_of_dev.install(*GREETER)
    assert refusal.value.reason == "version_unavailable"
