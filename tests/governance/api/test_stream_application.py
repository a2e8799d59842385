"""The stream's application, called as a server calls it: who leaves is forgotten, who stays hears a heartbeat."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from governance.api import stream
from governance.api.stream import StreamApplication
from tests.samples.feeds import FeedMaker

DEAD_BROKER = "redis://127.0.0.1:1/0"


class Called:
    """One connection of a server, as the application sees it."""

    def __init__(self, application: StreamApplication, *, path: str = stream.STREAM_PATH) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"since=0", "headers": []}
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(dict(message))


async def _running(application: StreamApplication, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(application({"type": "lifespan"}, messages.get, said.put))
    await messages.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    await act()
    await messages.put({"type": "lifespan.shutdown"})
    assert (await said.get())["type"] == "lifespan.shutdown.complete"
    await life


def _application(folder: Path, *, heartbeat_seconds: float = 60.0) -> StreamApplication:
    return StreamApplication(folder, broker_url=DEAD_BROKER, heartbeat_seconds=heartbeat_seconds)


def test_idle_stream_hears_heartbeats(tmp_path: Path) -> None:
    application = _application(tmp_path, heartbeat_seconds=0.02)

    async def act() -> None:
        called = Called(application)
        await asyncio.sleep(0.2)
        assert called.body.count(b": heartbeat\n\n") >= 3
        called.left.set()
        await called.task

    asyncio.run(_running(application, act))


def test_who_leaves_is_forgotten(tmp_path: Path) -> None:
    maker = FeedMaker(tmp_path)
    maker.block("clock")
    maker.publish()
    application = _application(tmp_path)

    async def act() -> None:
        called = [Called(application) for _ in range(50)]
        await asyncio.sleep(0.05)
        assert len(application._connections) == 50
        for connection in called:
            connection.left.set()
        await asyncio.gather(*(connection.task for connection in called))
        assert application._connections == set()

    asyncio.run(_running(application, act))


def test_who_comes_when_it_is_full_is_sent_to_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_CONNECTIONS", 1)
    application = _application(tmp_path)

    async def act() -> None:
        first = Called(application)
        await asyncio.sleep(0.01)
        second = Called(application)
        await second.task
        assert second.sent[0]["status"] == 503
        assert (b"retry-after", b"60") in second.sent[0]["headers"]
        first.left.set()
        await first.task

    asyncio.run(_running(application, act))


def test_nothing_published_yet_is_said_and_the_first_feed_reaches_who_waits(tmp_path: Path) -> None:
    maker = FeedMaker(tmp_path)
    application = _application(tmp_path)

    async def act() -> None:
        polled = Called(application, path="/api/v1/runtime/feed")
        await polled.task
        assert polled.sent[0]["status"] == 503
        waiting = Called(application)
        await asyncio.sleep(0.01)
        maker.block("clock")
        maker.publish()
        await asyncio.sleep(stream.LOOK_SECONDS + 0.3)
        assert b"id: 1\nevent: feed\n" in waiting.body
        waiting.left.set()
        await waiting.task

    asyncio.run(_running(application, act))


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"root": 1', b"\xff"])
def test_damaged_file_is_passed_over_and_the_next_publication_mends_it(tmp_path: Path, damage: bytes) -> None:
    maker = FeedMaker(tmp_path)
    maker.block("clock")
    maker.publish()
    application = _application(tmp_path)

    async def act() -> None:
        waiting = Called(application)
        await asyncio.sleep(0.01)
        assert b"id: 1\n" in waiting.body
        (tmp_path / "freshness.json").write_bytes(damage)
        await asyncio.sleep(stream.LOOK_SECONDS + 0.2)
        polled = Called(application, path="/api/v1/runtime/feed")
        await polled.task
        assert polled.sent[0]["status"] == 200, "what was read before still holds"
        maker.block("radio")
        maker.publish()
        await asyncio.sleep(stream.LOOK_SECONDS + 0.2)
        assert b"id: 2\n" in waiting.body
        waiting.left.set()
        await waiting.task

    asyncio.run(_running(application, act))
