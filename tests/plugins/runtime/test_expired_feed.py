"""Past the feed's expiry nobody can say what must be off: the runtime does what the tenant chose, and only then."""

import pytest

from plugins.runtime.client import WhenExpired
from plugins.runtime.errors import FeedUnavailable, NotInstalled, PluginBlocked, SwitchFailed
from plugins.runtime.state import Installed
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import FEED, PRESENCES


@pytest.fixture
def running_bot(bot: DevsBot) -> DevsBot:
    """Dev's bot runs a clock and the weather."""
    for plugin in ("clock", "weather"):
        bot.platform.publish(plugin)
        bot.client.install("ada", plugin, "1.0.0")
    return bot


@pytest.fixture
def careful_bot(running_bot: DevsBot) -> DevsBot:
    """Its tenant chose to stop third-party plugins when the feed has expired."""
    running_bot.when_expired = WhenExpired.STOP
    running_bot.restart()
    return running_bot


def _cut_off(bot: DevsBot) -> None:
    bot.platform.hang_up_on.add(FEED)


def _run_out(bot: DevsBot) -> None:
    bot.platform.clock.advance(hours=1)


def test_tenant_who_wants_a_warning_keeps_running_and_is_warned(running_bot: DevsBot) -> None:
    _cut_off(running_bot)
    _run_out(running_bot)
    found = running_bot.client.poll()
    assert (found.problem, found.stopped, found.fresh) == ("unreachable", (), False)
    assert found.expires_at is not None
    assert found.expires_at <= running_bot.platform.clock()
    assert running_bot.client.is_allowed("ada", "clock", "1.0.0")


def test_tenant_who_wants_a_stop_runs_nothing_past_the_expiry(careful_bot: DevsBot) -> None:
    _cut_off(careful_bot)
    assert careful_bot.client.poll().stopped == ()
    assert careful_bot.client.is_allowed("ada", "clock", "1.0.0")
    _run_out(careful_bot)
    assert not careful_bot.client.is_allowed("ada", "clock", "1.0.0")
    assert [item.plugin for item in careful_bot.client.poll().stopped] == ["clock", "weather"]
    assert careful_bot.switched == [("clock", "1.0.0", False), ("weather", "1.0.0", False)]


def test_stopped_plugins_start_again_with_the_feed_and_blocked_ones_do_not(careful_bot: DevsBot) -> None:
    _cut_off(careful_bot)
    _run_out(careful_bot)
    careful_bot.client.poll()
    careful_bot.platform.block("clock")
    careful_bot.platform.hang_up_on.clear()
    found = careful_bot.restart().poll()
    assert [item.plugin for item in found.resumed] == ["weather"]
    assert [item.plugin for item in found.switched_off] == ["clock"]
    assert not careful_bot.client.is_allowed("ada", "clock", "1.0.0")
    assert careful_bot.client.is_allowed("ada", "weather", "1.0.0")
    assert careful_bot.switched[-1] == ("weather", "1.0.0", True)


def test_stop_says_nothing_about_a_takedown(careful_bot: DevsBot) -> None:
    _cut_off(careful_bot)
    _run_out(careful_bot)
    careful_bot.client.poll()
    assert careful_bot.client.state.outbox == ()


def test_plugin_that_cannot_be_stopped_is_tried_again(careful_bot: DevsBot) -> None:
    def refuse(_installed: Installed) -> None:
        raise SwitchFailed("the module is busy")

    _cut_off(careful_bot)
    _run_out(careful_bot)
    careful_bot.after_switching = refuse
    assert careful_bot.client.poll().stopped == ()
    careful_bot.after_switching = lambda _installed: None
    assert len(careful_bot.client.poll().stopped) == 2


def test_tenant_cannot_switch_a_blocked_plugin_on_again(running_bot: DevsBot) -> None:
    running_bot.platform.block("clock")
    running_bot.client.poll()
    for client in (running_bot.client, running_bot.restart()):
        with pytest.raises(PluginBlocked):
            client.enable("ada", "clock")
        with pytest.raises(PluginBlocked):
            client.install("ada", "clock", "1.0.0")
        assert not client.is_allowed("ada", "clock", "1.0.0")
    assert running_bot.switched == [("clock", "1.0.0", False)]


def test_tenant_may_switch_on_what_nothing_blocks(running_bot: DevsBot) -> None:
    running_bot.client.enable("ada", "weather")
    assert running_bot.switched == [("weather", "1.0.0", True)]
    with pytest.raises(NotInstalled):
        running_bot.client.enable("ada", "radio")


def test_nothing_is_switched_on_under_an_expired_feed(running_bot: DevsBot) -> None:
    _cut_off(running_bot)
    _run_out(running_bot)
    with pytest.raises(FeedUnavailable):
        running_bot.client.enable("ada", "weather")


def test_bot_says_that_it_is_there_at_once_and_then_every_ten_minutes(running_bot: DevsBot) -> None:
    said = running_bot.platform.said
    running_bot.client.flush_acknowledgements()
    assert len(said(PRESENCES)) == 1
    running_bot.platform.clock.advance(minutes=9)
    running_bot.client.flush_acknowledgements()
    assert len(said(PRESENCES)) == 1
    running_bot.platform.clock.advance(minutes=1)
    running_bot.client.flush_acknowledgements()
    assert [payload["sequence"] for payload in said(PRESENCES)] == [2, 2]


def test_bot_that_cannot_act_says_at_once_that_it_has_the_order(running_bot: DevsBot) -> None:
    def refuse(_installed: Installed) -> None:
        raise SwitchFailed("the module is busy")

    running_bot.client.flush_acknowledgements()
    running_bot.platform.block("clock")
    running_bot.after_switching = refuse
    running_bot.client.poll()
    running_bot.client.flush_acknowledgements()
    assert [payload["sequence"] for payload in running_bot.platform.said(PRESENCES)] == [2, 3]
