"""What is answered about the feed from its folder alone: the feed, its bases and its roots, with or without a database.
The same bytes whichever process sends them; reads a file again only when it was replaced."""

import gzip
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from governance.feed_folder import FRESHNESS, GZIP_LEVEL, Publication, base_path, read_publication, root_path

log = logging.getLogger(__name__)

PREFIX = "/api/v1/runtime/"
FEED_MAX_AGE_SECONDS = 5  # every runtime may share one answer; longer would hold back the kill switch
PACK_FROM_BYTES = 512  # packing is done once for everybody who has the same number
MOST_KEPT = 512
_NUMBER = re.compile(r"[0-9]{1,15}")
_BASE = re.compile(r"bases/([0-9a-f]{64})")
_ROOT = re.compile(r"roots/([1-9][0-9]{0,8})")
_JSON = (b"content-type", b"application/json")
_SAFE = (b"x-content-type-options", b"nosniff")
_BRIEF = (b"cache-control", f"public, max-age={FEED_MAX_AGE_SECONDS}".encode())
_FOR_GOOD = (b"cache-control", b"public, max-age=31536000, immutable")

Headers = list[tuple[bytes, bytes]]
HEADERS_OF_STREAM: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    _SAFE,
]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, body and headers."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)


class FeedAnswers:
    """Answers from one folder, and remembers them until the next publication."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest: Publication | None = None
        self._seen: tuple[int, int] | None = None
        self._packed: dict[tuple[int | None, bool], Reply] = {}

    def newest(self) -> Publication | None:
        """The newest publication; the same object for as long as nothing was published that can be read."""
        try:
            status = (self._folder / FRESHNESS).stat()
            seen = (status.st_mtime_ns, status.st_ino)
            if seen != self._seen and (newest := read_publication(self._folder)) is not None:
                self._newest, self._seen, self._packed = newest, seen, {}
        except FileNotFoundError:
            return self._newest
        except OSError as error:
            # A shared folder that is away for a while: what was read before holds until it expires.
            log.warning("feed_folder_unreadable", extra={"error": type(error).__name__})
        return self._newest

    def reply(self, method: str, path: str, *, query: bytes, headers: Mapping[bytes, bytes]) -> Reply:
        """Answer a request; 404 for what is not the feed's."""
        if method not in {"GET", "HEAD"} or not path.startswith(PREFIX):
            return Reply(404)
        rest = path.removeprefix(PREFIX)
        if rest == "feed":
            return self.reply_feed(
                since=read_since(query, headers={}),
                etag=headers.get(b"if-none-match", b"").decode("latin-1"),
                is_packed=b"gzip" in headers.get(b"accept-encoding", b""),
            )
        if match := _BASE.fullmatch(rest):
            return self.reply_base(match[1], is_packed=b"gzip" in headers.get(b"accept-encoding", b""))
        if match := _ROOT.fullmatch(rest):
            return self.reply_root(int(match[1]))
        return Reply(404)

    def reply_feed(self, *, since: int | None, etag: str, is_packed: bool) -> Reply:
        """The feed for a runtime that has number `since`; 503 before anything was published."""
        newest = self.newest()
        if newest is None:
            return Reply(503)
        if etag == newest.etag:
            return unchanged(newest)
        known = since_of(newest, since=since)
        kept = self._packed.get((known, is_packed))
        if kept is None:
            kept = answer_feed(newest, since=known, is_packed=is_packed)
            if len(self._packed) < MOST_KEPT:
                self._packed[known, is_packed] = kept
        return kept

    def reply_base(self, sha256: str, *, is_packed: bool) -> Reply:
        """A base by its digest, packed as it lies there."""
        path = base_path(self._folder, sha256)
        try:
            if is_packed:
                packed = path.with_suffix(".json.gz").read_bytes()
                return Reply(200, packed, [_JSON, _SAFE, _FOR_GOOD, (b"content-encoding", b"gzip")])
            return Reply(200, path.read_bytes(), [_JSON, _SAFE, _FOR_GOOD])
        except FileNotFoundError:
            return Reply(404)

    def reply_root(self, version: int) -> Reply:
        """A version of the root document, for runtimes that walk from one to the next."""
        try:
            return Reply(200, root_path(self._folder, version).read_bytes(), [_JSON, _SAFE, _BRIEF])
        except FileNotFoundError:
            return Reply(404)


def read_since(query: bytes, *, headers: Mapping[bytes, bytes]) -> int | None:
    """The number a runtime has: of the last event it saw, or as it says in its address."""
    seen = headers.get(b"last-event-id", b"").decode("latin-1")
    asked = parse_qs(query.decode("latin-1")).get("since", [""])[0]
    return next((int(text) for text in (seen, asked) if _NUMBER.fullmatch(text)), None)


def since_of(newest: Publication, *, since: int | None) -> int | None:
    """Whose answer fits: numbers that nobody can have, and those long past, each share one."""
    if since is None or since + 1 < newest.first:
        return None
    return min(since, newest.sequence)


def unchanged(newest: Publication) -> Reply:
    """The answer to a runtime that has exactly this."""
    return Reply(304, b"", [(b"etag", newest.etag.encode()), _BRIEF])


def answer_feed(newest: Publication, *, since: int | None, is_packed: bool) -> Reply:
    """The feed for a runtime that has number `since`."""
    body = newest.answer(since=since)
    headers = [_JSON, _SAFE, _BRIEF, (b"etag", newest.etag.encode()), (b"vary", b"accept-encoding")]
    if is_packed and len(body) >= PACK_FROM_BYTES:
        packed = gzip.compress(body, compresslevel=GZIP_LEVEL, mtime=0)
        return Reply(200, packed, [*headers, (b"content-encoding", b"gzip")])
    return Reply(200, body, headers)
