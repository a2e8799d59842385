"""The reference client: installs what is allowed, obeys the feed, says so, and forgets nothing in a crash."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.runtime.canonical import canonical_json
from plugins.runtime.errors import (
    AnswerRefused,
    ArtifactMismatch,
    FeedUnavailable,
    InstallRefused,
    NotInstalled,
    PluginBlocked,
    RuntimeTrustError,
    StateCorrupt,
    SwitchFailed,
)
from plugins.runtime.signing import SigningKey
from plugins.runtime.state import Installed, StateFile
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import (
    ACKNOWLEDGEMENTS,
    FEED,
    INSTALLATIONS,
    PRESENCES,
    Scripted,
)

OFFER = "/api/v1/catalogue/ada/clock/versions/1.0.0"


def test_installed_version_is_checked_kept_and_reported(bot: DevsBot) -> None:
    data = bot.platform.publish("clock")
    installed = bot.client.install("ada", "clock", "1.0.0")
    assert bot.client.artifact_path(installed).read_bytes() == data
    assert bot.client.is_allowed("ada", "clock", "1.0.0")
    (report,) = bot.platform.said(INSTALLATIONS)
    assert (report["action"], report["bot"], report["artifact_sha256"]) == (
        "installed",
        bot.bot_id,
        installed.artifact_sha256,
    )
    assert bot.client.state.outbox == ()


def test_installing_twice_changes_nothing(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    first = bot.client.install("ada", "clock", "1.0.0")
    assert bot.client.install("ada", "clock", "1.0.0") == first
    assert len(bot.platform.said(INSTALLATIONS)) == 1


def test_new_version_replaces_the_old_one(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.publish("clock", version="1.1.0")
    old = bot.client.install("ada", "clock", "1.0.0")
    bot.client.install("ada", "clock", "1.1.0")
    assert bot.client.is_allowed("ada", "clock", "1.1.0")
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")
    assert not bot.client.artifact_path(old).exists()


def test_uninstalled_plugin_is_reported_and_its_bytes_are_gone(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    installed = bot.client.install("ada", "clock", "1.0.0")
    bot.client.uninstall("ada", "clock")
    assert [report["action"] for report in bot.platform.said(INSTALLATIONS)] == ["installed", "uninstalled"]
    assert not bot.client.artifact_path(installed).exists()
    with pytest.raises(NotInstalled):
        bot.client.uninstall("ada", "clock")


def test_blocked_version_is_not_installed(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.block("clock")
    with pytest.raises(PluginBlocked):
        bot.client.install("ada", "clock", "1.0.0")
    _assert_nothing_came(bot)


def test_nothing_is_installed_without_a_feed_in_date(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.answers[FEED] = Scripted(503)
    with pytest.raises(FeedUnavailable):
        bot.client.install("ada", "clock", "1.0.0")
    _assert_nothing_came(bot)


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        (OFFER, Scripted.problem(410, "version_blocked"), InstallRefused),
        (OFFER, Scripted(302, headers={"Location": "http://eve.example.invalid/"}), AnswerRefused),
        (OFFER, Scripted(200, b"[]"), AnswerRefused),
        (OFFER, Scripted(200, b'{"publisher":"eve","plugin":"clock","version":"1.0.0"}'), AnswerRefused),
        (OFFER, Scripted(500), AnswerRefused),
        (f"{OFFER}/artifact", Scripted(200, b"other bytes"), ArtifactMismatch),
        (f"{OFFER}/artifact", Scripted(404), AnswerRefused),
        (INSTALLATIONS, Scripted.problem(422, "installation_time_invalid"), InstallRefused),
    ],
)
def test_install_that_goes_wrong_leaves_nothing(
    bot: DevsBot, path: str, answer: Scripted, error: type[RuntimeTrustError]
) -> None:
    bot.platform.publish("clock")
    bot.platform.answers[path] = answer
    with pytest.raises(error):
        bot.client.install("ada", "clock", "1.0.0")
    _assert_nothing_came(bot)


@pytest.mark.parametrize(
    "address", ["//eve.example.invalid/x", "http://eve.example.invalid/x", "x", "/a b", "/a\r\nHost: eve"]
)
def test_artifact_is_fetched_from_the_platforms_own_host_only(bot: DevsBot, address: str) -> None:
    bot.platform.publish("clock")
    offer = json.loads(bot.platform.answer("GET", OFFER, body=b"", etag=None).body)
    bot.platform.answers[OFFER] = Scripted(200, json.dumps({**offer, "download_url": address}).encode())
    with pytest.raises(AnswerRefused):
        bot.client.install("ada", "clock", "1.0.0")
    _assert_nothing_came(bot)


def test_refused_report_of_an_update_leaves_the_old_version(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.publish("clock", version="1.1.0")
    old = bot.client.install("ada", "clock", "1.0.0")
    bot.platform.answers[INSTALLATIONS] = Scripted.problem(422, "statement_refused")
    with pytest.raises(InstallRefused):
        bot.client.install("ada", "clock", "1.1.0")
    assert bot.client.state.installed == (old,)
    assert bot.client.artifact_path(old).exists()


def test_plugin_ordered_off_while_it_was_being_installed_ends_off_and_confirmed(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.client.poll()
    blocks: list[dict[str, object]] = []
    bot.platform.before_answering[f"{OFFER}/artifact"] = lambda: blocks.append(bot.platform.block("clock"))
    with pytest.raises(PluginBlocked):
        bot.client.install("ada", "clock", "1.0.0")
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")
    (said,) = bot.platform.said(ACKNOWLEDGEMENTS)
    assert (said["block"], said["action"]) == (blocks[0]["id"], "switched_off")


def test_plugin_the_platform_denies_without_a_block_goes_again(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.answers[INSTALLATIONS] = Scripted(201, b'{"is_allowed":false}')
    with pytest.raises(PluginBlocked):
        bot.client.install("ada", "clock", "1.0.0")
    _assert_nothing_came(bot)


def test_blocked_plugin_is_switched_off_once_and_acknowledged(bot: DevsBot) -> None:
    _install(bot, "clock")
    block = bot.platform.block("clock")
    found = bot.client.poll()
    assert (found.fresh, found.problem, found.sequence) == (True, None, 3)
    assert [item.plugin for item in found.switched_off] == ["clock"]
    assert bot.client.poll().switched_off == ()
    assert bot.switched == [("clock", "1.0.0", False)]
    assert bot.client.flush_acknowledgements().delivered == 1
    (said,) = bot.platform.said(ACKNOWLEDGEMENTS)
    wanted = {"block": block["id"], "takedown": block["takedown"], "sequence": 3, "action": "switched_off"}
    assert {name: said[name] for name in wanted} == wanted
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")


def test_lifted_block_switches_on_and_is_acknowledged_with_the_old_takedown(bot: DevsBot) -> None:
    _install(bot, "clock")
    block = bot.platform.block("clock")
    bot.client.poll()
    bot.platform.lift(block)
    found = bot.restart().poll()
    bot.client.flush_acknowledgements()
    assert [item.plugin for item in found.switched_on] == ["clock"]
    assert bot.client.is_allowed("ada", "clock", "1.0.0")
    said = bot.platform.said(ACKNOWLEDGEMENTS)[-1]
    assert (said["action"], said["block"], said["takedown"], said["sequence"]) == (
        "switched_on",
        block["id"],
        block["takedown"],
        4,
    )


def test_plugin_under_two_takedowns_stays_off_until_both_are_lifted(bot: DevsBot) -> None:
    _install(bot, "clock")
    first, second = bot.platform.block("clock"), bot.platform.block("clock", versions="==1.0.0")
    bot.client.poll()
    bot.platform.lift(first)
    assert bot.client.poll().switched_on == ()
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")
    bot.platform.lift(second)
    bot.client.poll()
    bot.client.flush_acknowledgements()
    assert bot.switched == [("clock", "1.0.0", False), ("clock", "1.0.0", True)]
    said = [(item["action"], item["takedown"]) for item in bot.platform.said(ACKNOWLEDGEMENTS)]
    takedowns = [first["takedown"], second["takedown"]]
    assert said == [("switched_off", t) for t in takedowns] + [("switched_on", t) for t in takedowns]


def test_second_takedown_of_what_is_off_is_acknowledged_without_switching_again(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    second = bot.platform.block("clock", versions="==1.0.0")
    assert bot.client.poll().switched_off == ()
    bot.client.flush_acknowledgements()
    assert bot.switched == [("clock", "1.0.0", False)]
    assert bot.platform.said(ACKNOWLEDGEMENTS)[-1]["takedown"] == second["takedown"]


def test_clean_versions_and_other_publishers_keep_running(bot: DevsBot) -> None:
    bot.platform.publish("clock", publisher="ben")
    _install(bot, "clock", version="1.0.0")
    _install(bot, "weather", version="1.0.0")
    bot.client.install("ben", "clock", "1.0.0")
    bot.platform.block("clock", versions="==1.3.0")
    bot.platform.block("clock", versions="*", publisher="eve")
    bot.platform.block("weather", artifact_sha256=["0" * 64])
    assert bot.client.poll().switched_off == ()
    assert bot.client.is_allowed("ada", "clock", "1.0.0")
    assert bot.client.is_allowed("ben", "clock", "1.0.0")
    assert bot.client.is_allowed("ada", "weather", "1.0.0")


def test_block_with_a_range_nobody_can_read_blocks(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock", versions="~> whatever")
    assert [item.plugin for item in bot.client.poll().switched_off] == ["clock"]


def test_crash_after_the_act_repeats_it_and_acknowledges_once(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")

    class PowerCut(BaseException):
        """The process ends here."""

    def die(_installed: Installed) -> None:
        raise PowerCut

    bot.after_switching = die
    with pytest.raises(PowerCut):
        bot.client.poll()
    bot.platform.answers[FEED] = Scripted(503)
    bot.after_switching = lambda _installed: None
    restarted = bot.restart()
    assert not restarted.is_allowed("ada", "clock", "1.0.0")
    assert [item.plugin for item in restarted.poll().switched_off] == ["clock"]
    assert restarted.flush_acknowledgements().delivered == 1
    assert bot.switched == [("clock", "1.0.0", False)] * 2
    assert len(bot.platform.said(ACKNOWLEDGEMENTS)) == 1


def test_acknowledgement_survives_a_restart_and_an_unreachable_platform(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    bot.platform.answers[ACKNOWLEDGEMENTS] = Scripted(503)
    assert bot.client.flush_acknowledgements().waiting == 1
    del bot.platform.answers[ACKNOWLEDGEMENTS]
    assert bot.restart().flush_acknowledgements().delivered == 1
    assert len(bot.platform.said(ACKNOWLEDGEMENTS)) == 1


def test_acknowledgement_whose_answer_was_lost_counts_as_delivered(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    bot.platform.hang_up_on.add(ACKNOWLEDGEMENTS)
    assert bot.client.flush_acknowledgements().waiting == 1
    bot.platform.hang_up_on.clear()
    delivery = bot.client.flush_acknowledgements()
    assert (delivery.delivered, delivery.refused, delivery.waiting) == (1, (), 0)
    assert len(bot.platform.said(ACKNOWLEDGEMENTS)) == 1


def test_refused_acknowledgement_is_set_aside_and_the_next_one_goes(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    bot.platform.answers[ACKNOWLEDGEMENTS] = Scripted.problem(404, "order_unknown")
    delivery = bot.client.flush_acknowledgements()
    assert [refused.code for refused in delivery.refused] == ["order_unknown"]
    assert bot.client.state.outbox == ()
    assert [refused.code for refused in bot.restart().state.refused] == ["order_unknown"]
    assert bot.client.flush_acknowledgements().refused == ()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502])
def test_what_time_cures_stays_in_the_outbox(bot: DevsBot, status: int) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    bot.platform.answers[ACKNOWLEDGEMENTS] = Scripted.problem(status, "later")
    assert bot.client.flush_acknowledgements().waiting == 1
    assert bot.client.state.refused == ()


def test_redirected_acknowledgement_waits_and_is_sent_nowhere_else(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.block("clock")
    bot.client.poll()
    bot.platform.answers[ACKNOWLEDGEMENTS] = Scripted(307, headers={"Location": f"{bot.platform.base_url}/eve"})
    assert bot.client.flush_acknowledgements().waiting == 1
    assert ("POST", "/eve") not in bot.platform.requests


def test_installation_is_reported_before_its_acknowledgement(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.hang_up_on.add(INSTALLATIONS)
    bot.platform.answers[INSTALLATIONS] = Scripted(503)
    bot.client.install("ada", "clock", "1.0.0")
    bot.platform.block("clock")
    bot.client.poll()
    assert bot.client.flush_acknowledgements().waiting == 2
    bot.platform.hang_up_on.clear()
    bot.platform.answers.clear()
    bot.client.flush_acknowledgements()
    assert [path for path, _ in bot.platform.received] == [INSTALLATIONS, ACKNOWLEDGEMENTS, PRESENCES]


def test_plugin_that_cannot_be_switched_is_not_acknowledged_and_tried_again(bot: DevsBot) -> None:
    _install(bot, "clock")
    _install(bot, "weather")
    bot.platform.block("clock")
    bot.platform.block("weather")

    def refuse_clock(installed: Installed) -> None:
        if installed.plugin == "clock":
            raise SwitchFailed("the module is busy")

    bot.after_switching = refuse_clock
    found = bot.client.poll()
    assert (found.problem, [item.plugin for item in found.switched_off]) == ("switch_failed", ["weather"])
    assert bot.client.flush_acknowledgements().delivered == 1
    bot.after_switching = lambda _installed: None
    assert [item.plugin for item in bot.client.poll().switched_off] == ["clock"]


def test_state_that_cannot_be_read_is_refused(bot: DevsBot) -> None:
    _install(bot, "clock")
    whole = bot.state_path.read_bytes()
    for broken in (b"", b"{}", whole[:-1], whole.replace(b'"format": 2', b'"format": 3'), b"[]"):
        bot.state_path.write_bytes(broken)
        with pytest.raises(StateCorrupt):
            bot.restart()
    bot.state_path.write_bytes(whole)
    assert bot.restart().is_allowed("ada", "clock", "1.0.0")


def test_state_of_another_bot_is_refused(bot: DevsBot) -> None:
    _install(bot, "clock")
    file = StateFile(bot.state_path, bot=bot.bot_id)
    file.commit(replace(file.state, bot="someone-else"))
    with pytest.raises(StateCorrupt):
        bot.restart()


def test_stored_feed_of_a_revoked_key_allows_nothing_until_the_next_poll(bot: DevsBot) -> None:
    _install(bot, "clock")
    bot.platform.key = SigningKey.generate()
    bot.platform.add_root(bot.platform.key)
    bot.platform.refresh()
    bot.platform.answers[FEED] = Scripted(200, canonical_json(bot.platform.describe({})))
    assert bot.client.poll().problem == "feed_unsigned"
    restarted = bot.restart()
    assert not restarted.is_allowed("ada", "clock", "1.0.0")
    bot.platform.answers.clear()
    assert restarted.poll().fresh
    assert restarted.is_allowed("ada", "clock", "1.0.0")


def test_plugin_never_installed_is_not_allowed(bot: DevsBot) -> None:
    bot.client.poll()
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")


def _install(bot: DevsBot, plugin: str, *, version: str = "1.0.0") -> Installed:
    bot.platform.publish(plugin, version=version)
    return bot.client.install("ada", plugin, version)


def _assert_nothing_came(bot: DevsBot) -> None:
    assert bot.client.state.installed == ()
    assert bot.client.state.outbox == ()
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")
    folder = Path(f"{bot.state_path}.artifacts")
    assert not folder.exists() or list(folder.iterdir()) == []
