"""The attacks TUF names, on a real socket: none of them ever switches a plugin on or hides a block."""

import base64
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from plugins.runtime.canonical import canonical_json
from plugins.runtime.errors import SwitchFailed
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey
from plugins.runtime.state import Installed
from plugins.runtime.trust import MAX_FEED_BYTES
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import BASES, FEED, Scripted


@pytest.fixture
def blocked_bot(bot: DevsBot) -> DevsBot:
    """Dev's bot with one plugin that the feed has switched off, and one that runs."""
    for plugin in ("clock", "weather"):
        bot.platform.publish(plugin)
        bot.client.install("ada", plugin, "1.0.0")
    bot.platform.block("clock")
    bot.client.poll()
    bot.client.flush_acknowledgements()
    return bot


def _assert_nothing_moved(bot: DevsBot, *, problem: str) -> None:
    """The lie is reported, and both plugins are as they were, also after a restart."""
    found = bot.client.poll()
    assert (found.problem, found.fresh) == (problem, False)
    assert (found.switched_on, found.switched_off) == ((), ())
    for client in (bot.client, bot.restart()):
        assert not client.is_allowed("ada", "clock", "1.0.0")
        assert client.is_allowed("ada", "weather", "1.0.0")


def _serve_feed(bot: DevsBot, statement: object, *, changes: list[Any] | None = None) -> None:
    answer = bot.platform.describe(statement, changes=changes)
    bot.platform.answers[FEED] = Scripted(200, json.dumps(answer).encode())


def test_rollback_to_an_older_feed_is_refused_also_after_a_restart(blocked_bot: DevsBot) -> None:
    before = blocked_bot.platform.changes[:-1]
    digest = blocked_bot.platform.digest(before)
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(sequence=2, digest=digest), changes=before)
    blocked_bot.restart()
    _assert_nothing_moved(blocked_bot, problem="feed_rolled_back")


def test_other_blocks_under_a_number_seen_before_are_refused(blocked_bot: DevsBot) -> None:
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(digest="0" * 64))
    _assert_nothing_moved(blocked_bot, problem="feed_mixed")


def test_fresh_statement_with_the_content_of_another_number_is_refused(blocked_bot: DevsBot) -> None:
    """Mix-and-match: both halves are the platform's own, and they do not belong together."""
    platform = blocked_bot.platform
    weather = platform.block("weather")
    platform.lift(platform.blocks[0])
    statement = platform.sign_feed()
    swapped = [*platform.changes[:-1], {**platform.changes[-1], "lifts": weather["id"]}]
    _serve_feed(blocked_bot, statement, changes=swapped)
    _assert_nothing_moved(blocked_bot, problem="feed_content_mismatch")


def test_content_that_leaves_the_newest_change_out_is_refused(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.block("weather")
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(), changes=blocked_bot.platform.changes[:-1])
    _assert_nothing_moved(blocked_bot, problem="feed_content_mismatch")


def test_base_that_is_not_the_one_named_is_refused(bot: DevsBot) -> None:
    bot.platform.block("clock")
    bot.platform.rebase()
    digest = json.loads(bot.platform.sign_feed()["payload"])["base"]["sha256"]
    bot.platform.answers[BASES + digest] = Scripted(200, bot.platform.base.replace(b"clock", b"clack"))
    assert bot.client.poll().problem == "feed_content_mismatch"
    assert bot.client.state.sequence == 0


def test_base_longer_than_it_is_said_to_be_is_cut_off(bot: DevsBot) -> None:
    bot.platform.rebase()
    digest = json.loads(bot.platform.sign_feed()["payload"])["base"]["sha256"]
    bot.platform.answers[BASES + digest] = Scripted(200, bot.platform.base + b" ")
    assert bot.client.poll().problem == "answer_too_large"


def test_gzip_that_unpacks_without_end_is_cut_off(blocked_bot: DevsBot) -> None:
    bomb = gzip.compress(b" " * (MAX_FEED_BYTES + 1))
    blocked_bot.platform.answers[FEED] = Scripted(200, bomb, {"Content-Encoding": "gzip"})
    _assert_nothing_moved(blocked_bot, problem="answer_too_large")


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b"{}", mtime=0)[:-4], gzip.compress(b"{}", mtime=0) + b"more"]
)
def test_gzip_that_is_none_is_refused(blocked_bot: DevsBot, body: bytes) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(200, body, {"Content-Encoding": "gzip"})
    _assert_nothing_moved(blocked_bot, problem="answer_refused")


def test_freeze_by_the_old_feed_is_reported_when_it_expires(blocked_bot: DevsBot) -> None:
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed())
    blocked_bot.platform.clock.advance(minutes=59)
    assert blocked_bot.client.poll().fresh
    blocked_bot.platform.clock.advance(minutes=1)
    _assert_nothing_moved(blocked_bot, problem="feed_expired")


def test_freeze_by_not_modified_is_reported_when_the_feed_expires(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(304)
    assert blocked_bot.client.poll().fresh
    blocked_bot.platform.clock.advance(hours=1)
    _assert_nothing_moved(blocked_bot, problem="answer_refused")


def test_not_modified_without_a_question_is_refused(bot: DevsBot) -> None:
    bot.platform.answers[FEED] = Scripted(304)
    found = bot.client.poll()
    assert (found.problem, found.expires_at) == ("answer_refused", None)


def test_unchanged_feed_costs_no_body(blocked_bot: DevsBot) -> None:
    before = blocked_bot.state_path.stat().st_mtime_ns
    assert blocked_bot.client.poll().fresh
    assert blocked_bot.state_path.stat().st_mtime_ns == before


def test_refreshed_feed_of_the_same_number_extends_its_validity(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.clock.advance(minutes=50)
    blocked_bot.platform.refresh()
    assert blocked_bot.client.poll().expires_at == blocked_bot.platform.clock() + timedelta(hours=1)


def test_older_copy_of_the_same_number_does_not_shorten_the_validity(blocked_bot: DevsBot) -> None:
    old = blocked_bot.platform.sign_feed()
    blocked_bot.platform.clock.advance(minutes=30)
    blocked_bot.platform.refresh()
    newest = blocked_bot.client.poll().expires_at
    _serve_feed(blocked_bot, old)
    assert blocked_bot.client.poll().expires_at == newest


def test_unreachable_feed_keeps_the_last_known_state(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.hang_up_on.add(FEED)
    _assert_nothing_moved(blocked_bot, problem="unreachable")
    blocked_bot.platform.hang_up_on.clear()
    assert blocked_bot.client.poll().fresh


def test_feed_that_expired_before_it_was_obeyed_switches_nothing_on(blocked_bot: DevsBot) -> None:
    def refuse(_installed: Installed) -> None:
        raise SwitchFailed("the module is busy")

    blocked_bot.platform.lift(blocked_bot.platform.blocks[0])
    blocked_bot.after_switching = refuse
    assert blocked_bot.client.poll().problem == "switch_failed"
    blocked_bot.after_switching = lambda _installed: None
    blocked_bot.platform.clock.advance(hours=1)
    blocked_bot.platform.hang_up_on.add(FEED)
    _assert_nothing_moved(blocked_bot, problem="unreachable")


def test_feed_that_expired_before_it_was_obeyed_still_switches_off(blocked_bot: DevsBot) -> None:
    def refuse(_installed: Installed) -> None:
        raise SwitchFailed("the module is busy")

    blocked_bot.platform.block("weather")
    blocked_bot.after_switching = refuse
    blocked_bot.client.poll()
    blocked_bot.after_switching = lambda _installed: None
    blocked_bot.platform.clock.advance(hours=1)
    blocked_bot.platform.hang_up_on.add(FEED)
    assert [item.plugin for item in blocked_bot.client.poll().switched_off] == ["weather"]


Forgery = Callable[[DevsBot], object]


def _unsigned(bot: DevsBot) -> object:
    return {"payload": bot.platform.sign_feed(sequence=9)["payload"]}


def _flipped(bot: DevsBot) -> object:
    statement = bot.platform.sign_feed(sequence=9)
    return {**statement, "payload": statement["payload"].replace('"sequence":9', '"sequence":8')}


def _another_kind(bot: DevsBot) -> object:
    return bot.platform.sign_feed(sequence=9, kind="nexus.proof/1")


def _spaced(bot: DevsBot) -> object:
    """Signed by the platform's own key over bytes that are not canonical."""
    statement = bot.platform.sign_feed(sequence=9)
    text = statement["payload"].replace(",", ", ")
    signature = bot.platform.key.private.sign(b"nexus-governance/v1\nnexus.freshness/1\n" + text.encode())
    return {**statement, "payload": text, "signature": base64.b64encode(signature).decode()}


def _wrong_key(bot: DevsBot) -> object:
    return bot.platform.sign_feed(key=SigningKey.generate(), sequence=9)


def _borrowed_id(bot: DevsBot) -> object:
    statement = bot.platform.sign_feed(key=SigningKey.generate(), sequence=9)
    return {**statement, "key_id": bot.platform.key.key_id}


def _root_key(bot: DevsBot) -> object:
    """The root key lists keys; it signs no feed."""
    return bot.platform.sign_feed(key=bot.platform.root_key, sequence=9)


def _with(**changes: Any) -> Forgery:
    return lambda bot: bot.platform.sign_feed(**{"sequence": 9, **changes})


def _with_base(**changes: Any) -> Forgery:
    base = {"sequence": 0, "sha256": "0" * 64, "size_bytes": 9}
    return _with(base={**base, **changes})


FORGERIES: dict[str, tuple[Forgery, str]] = {
    "unsigned": (_unsigned, "feed_unsigned"),
    "not a statement": (lambda _bot: [1, 2], "feed_unsigned"),
    "a flipped number": (_flipped, "feed_forged"),
    "another kind of statement": (_another_kind, "feed_wrong_kind"),
    "signed over other bytes": (_spaced, "feed_not_canonical"),
    "a stranger's key": (_wrong_key, "feed_key_unknown"),
    "the root key": (_root_key, "feed_key_unknown"),
    "a stranger under a borrowed key id": (_borrowed_id, "feed_forged"),
    "from the future": (_with(issued_at="2027-01-01T00:00:00Z", expires_at="2027-01-02T00:00:00Z"), "feed_from_future"),
    "ends before it begins": (_with(expires_at="2026-03-01T11:00:00Z"), "feed_malformed"),
    "a moment without a zone": (_with(expires_at="2026-03-01T13:00:00"), "feed_malformed"),
    "a number that is a text": (_with(sequence="9"), "feed_malformed"),
    "a number that is a truth": (_with(sequence=True), "feed_malformed"),
    "a negative number": (_with(sequence=-1), "feed_malformed"),
    "a digest in capitals": (_with(digest="A" * 64), "feed_malformed"),
    "no base": (_with(base=None), "feed_malformed"),
    "a base ahead of the feed": (_with_base(sequence=10), "feed_malformed"),
    "a base without end": (_with_base(size_bytes=2**40), "feed_malformed"),
}
BLOCK = {
    "id": "00000000-0000-4000-8000-000000000001",
    "sequence": 4,
    "takedown": "00000000-0000-4000-8000-000000000002",
    "plugin": "weather",
    "publisher": "ada",
    "versions": "*",
    "artifact_sha256": [],
    "reason": "malware",
    "blocked_at": "2026-03-01T12:00:00Z",
}
MALFORMED: dict[str, object] = {
    "no object": 1,
    "no action": {"sequence": 4},
    "an unknown action": {"sequence": 4, "action": "dance"},
    "a block that is none": {"sequence": 4, "action": "block", "block": 1},
    "a block without a plugin": {"sequence": 4, "action": "block", "block": {**BLOCK, "plugin": None}},
    "a block newer than its number": {"sequence": 4, "action": "block", "block": {**BLOCK, "sequence": 5}},
    "a block with a strange id": {"sequence": 4, "action": "block", "block": {**BLOCK, "id": "{" + "0" * 32 + "}"}},
    "a digest in capitals": {"sequence": 4, "action": "block", "block": {**BLOCK, "artifact_sha256": ["A" * 64]}},
    "the end of nothing": {"sequence": 4, "action": "lift", "lifts": BLOCK["id"]},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_feed_moves_nothing(blocked_bot: DevsBot, forgery: str) -> None:
    forge, problem = FORGERIES[forgery]
    _serve_feed(blocked_bot, forge(blocked_bot))
    _assert_nothing_moved(blocked_bot, problem=problem)


@pytest.mark.parametrize("change", MALFORMED)
def test_malformed_change_moves_nothing_even_when_it_is_signed(blocked_bot: DevsBot, change: str) -> None:
    changes = [*blocked_bot.platform.changes, MALFORMED[change]]
    digest = blocked_bot.platform.digest(changes)  # type: ignore[arg-type]
    statement = blocked_bot.platform.sign_feed(sequence=len(changes), digest=digest)
    _serve_feed(blocked_bot, statement, changes=changes)
    found = blocked_bot.client.poll()
    assert found.problem in {"feed_malformed", "feed_content_mismatch"}
    assert (found.switched_on, found.switched_off) == ((), ())


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'{"root":true,"changes":[]}', b'{"root":1,"changes":{}}', b"\xff"])
def test_answer_that_is_none_moves_nothing(blocked_bot: DevsBot, answer: bytes) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(200, answer)
    _assert_nothing_moved(blocked_bot, problem="feed_malformed")


def test_clock_a_little_late_still_takes_a_new_feed(blocked_bot: DevsBot) -> None:
    issued_at = blocked_bot.platform.clock() + timedelta(minutes=4)
    blocked_bot.platform.block("radio")
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(issued_at=format_moment(issued_at)))
    assert blocked_bot.client.poll().sequence == 4


def test_feed_that_never_ends_is_cut_off(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(200, b" " * (MAX_FEED_BYTES + 1))
    _assert_nothing_moved(blocked_bot, problem="answer_too_large")


def test_truncated_feed_is_refused(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.block("radio")
    whole = canonical_json(blocked_bot.platform.describe(blocked_bot.platform.sign_feed()))
    blocked_bot.platform.answers[FEED] = Scripted(200, whole, {"Content-Length": str(len(whole) + 9)})
    _assert_nothing_moved(blocked_bot, problem="unreachable")


def test_redirected_feed_is_not_followed(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(302, headers={"Location": blocked_bot.platform.base_url + FEED})
    _assert_nothing_moved(blocked_bot, problem="answer_refused")
