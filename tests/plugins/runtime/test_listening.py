"""Reading a stream that anybody may have written: bounded, and nothing of it is believed unchecked."""

import io
import threading
from http.client import HTTPResponse
from typing import Any, cast

import pytest

from plugins.runtime import listening
from plugins.runtime.errors import AnswerTooLarge
from plugins.runtime.listening import Listener, read_events
from tests.plugins.runtime.fake_platform import FakePlatform, Scripted


def _events(text: bytes) -> list[tuple[str, bytes]]:
    response = cast("HTTPResponse", cast("Any", io.BytesIO(text)))
    return [(event.id, event.data) for event in read_events(response)]


def test_events_are_told_apart_and_heartbeats_are_none() -> None:
    text = b": heartbeat\n\nretry: 2000\n\nid: 7\nevent: feed\ndata: one\n\n: heartbeat\n\nid: 8\r\ndata: two\r\n\r\n"
    assert _events(text) == [("7", b"one"), ("8", b"two")]


def test_lines_of_one_event_are_joined_and_a_cut_event_is_dropped() -> None:
    assert _events(b"data: a\ndata:b\n\ndata: cut off") == [("", b"a\nb")]


@pytest.mark.parametrize("name", [b"7\rHost: eve", b"x", b"9" * 30, b"\xff"])
def test_strange_id_never_reaches_a_header(name: bytes) -> None:
    assert _events(b"id: " + name + b"\ndata: one\n\n") == [("", b"one")]


@pytest.mark.parametrize("text", [b"data: " + b"x" * 200, b"data: xxxxxxxxxx\n" * 20, b"x" * 200])
def test_event_without_end_is_cut_off(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_FEED_BYTES", 100)
    monkeypatch.setattr(listening, "MAX_LINE_BYTES", 150)
    with pytest.raises(AnswerTooLarge):
        _events(text)


def test_server_that_closes_every_stream_at_once_is_asked_ever_more_seldom(platform: FakePlatform) -> None:
    platform.answers[listening.STREAM_PATH] = Scripted(200, b"id: 3\ndata: {}\n\n")
    heard: list[bytes] = []
    listener = Listener(platform.base_url, on_event=heard.append, chance=lambda: 0.0)
    stopping = threading.Event()
    thread = threading.Thread(target=listener.run, args=[stopping])
    thread.start()
    while len(heard) < 4:
        assert thread.is_alive()
    stopping.set()
    thread.join(timeout=10)
    assert set(heard) == {b"{}"}
    assert listener._failures >= 3
