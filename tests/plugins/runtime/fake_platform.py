"""A small platform on a real socket: catalogue, feed and the two places where runtimes speak.
Signs with its own key; a test scripts what goes wrong through `answers` and `hang_up_on`."""

import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from plugins.runtime.canonical import parse_json
from plugins.runtime.feed import FEED_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey, open_statement, sign_statement

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED = "/api/v1/runtime/feed"
INSTALLATIONS = "/api/v1/runtime/installations"
ACKNOWLEDGEMENTS = "/api/v1/runtime/acknowledgements"


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Scripted:
    """An answer out of the ordinary."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def problem(cls, status: int, code: str) -> "Scripted":
        return cls(status, json.dumps({"status": status, "code": code}).encode())


@dataclass
class FakePlatform:
    """What the platform knows; tests change it between requests."""

    clock: Clock
    key: SigningKey = field(default_factory=SigningKey.generate)
    base_url: str = ""
    sequence: int = 1
    blocks: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Scripted] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)
    before_answering: dict[str, Callable[[], None]] = field(default_factory=dict)
    feed: dict[str, str] | None = None
    bot_keys: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def feed_keys(self) -> dict[str, str]:
        return {self.key.key_id: self.key.public_base64}

    def publish(self, name: str, *, version: str = "1.0.0", publisher: str = "ada") -> bytes:
        data = f"the bytes of {publisher}/{name} {version}".encode()
        self.artifacts[f"/api/v1/catalogue/{publisher}/{name}/versions/{version}"] = data
        return data

    def block(self, plugin: str, *, versions: str = "*", publisher: str = "ada", **changes: Any) -> dict[str, Any]:
        self.sequence += 1
        block = {
            "id": str(uuid.uuid4()),
            "sequence": self.sequence,
            "takedown": str(uuid.uuid4()),
            "plugin": plugin,
            "publisher": publisher,
            "versions": versions,
            "artifact_sha256": [],
            "reason": "malware",
            "blocked_at": format_moment(self.clock()),
            **changes,
        }
        self.blocks.append(block)
        self.feed = None
        return block

    def lift(self, block: dict[str, Any]) -> None:
        self.sequence += 1
        self.blocks.remove(block)
        self.feed = None

    def refresh(self) -> None:
        """Sign the same blocks again, valid from now."""
        self.feed = None

    def sign_feed(self, *, key: SigningKey | None = None, **changes: Any) -> dict[str, str]:
        payload = {
            "kind": FEED_KIND,
            "sequence": self.sequence,
            "issued_at": format_moment(self.clock()),
            "expires_at": format_moment(self.clock() + timedelta(hours=1)),
            "blocks": list(self.blocks),
            **changes,
        }
        return sign_statement(payload, key=key or self.key)

    def said(self, path: str) -> list[dict[str, Any]]:
        """The payloads that arrived at `path`, each once."""
        return [payload for where, payload in self.received if where == path]

    def answer(self, method: str, path: str, *, body: bytes, etag: str | None) -> Scripted:
        self.requests.append((method, path))
        self.before_answering.get(path, lambda: None)()
        if path in self.answers:
            return self.answers[path]
        if path == FEED:
            return self._answer_feed(etag)
        if method == "POST":
            return self._take(path, body=body)
        return self._answer_catalogue(path)

    def _answer_feed(self, etag: str | None) -> Scripted:
        self.feed = self.feed or self.sign_feed()
        current = f'"{hashlib.sha256(self.feed["signature"].encode()).hexdigest()}"'
        if etag == current:
            return Scripted(304, headers={"ETag": current})
        return Scripted(200, json.dumps(self.feed).encode(), {"ETag": current})

    def _answer_catalogue(self, path: str) -> Scripted:
        address = path.removesuffix("/artifact")
        data = self.artifacts.get(address)
        if data is None:
            return Scripted.problem(404, "unknown_version")
        if path.endswith("/artifact"):
            return Scripted(200, data)
        publisher, plugin, _, version = address.removeprefix("/api/v1/catalogue/").split("/")
        offer = {
            "publisher": publisher,
            "plugin": plugin,
            "version": version,
            "artifact_sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            "permissions": {},
            "download_url": f"{address}/artifact",
        }
        return Scripted(200, json.dumps(offer).encode())

    def _take(self, path: str, *, body: bytes) -> Scripted:
        statement = parse_json(body, max_bytes=65536)
        kind = "nexus.installation/1" if path == INSTALLATIONS else "nexus.acknowledgement/1"
        payload = open_statement(statement, kind=kind, keys=self.bot_keys)
        if (path, payload) in self.received:
            return Scripted.problem(409, "acknowledgement_replayed")
        self.received.append((path, payload))
        blocked = any(
            (block["publisher"], block["plugin"]) == (payload["publisher"], payload["plugin"]) for block in self.blocks
        )
        return Scripted(201, json.dumps({"is_allowed": not blocked, "block_ids": []}).encode())


@contextmanager
def serve(platform: FakePlatform) -> Iterator[FakePlatform]:
    """Run the platform on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(body=b"")

        def do_POST(self) -> None:
            self._respond(body=self.rfile.read(int(self.headers["Content-Length"])))

        def _respond(self, *, body: bytes) -> None:
            etag = self.headers.get("If-None-Match")
            answer = platform.answer(self.command, self.path, body=body, etag=etag)
            if self.path in platform.hang_up_on:
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # the client may refuse to read on
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    platform.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
