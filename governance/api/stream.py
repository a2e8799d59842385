"""The feed and its stream as one small ASGI application: no database, no sessions, only what was published.
Tells every connected runtime the moment a publication is there; a broker that is down costs a second."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from governance.api.feed_answers import HEADERS_OF_STREAM, FeedAnswers, Reply, read_since
from governance.broker import FEED_CHANNEL
from governance.feed_folder import Publication

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger(__name__)

STREAM_PATH = "/api/v1/runtime/stream"
LOOK_SECONDS = 1.0  # how late a publication is noticed while the broker is down
RECONNECT_SECONDS = 1.0
MOST_CONNECTIONS = 15_000  # of one process; who comes later polls
RETRY_MS = 2000
HEARTBEAT = b": heartbeat\n\n"


class _Connection:
    """One runtime on the stream: what it was told last, and the one send that may be under way."""

    def __init__(self, send: Send, *, since: int | None) -> None:
        self.send = send
        self.since = since
        self.told: Publication | None = None
        self.sending: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        return self.sending is None or self.sending.done()


class StreamApplication:
    """Serves what lies in one folder; all connections of a process share one reading of it."""

    def __init__(self, folder: Path, *, broker_url: str, heartbeat_seconds: float) -> None:
        self._answers = FeedAnswers(folder)
        self._broker_url = broker_url
        self._heartbeat_seconds = heartbeat_seconds
        self._woken = asyncio.Event()
        self._connections: set[_Connection] = set()
        self._events: dict[int | None, bytes] = {}
        self._newest: Publication | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, as ASGI 3 calls it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == STREAM_PATH and scope["method"] == "GET":
            await self._hold_open(scope, receive, send)
        elif scope["type"] == "http":
            headers = dict(scope["headers"])
            reply = self._answers.reply(scope["method"], scope["path"], query=scope["query_string"], headers=headers)
            await _send_reply(send, reply)

    # What runs beside the requests.

    async def _live(self, receive: Receive, send: Send) -> None:
        tasks: list[asyncio.Task[None]] = []
        while (message := await receive())["type"] != "lifespan.shutdown":
            if message["type"] == "lifespan.startup":
                self._look()
                running = (self._watch_folder(), self._hear_broker(), self._beat())
                tasks = [asyncio.create_task(work) for work in running]
                await send({"type": "lifespan.startup.complete"})
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _watch_folder(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
            self._woken.clear()
            self._look()

    async def _hear_broker(self) -> None:
        while True:
            try:
                async with redis.asyncio.Redis.from_url(self._broker_url) as broker, broker.pubsub() as heard:
                    await heard.subscribe(FEED_CHANNEL)
                    async for message in heard.listen():
                        if message["type"] == "message":
                            self._woken.set()
            except (RedisError, OSError) as error:
                log.warning("stream_without_broker", extra={"error": type(error).__name__})
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            for connection in tuple(self._connections):
                if connection.is_idle:
                    connection.sending = asyncio.create_task(_send_part(connection.send, HEARTBEAT))

    def _look(self) -> None:
        """Read the folder when it changed, and tell everybody what is new."""
        newest = self._answers.newest()
        if newest is self._newest:
            return
        self._newest, self._events = newest, {}
        for connection in tuple(self._connections):
            self._push(connection)

    # One connection.

    async def _hold_open(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            await _send_reply(send, Reply(503, b"", [(b"retry-after", b"60")]))
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS_OF_STREAM})
        await _send_part(send, f"retry: {RETRY_MS}\n\n".encode())
        since = read_since(scope["query_string"], headers=dict(scope["headers"]))
        connection = _Connection(send, since=since)
        # Whoever comes between two looks is not told of the past.
        self._look()
        self._connections.add(connection)
        try:
            self._push(connection)
            while (await receive())["type"] != "http.disconnect":
                continue
        finally:
            self._connections.discard(connection)
            if connection.sending is not None:
                connection.sending.cancel()

    def _push(self, connection: _Connection) -> None:
        # Whoever reads too slowly for the last one is told the newest when it is done with it.
        if connection.is_idle:
            connection.sending = asyncio.create_task(self._catch_up(connection))

    async def _catch_up(self, connection: _Connection) -> None:
        while (newest := self._newest) is not None and connection.told is not newest:
            event = self._event(newest, since=connection.since)
            connection.told, connection.since = newest, newest.sequence
            await _send_part(connection.send, event)

    def _event(self, newest: Publication, *, since: int | None) -> bytes:
        event = self._events.get(since)
        if event is None:
            event = b"id: %d\nevent: feed\ndata: %s\n\n" % (newest.sequence, newest.answer(since=since))
            self._events[since] = event
        return event


async def _send_part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _send_reply(send: Send, reply: Reply) -> None:
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
