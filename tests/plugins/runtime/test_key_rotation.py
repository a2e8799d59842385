"""The feed's keys change while runtimes are away: the root is walked version by version, and never skipped."""

from typing import Any

import pytest

from plugins.runtime.canonical import canonical_json
from plugins.runtime.errors import RootError
from plugins.runtime.signing import SigningKey
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import FEED, ROOTS, Scripted

FAR = "2100-01-01T00:00:00Z"


def _listed(key: SigningKey, *, start: str = "2020-01-01T00:00:00Z", end: str = FAR) -> dict[str, str]:
    return {"public": key.public_base64, "valid_from": start, "valid_until": end}


def _rotate(bot: DevsBot, *listed: dict[str, str], **changes: Any) -> None:
    bot.platform.add_root(feed_keys=list(listed), **changes)
    bot.platform.refresh()


def test_new_key_is_believed_after_the_root_was_walked(bot: DevsBot) -> None:
    bot.client.poll()
    old, bot.platform.key = bot.platform.key, SigningKey.generate()
    _rotate(bot, _listed(old), _listed(bot.platform.key))
    bot.platform.block("clock")
    assert bot.client.poll().problem is None
    assert bot.client.state.sequence == 3


def test_both_keys_are_believed_while_they_overlap(bot: DevsBot) -> None:
    new = SigningKey.generate()
    _rotate(bot, _listed(bot.platform.key), _listed(new))
    assert bot.client.poll().fresh
    bot.platform.key = new
    bot.platform.block("clock")
    assert bot.client.poll().fresh


def test_runtime_that_missed_many_rotations_walks_them_all(bot: DevsBot) -> None:
    bot.client.poll()
    for _ in range(5):
        root_key, key = SigningKey.generate(), SigningKey.generate()
        both = [bot.platform.root_key.public_base64, root_key.public_base64]
        bot.platform.add_root(key, root_keys=both)
        bot.platform.add_root(key, root_keys=both[1:], signed_by=root_key)
        bot.platform.root_key, bot.platform.key = root_key, key
    bot.platform.block("clock")
    assert bot.client.poll().fresh
    assert bot.restart().poll().fresh
    assert [path for _, path in bot.platform.requests if path.startswith(ROOTS)] == [
        f"{ROOTS}{version}" for version in range(2, 13)
    ]


def test_expired_key_is_refused_by_name(bot: DevsBot) -> None:
    end = "2026-03-01T12:30:00Z"
    _rotate(bot, _listed(bot.platform.key, end=end))
    assert bot.client.poll().fresh
    bot.platform.clock.advance(minutes=30)
    bot.platform.refresh()
    assert bot.client.poll().problem == "feed_key_expired"


def test_key_is_refused_before_its_time(bot: DevsBot) -> None:
    _rotate(bot, _listed(bot.platform.key, start="2026-03-01T12:30:00Z"))
    assert bot.client.poll().problem == "feed_key_expired"
    bot.platform.clock.advance(minutes=30)
    bot.platform.refresh()
    assert bot.client.poll().fresh


def test_revoked_key_is_refused_at_the_next_word_of_a_newer_root(bot: DevsBot) -> None:
    bot.client.poll()
    stolen, bot.platform.key = bot.platform.key, SigningKey.generate()
    bot.platform.add_root(bot.platform.key)
    forged = bot.platform.describe(bot.platform.sign_feed(key=stolen, sequence=2))
    bot.platform.answers[FEED] = Scripted(200, canonical_json(forged))
    assert bot.client.poll().problem == "feed_key_unknown"


def test_number_far_ahead_under_a_stolen_key_does_not_outlive_the_key(bot: DevsBot) -> None:
    """TUF's fast-forward attack: without an answer to it the true feed would be refused for ever."""
    bot.platform.publish("clock")
    bot.client.install("ada", "clock", "1.0.0")
    true, forged = bot.platform.changes, list(bot.platform.changes)
    for number in range(len(forged) + 1, 60, 2):
        bot.platform.lift(bot.platform.block(f"x-{number}"))
    assert bot.client.poll().sequence > 40
    bot.platform.changes = true[:2]
    stolen, bot.platform.key = bot.platform.key, SigningKey.generate()
    assert bot.client.poll().problem is None  # not modified: the thief still answers
    bot.platform.refresh()
    bot.platform.add_root(bot.platform.key)
    bot.platform.block("clock")
    found = bot.client.poll()
    assert (found.problem, found.sequence) == (None, 3)
    assert [item.plugin for item in found.switched_off] == ["clock"]
    assert stolen.key_id not in bot.client.state.root["payload"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"version": 3}, "root_out_of_order"),
        ({"version": 1}, "root_out_of_order"),
        ({"version": 0}, "root_malformed"),
        ({"feed_keys": []}, "root_malformed"),
        ({"root_keys": []}, "root_malformed"),
        ({"root_keys": ["AAAA"]}, "root_malformed"),
        ({"expires_at": "never"}, "root_malformed"),
        ({"kind": "nexus.freshness/1"}, "root_untrusted"),
        ({"expires_at": "2026-03-01T11:00:00Z"}, "root_expired"),
        # Signed by the old key alone: whoever begins with it could not tell it from a stranger's.
        ({"root_keys": ["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]}, "root_untrusted"),
    ],
)
def test_wrong_root_is_refused_and_the_last_one_stays(bot: DevsBot, changes: dict[str, Any], problem: str) -> None:
    bot.client.poll()
    before = bot.client.state.freshness
    bot.platform.add_root(bot.platform.key, **changes)
    bot.platform.block("clock")
    found = bot.client.poll()
    assert (found.problem, found.fresh) == (problem, False)
    assert bot.client.state.freshness == before


def test_root_signed_by_a_stranger_or_by_the_feeds_own_key_is_refused(bot: DevsBot) -> None:
    bot.client.poll()
    for signer in (SigningKey.generate(), bot.platform.key):
        bot.platform.add_root(signer, signed_by=signer)
        bot.platform.block("clock")
        assert bot.client.poll().problem == "root_untrusted"
        bot.platform.roots.pop()
        bot.platform.refresh()


def test_root_key_that_was_replaced_signs_nothing_more(bot: DevsBot) -> None:
    old, new = bot.platform.root_key, SigningKey.generate()
    bot.platform.add_root(bot.platform.key, signed_by=old, root_keys=[old.public_base64, new.public_base64])
    bot.platform.add_root(bot.platform.key, signed_by=new, root_keys=[new.public_base64])
    assert bot.client.poll().fresh
    bot.platform.add_root(bot.platform.key, signed_by=old)
    bot.platform.block("clock")
    assert bot.client.poll().problem == "root_untrusted"


def test_root_of_the_enrolment_must_be_signed_by_its_own_key(bot: DevsBot) -> None:
    bot.platform.roots = []
    bot.platform.add_root(bot.platform.key, signed_by=SigningKey.generate())
    with pytest.raises(RootError):
        bot.restart()
