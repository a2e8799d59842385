"""The attacks TUF names, on a real socket: none of them ever switches a plugin on or hides a block."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plugins.runtime.canonical import canonical_json
from plugins.runtime.errors import AddressRefused, AnswerRefused, AnswerTooLarge, SwitchFailed, Unreachable
from plugins.runtime.feed import MAX_FEED_BYTES
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey
from plugins.runtime.state import Installed
from plugins.runtime.transport import Transport
from tests.plugins.runtime.conftest import DevsBot
from tests.plugins.runtime.fake_platform import FEED, Scripted


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


def _serve_feed(bot: DevsBot, statement: object, **headers: str) -> None:
    bot.platform.answers[FEED] = Scripted(200, json.dumps(statement).encode(), headers)


def test_rollback_to_an_older_feed_is_refused_also_after_a_restart(blocked_bot: DevsBot) -> None:
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(sequence=1, blocks=[]))
    blocked_bot.restart()
    _assert_nothing_moved(blocked_bot, problem="feed_rolled_back")


def test_other_blocks_under_a_number_seen_before_are_refused(blocked_bot: DevsBot) -> None:
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(blocks=[]))
    _assert_nothing_moved(blocked_bot, problem="feed_mixed")


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
    return {"payload": bot.platform.sign_feed(sequence=9, blocks=[])["payload"]}


def _flipped(bot: DevsBot) -> object:
    statement = bot.platform.sign_feed(sequence=9, blocks=[])
    return {**statement, "payload": statement["payload"].replace('"sequence":9', '"sequence":8')}


def _another_kind(bot: DevsBot) -> object:
    return bot.platform.sign_feed(sequence=9, blocks=[], kind="nexus.proof/1")


def _spaced(bot: DevsBot) -> object:
    """Signed by the platform's own key over bytes that are not canonical."""
    statement = bot.platform.sign_feed(sequence=9, blocks=[])
    text = statement["payload"].replace(",", ", ")
    signature = bot.platform.key.private.sign(b"nexus-governance/v1\nnexus.feed/1\n" + text.encode())
    return {**statement, "payload": text, "signature": base64.b64encode(signature).decode()}


def _wrong_key(bot: DevsBot) -> object:
    return bot.platform.sign_feed(key=SigningKey.generate(), sequence=9, blocks=[])


def _borrowed_id(bot: DevsBot) -> object:
    statement = bot.platform.sign_feed(key=SigningKey.generate(), sequence=9, blocks=[])
    return {**statement, "key_id": bot.platform.key.key_id}


def _with_block(**changes: Any) -> Forgery:
    def forge(bot: DevsBot) -> object:
        block = {**bot.platform.blocks[0], **changes}
        return bot.platform.sign_feed(sequence=9, blocks=[block])

    return forge


def _with(**changes: Any) -> Forgery:
    return lambda bot: bot.platform.sign_feed(**{"sequence": 9, "blocks": [], **changes})


FORGERIES: dict[str, tuple[Forgery, str]] = {
    "unsigned": (_unsigned, "feed_untrusted"),
    "a flipped number": (_flipped, "feed_untrusted"),
    "another kind of statement": (_another_kind, "feed_untrusted"),
    "signed over other bytes": (_spaced, "feed_untrusted"),
    "a stranger's key": (_wrong_key, "feed_untrusted"),
    "a stranger under a borrowed key id": (_borrowed_id, "feed_untrusted"),
    "not a statement": (lambda _bot: [1, 2], "feed_malformed"),
    "from the future": (_with(issued_at="2027-01-01T00:00:00Z", expires_at="2027-01-02T00:00:00Z"), "feed_from_future"),
    "ends before it begins": (_with(expires_at="2026-03-01T11:00:00Z"), "feed_malformed"),
    "a moment without a zone": (_with(expires_at="2026-03-01T13:00:00"), "feed_malformed"),
    "a number that is a text": (_with(sequence="9"), "feed_malformed"),
    "a number that is a truth": (_with(sequence=True), "feed_malformed"),
    "a negative number": (_with(sequence=-1), "feed_malformed"),
    "blocks that are no list": (_with(blocks={}), "feed_malformed"),
    "a block that is no object": (_with(blocks=[1]), "feed_malformed"),
    "a block without a plugin": (_with(blocks=[{"id": "x"}]), "feed_malformed"),
    "a block newer than its feed": (_with_block(sequence=10), "feed_malformed"),
    "a block with a strange id": (_with_block(id="{" + "0" * 32 + "}"), "feed_malformed"),
    "a block with a digest in capitals": (_with_block(artifact_sha256=["A" * 64]), "feed_malformed"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_feed_moves_nothing(blocked_bot: DevsBot, forgery: str) -> None:
    forge, problem = FORGERIES[forgery]
    _serve_feed(blocked_bot, forge(blocked_bot))
    _assert_nothing_moved(blocked_bot, problem=problem)


def test_clock_a_little_late_still_takes_a_new_feed(blocked_bot: DevsBot) -> None:
    issued_at = blocked_bot.platform.clock() + timedelta(minutes=4)
    _serve_feed(blocked_bot, blocked_bot.platform.sign_feed(sequence=9, issued_at=format_moment(issued_at)))
    assert blocked_bot.client.poll().sequence == 9


def test_feed_that_never_ends_is_cut_off(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(200, b" " * (MAX_FEED_BYTES + 1))
    _assert_nothing_moved(blocked_bot, problem="answer_too_large")


def test_truncated_feed_is_refused(blocked_bot: DevsBot) -> None:
    whole = canonical_json(blocked_bot.platform.sign_feed(sequence=9, blocks=[]))
    blocked_bot.platform.answers[FEED] = Scripted(200, whole, {"Content-Length": str(len(whole) + 9)})
    _assert_nothing_moved(blocked_bot, problem="unreachable")


def test_redirected_feed_is_not_followed(blocked_bot: DevsBot) -> None:
    blocked_bot.platform.answers[FEED] = Scripted(302, headers={"Location": blocked_bot.platform.base_url + FEED})
    _assert_nothing_moved(blocked_bot, problem="answer_refused")


@contextmanager
def _raw_server(answer: Callable[[socket.socket], None]) -> Iterator[Transport]:
    """One connection to a server that writes whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connection, _ = listening.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield Transport.to(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Header: "])
def test_answer_that_drips_is_cut_off_in_time(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b"x")
                threading.Event().wait(0.05)
        except OSError:
            return

    with _raw_server(drip) as transport, pytest.raises(Unreachable):
        replace(transport, answer_seconds=0.5).get(FEED, max_bytes=1000)


def test_endless_answer_is_cut_off_at_its_limit() -> None:
    def flood(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    with _raw_server(flood) as transport, pytest.raises(AnswerTooLarge):
        transport.get(FEED, max_bytes=MAX_FEED_BYTES)


def test_silent_platform_is_given_up() -> None:
    def wait_for_the_end(connection: socket.socket) -> None:
        while connection.recv(65536):
            continue

    with _raw_server(wait_for_the_end) as transport, pytest.raises(Unreachable):
        replace(transport, answer_seconds=0.3).get(FEED, max_bytes=1000)


def test_nonsense_instead_of_http_is_unreachable() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x00\xffnonsense\r\n\r\n")

    with _raw_server(talk) as transport, pytest.raises(Unreachable):
        transport.get(FEED, max_bytes=1000)


@pytest.mark.parametrize(
    "address",
    [
        "http://governance.example.invalid",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@governance.example.invalid",
        "https://governance.example.invalid/?x=1",
        "https://governance.example.invalid:port",
        "//governance.example.invalid",
        "",
    ],
)
def test_address_without_tls_or_with_anything_odd_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        Transport.to(address)


@pytest.mark.parametrize(
    "address",
    ["https://governance.example.invalid/base/", "http://127.0.0.1:8000", "http://[::1]:80", "http://localhost"],
)
def test_https_anywhere_and_http_on_this_machine_are_taken(address: str) -> None:
    assert Transport.to(address).prefix in {"", "/base"}


def test_path_with_a_line_break_never_leaves() -> None:
    with pytest.raises(AnswerRefused):
        Transport.to("http://127.0.0.1:9").get("/x\r\nHost: eve", max_bytes=10)
