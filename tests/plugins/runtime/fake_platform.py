"""A small platform on a real socket: catalogue, feed and the two places where runtimes speak.
Signs with its own key; a test scripts what goes wrong through `answers` and `hang_up_on`."""

import gzip
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

from plugins.runtime.canonical import canonical_json, parse_json
from plugins.runtime.content import GENESIS, chain_digest, describe_base
from plugins.runtime.freshness import FRESHNESS_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.root import ROOT_KIND
from plugins.runtime.signing import SigningKey, open_statement, sign_statement

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED = "/api/v1/runtime/feed"
INSTALLATIONS = "/api/v1/runtime/installations"
ACKNOWLEDGEMENTS = "/api/v1/runtime/acknowledgements"
PRESENCES = "/api/v1/runtime/presences"
ROOTS = "/api/v1/runtime/roots/"
BASES = "/api/v1/runtime/bases/"
KINDS = {
    INSTALLATIONS: "nexus.installation/1",
    ACKNOWLEDGEMENTS: "nexus.acknowledgement/1",
    PRESENCES: "nexus.presence/1",
}


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
    root_key: SigningKey = field(default_factory=SigningKey.generate)
    base_url: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    base: bytes = b""
    base_sequence: int = 0
    roots: list[dict[str, str]] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Scripted] = field(default_factory=dict)
    hang_up_on: set[str] = field(default_factory=set)
    before_answering: dict[str, Callable[[], None]] = field(default_factory=dict)
    feed: dict[str, str] | None = None
    bot_keys: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rebase()
        self.add_root(self.key)
        # A platform with a past: the first change is one that concerns nobody here.
        self.lift(self.block("nothing"))

    @property
    def sequence(self) -> int:
        return len(self.changes)

    @property
    def root(self) -> dict[str, str]:
        """What a bot is given at its enrolment."""
        return self.roots[0]

    def add_root(self, *feed_keys: SigningKey, signed_by: SigningKey | None = None, **changes: Any) -> dict[str, str]:
        """Publish the next version of the root, listing these keys."""
        far = {"valid_from": "2020-01-01T00:00:00Z", "valid_until": "2100-01-01T00:00:00Z"}
        payload = {
            "kind": ROOT_KIND,
            "version": len(self.roots) + 1,
            "expires_at": "2100-01-01T00:00:00Z",
            "root_keys": [self.root_key.public_base64],
            "feed_keys": [{"public": key.public_base64, **far} for key in feed_keys],
            **changes,
        }
        self.roots.append(sign_statement(payload, key=signed_by or self.root_key))
        return self.roots[-1]

    def publish(self, name: str, *, version: str = "1.0.0", publisher: str = "ada") -> bytes:
        data = f"the bytes of {publisher}/{name} {version}".encode()
        self.artifacts[f"/api/v1/catalogue/{publisher}/{name}/versions/{version}"] = data
        return data

    def block(self, plugin: str, *, versions: str = "*", publisher: str = "ada", **changes: Any) -> dict[str, Any]:
        block = {
            "id": str(uuid.uuid4()),
            "sequence": self.sequence + 1,
            "takedown": str(uuid.uuid4()),
            "plugin": plugin,
            "publisher": publisher,
            "versions": versions,
            "artifact_sha256": [],
            "reason": "malware",
            "blocked_at": format_moment(self.clock()),
            **changes,
        }
        self.changes.append({"sequence": self.sequence + 1, "action": "block", "block": block})
        self.blocks.append(block)
        self.feed = None
        return block

    def lift(self, block: dict[str, Any]) -> None:
        self.changes.append({"sequence": self.sequence + 1, "action": "lift", "lifts": block["id"]})
        self.blocks.remove(block)
        self.feed = None

    def rebase(self) -> None:
        """Write a base of this moment; changes before it are no longer offered."""
        self.base_sequence = self.sequence
        self.base = describe_base(self.sequence, digest=self.digest(), blocks=self.blocks)
        self.feed = None

    def digest(self, changes: list[dict[str, Any]] | None = None) -> str:
        """The digest after these changes, from the first one on."""
        digest = GENESIS
        for change in self.changes if changes is None else changes:
            digest = chain_digest(digest, change=change)
        return digest

    def refresh(self) -> None:
        """Sign the same blocks again, valid from now."""
        self.feed = None

    def sign_feed(self, *, key: SigningKey | None = None, **changes: Any) -> dict[str, str]:
        payload = {
            "kind": FRESHNESS_KIND,
            "sequence": self.sequence,
            "digest": self.digest(),
            "issued_at": format_moment(self.clock()),
            "expires_at": format_moment(self.clock() + timedelta(hours=1)),
            "base": {
                "sequence": self.base_sequence,
                "sha256": hashlib.sha256(self.base).hexdigest(),
                "size_bytes": len(self.base),
            },
            **changes,
        }
        return sign_statement(payload, key=key or self.key)

    def describe(self, freshness: object, *, changes: list[Any] | None = None, since: int = 0) -> dict[str, Any]:
        """An answer of the feed."""
        start = max(since, self.base_sequence)
        wanted = self.changes[start:] if changes is None else changes
        return {"root": len(self.roots), "freshness": freshness, "changes": wanted}

    def said(self, path: str) -> list[dict[str, Any]]:
        """The payloads that arrived at `path`, each once."""
        return [payload for where, payload in self.received if where == path]

    def answer(self, method: str, target: str, *, body: bytes, etag: str | None) -> Scripted:
        path, _, query = target.partition("?")
        self.requests.append((method, target))
        self.before_answering.get(path, lambda: None)()
        if path in self.answers:
            return self.answers[path]
        if path == FEED:
            return self._answer_feed(etag, since=int(query.removeprefix("since=") or 0))
        if path.startswith((ROOTS, BASES)):
            return self._answer_document(path)
        if method == "POST":
            return self._take(path, body=body)
        return self._answer_catalogue(path)

    def _answer_feed(self, etag: str | None, *, since: int) -> Scripted:
        self.feed = self.feed or self.sign_feed()
        current = f'W/"{hashlib.sha256(self.feed["signature"].encode()).hexdigest()}"'
        if etag == current:
            return Scripted(304, headers={"ETag": current})
        body = gzip.compress(canonical_json(self.describe(self.feed, since=since)))
        return Scripted(200, body, {"ETag": current, "Content-Encoding": "gzip"})

    def _answer_document(self, path: str) -> Scripted:
        if path == BASES + hashlib.sha256(self.base).hexdigest():
            return Scripted(200, self.base)
        version = path.removeprefix(ROOTS)
        if version.isdigit() and int(version) <= len(self.roots):
            return Scripted(200, canonical_json(self.roots[int(version) - 1]))
        return Scripted.problem(404, "not_found")

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
        payload = open_statement(statement, kind=KINDS[path], keys=self.bot_keys)
        if (path, payload) in self.received:
            return Scripted.problem(409, "acknowledgement_replayed")
        self.received.append((path, payload))
        if path == PRESENCES:
            return Scripted(201, b'{"orders_delivered":0}')
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
            if self.path.partition("?")[0] in platform.hang_up_on:
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
