"""Content apart from freshness: a change costs its own bytes, a base is read once, and every path ends the same."""

import hashlib
import itertools
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from plugins.runtime import trust
from plugins.runtime.canonical import canonical_json
from plugins.runtime.content import EMPTY, GENESIS, chain_digest, describe_base, read_base
from plugins.runtime.errors import FeedMalformed
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import BASES, FEED, FakePlatform, Scripted, serve


def _asked(bot: DevsBot) -> list[str]:
    return [path for _method, path in bot.platform.requests]


def test_only_what_changed_is_asked_for(bot: DevsBot) -> None:
    bot.client.poll()
    bot.platform.block("clock")
    bot.client.poll()
    assert _asked(bot) == [FEED, f"{FEED}?since=2"]
    assert bot.client.state.sequence == 3


def test_one_new_block_is_less_than_a_kilobyte(bot: DevsBot) -> None:
    bot.client.poll()
    bot.platform.block("weather-card", publisher="ada-labs", versions=">=1.0.0,<2.0.0")
    answer = canonical_json(bot.platform.describe(bot.platform.sign_feed(), since=2))
    assert len(answer) < 1024


def test_runtime_that_begins_behind_a_base_reads_it_once_and_keeps_it(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.block("weather")
    bot.platform.rebase()
    bot.platform.block("radio")
    bot.client.install("ada", "clock", "1.0.0")
    assert sum(path.startswith(BASES) for path in _asked(bot)) == 1
    restarted = bot.restart()
    bot.platform.block("clock", versions="==1.0.0")
    assert [item.plugin for item in restarted.poll().switched_off] == ["clock"]
    assert sum(path.startswith(BASES) for path in _asked(bot)) == 1


def test_runtime_that_was_away_for_long_takes_the_newest_base_and_loses_no_block(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.client.install("ada", "clock", "1.0.0")
    bot.platform.block("clock")
    bot.platform.rebase()
    bot.platform.block("radio")
    assert [item.plugin for item in bot.client.poll().switched_off] == ["clock"]
    bot.platform.rebase()
    bot.platform.block("lamp")
    bot.platform.rebase()
    assert bot.client.poll().fresh
    assert not bot.client.is_allowed("ada", "clock", "1.0.0")
    assert len(list(bot.state_path.with_name("bot.json.bases").iterdir())) == 1


def test_lost_base_file_is_fetched_again_and_until_then_nothing_is_allowed(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.platform.rebase()
    bot.client.install("ada", "clock", "1.0.0")
    for path in bot.state_path.with_name("bot.json.bases").iterdir():
        path.unlink()
    restarted = bot.restart()
    assert not restarted.is_allowed("ada", "clock", "1.0.0")
    bot.platform.refresh()
    bot.platform.clock.advance(minutes=1)
    assert restarted.poll().fresh
    assert restarted.is_allowed("ada", "clock", "1.0.0")


def test_kept_changes_are_bounded(bot: DevsBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_changes_kept_by", lambda _bot: 3)
    bot.client.poll()
    for plugin in ("a", "b"):
        bot.platform.block(plugin)
    bot.platform.rebase()
    bot.platform.block("c")
    bot.platform.answers[FEED] = Scripted(
        200, canonical_json({**bot.platform.describe(bot.platform.sign_feed()), "changes": bot.platform.changes})
    )
    assert bot.client.poll().fresh
    assert len(bot.client.state.changes) == 1
    assert bot.client.state.base is not None


def test_feed_is_fetched_from_the_platform_while_its_own_address_is_silent(bot: DevsBot) -> None:
    bot.feed_url = "http://127.0.0.1:9"
    assert bot.restart().poll().fresh


def test_feed_is_fetched_at_its_own_address_while_the_platform_fails(bot: DevsBot) -> None:
    with serve(FakePlatform(bot.platform.clock, key=bot.platform.key)) as feed:
        feed.changes, feed.roots = bot.platform.changes, bot.platform.roots
        bot.feed_url = feed.base_url
        bot.platform.answers[FEED] = Scripted(503)
        assert bot.restart().poll().fresh
        feed.answers[FEED] = Scripted(500)
        assert bot.client.poll().problem == "answer_refused"


def test_runtimes_do_not_all_ask_for_a_new_base_at_once() -> None:
    kept = [trust._changes_kept_by(str(uuid.UUID(int=number))) for number in range(2000)]
    assert min(kept) >= trust.CHANGES_KEPT
    assert max(kept) < 2 * trust.CHANGES_KEPT
    assert max(Counter(kept).values()) < 20


def test_pushed_feed_with_a_gap_is_completed(bot: DevsBot) -> None:
    bot.platform.publish("clock")
    bot.client.install("ada", "clock", "1.0.0")
    bot.platform.block("clock")
    bot.platform.block("radio")
    pushed = bot.platform.describe(bot.platform.sign_feed(), since=bot.platform.sequence - 1)
    assert [item.plugin for item in bot.client.take(canonical_json(pushed)).switched_off] == ["clock"]


def test_pushed_feed_is_believed_no_sooner_than_a_polled_one(bot: DevsBot) -> None:
    bot.client.poll()
    bot.platform.block("clock")
    statement = bot.platform.sign_feed(key=bot.platform.root_key)
    found = bot.client.take(canonical_json(bot.platform.describe(statement, since=2)))
    assert (found.problem, found.sequence) == ("feed_key_unknown", 2)


Way = Callable[[DevsBot], None]


def _poll(bot: DevsBot) -> None:
    bot.client.poll()


def _push(bot: DevsBot) -> None:
    bot.client.take(canonical_json(bot.platform.describe(bot.platform.sign_feed(), since=bot.client.state.sequence)))


def _rebase(bot: DevsBot) -> None:
    bot.platform.rebase()


def _restart(bot: DevsBot) -> None:
    bot.restart()


@pytest.mark.parametrize("ways", list(itertools.permutations([_poll, _push, _rebase, _restart])))
def test_every_order_of_polls_pushes_bases_and_restarts_ends_at_the_same_content(
    bot: DevsBot, ways: tuple[Way, ...]
) -> None:
    for number, way in enumerate(ways):
        block = bot.platform.block(f"plugin-{number}")
        way(bot)
        if number % 2:
            bot.platform.lift(block)
            way(bot)
    bot.client.poll()
    assert bot.client.state.sequence == bot.platform.sequence
    assert bot.client.state.digest == bot.platform.digest()
    trusted = bot.client._trust.content
    assert trusted is not None
    assert set(trusted.blocks) == {block["id"] for block in bot.platform.blocks}


def test_base_and_changes_name_the_same_history() -> None:
    block = {
        "id": "00000000-0000-4000-8000-000000000001",
        "sequence": 1,
        "takedown": "00000000-0000-4000-8000-000000000002",
        "plugin": "clock",
        "publisher": "ada",
        "versions": "*",
        "artifact_sha256": [],
        "reason": "malware",
        "blocked_at": "2026-03-01T12:00:00Z",
    }
    change = {"sequence": 1, "action": "block", "block": block}
    extended = EMPTY.extend([change])
    assert extended.digest == chain_digest(GENESIS, change=change)
    data = describe_base(1, digest=extended.digest, blocks=[block])
    read = read_base(data, sha256=hashlib.sha256(data).hexdigest())
    assert (read.sequence, read.digest, read.by_plugin) == (1, extended.digest, extended.by_plugin)
    with pytest.raises(FeedMalformed):
        extended.extend([change])
