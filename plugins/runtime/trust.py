"""What one runtime believes about the feed, and the only ways that belief may change: forward, whole, and kept.
TUF's order: root, freshness, content; a step that fails leaves everything as it was."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zlib import crc32

from .canonical import parse_json
from .content import EMPTY, Content, read_base
from .errors import (
    AnswerRefused,
    CanonicalError,
    FeedContentMismatch,
    FeedError,
    FeedKeyExpired,
    FeedKeyUnknown,
    FeedMalformed,
    FeedTooLarge,
    JsonTooLarge,
    RootExpired,
    Unreachable,
)
from .freshness import BaseName, Freshness, open_freshness, read_freshness
from .root import MAX_ROOT_BYTES, Root, read_first_root, read_next_root
from .state import StateFile
from .transport import DOWNLOAD_SECONDS, Answer, Transport

__all__ = ["MAX_FEED_BYTES", "Trust"]

FEED_PATH = "/api/v1/runtime/feed"
ROOT_PATH = "/api/v1/runtime/roots/"
BASE_PATH = "/api/v1/runtime/bases/"
MAX_FEED_BYTES = 8 * 1024 * 1024
CHANGES_KEPT = 1000  # from here on, each at a number of its own, runtimes begin again from the newest base
ROOTS_AT_ONCE = 64  # versions walked in one poll; a platform that offers more is followed at the next
_ETAG = re.compile(r'(?:W/)?"[!#-~]{0,128}"')


@dataclass(frozen=True, slots=True)
class _News:
    """An answer of the feed, taken apart and not yet believed."""

    root_version: int
    freshness: object
    changes: list[Any]

    @property
    def first(self) -> int:
        """The number its changes begin with; 0 without any."""
        first = self.changes[0].get("sequence") if self.changes and isinstance(self.changes[0], dict) else 0
        return first if isinstance(first, int) else 0


class Trust:
    """The root, the freshness and the content believed here; also across a restart."""

    def __init__(self, file: StateFile, *, ways: Sequence[Transport], first_root: Mapping[str, str]) -> None:
        """`ways` are tried in order. Raises RootError when the root handed over at the enrolment is not one."""
        self._file = file
        self._ways = ways
        self.root = read_first_root(file.state.root or first_root)
        self.freshness: Freshness | None = None
        self.content: Content | None = None
        self._read_stored()

    def is_current(self, now: datetime) -> bool:
        """Whether what is believed still says what holds now."""
        return self.freshness is not None and not self.freshness.is_expired(now)

    def poll(self, *, now: datetime) -> None:
        """Fetch and believe; raises FeedError or PlatformError, and then nothing has changed but the root."""
        etag = self._file.state.etag if self.is_current(now) else None
        headers = {"If-None-Match": etag} if etag else {}
        since = f"?since={self.content.sequence}" if self.content is not None else ""
        answer = self._get(FEED_PATH + since, max_bytes=MAX_FEED_BYTES, headers=headers)
        # "Not modified" is an answer only to that question, and only while what is stored is in date.
        if answer.status == 304 and etag is not None:
            return
        if answer.status != 200:
            raise AnswerRefused(f"the feed was answered with status {answer.status}")
        self._believe(_read_news(answer.body), now=now, etag=_read_etag(answer))

    def take(self, data: bytes, *, now: datetime) -> None:
        """Believe an answer of the feed that was pushed; what it leaves out is fetched. Raises like poll."""
        news = _read_news(data)
        have = self.content.sequence if self.content is not None else 0
        if news.first > have + 1:
            news = replace(news, changes=self._fetch_changes(since=have))
        self._believe(news, now=now, etag=None)

    def _believe(self, news: _News, *, now: datetime, etag: str | None) -> None:
        if news.root_version > self.root.version or self.root.is_expired(now):
            self._walk_roots()
        if self.root.is_expired(now):
            raise RootExpired(f"the root ended at {self.root.expires_at}; a newer version is needed")
        fresh = self._open(news.freshness, now=now)
        known = self.freshness
        if known is not None and known.sequence == fresh.sequence and known.expires_at >= fresh.expires_at:
            return
        content, base, changes = self._find_content(fresh, changes=news.changes)
        self._file.commit(
            replace(
                self._file.state,
                sequence=fresh.sequence,
                digest=fresh.digest,
                etag=etag,
                freshness=fresh.statement,
                base=base,
                changes=changes,
            )
        )
        self._file.drop_bases(keep=base)
        self.freshness, self.content = fresh, content

    def _open(self, statement: object, *, now: datetime) -> Freshness:
        try:
            return self._open_once(statement, now=now)
        except (FeedKeyUnknown, FeedKeyExpired):
            # A key may have been rotated while this runtime was away.
            if not self._walk_roots():
                raise
            return self._open_once(statement, now=now)

    def _open_once(self, statement: object, *, now: datetime) -> Freshness:
        state = self._file.state
        return open_freshness(
            statement, root=self.root, now=now, last_sequence=state.sequence, last_digest=state.digest
        )

    def _walk_roots(self) -> bool:
        """Follow the root's versions one by one; returns whether there was a newer one. Raises RootError."""
        first = self.root.version
        while self.root.version < first + ROOTS_AT_ONCE:
            answer = self._get(f"{ROOT_PATH}{self.root.version + 1}", max_bytes=MAX_ROOT_BYTES)
            if answer.status == 404:
                break
            if answer.status != 200:
                raise AnswerRefused(f"a root was answered with status {answer.status}")
            self._believe_root(read_next_root(_read_json(answer.body), after=self.root))
        return self.root.version > first

    def _believe_root(self, root: Root) -> None:
        state = replace(self._file.state, root=root.statement)
        signer = (state.freshness or {}).get("key_id")
        if signer is not None and signer not in root.feed_keys:
            # Whoever stole that key may have signed a number far ahead (TUF's fast-forward attack): count anew.
            state = replace(state, sequence=0, digest=None, etag=None, freshness=None)
            self.freshness = None
        self._file.commit(state)
        self.root = root

    def _find_content(
        self, fresh: Freshness, *, changes: list[Any]
    ) -> tuple[Content, str | None, tuple[Mapping[str, Any], ...]]:
        """The content `fresh` names, its base's digest, and the changes since; raises FeedContentMismatch."""
        state = self._file.state
        if self.content is not None and self.freshness is not None:
            new = _between(changes, after=self.content.sequence, until=fresh.sequence)
            if new is not None and len(state.changes) + len(new) <= _changes_kept_by(state.bot):
                return _require(self.content.extend(new), fresh), state.base, (*state.changes, *new)
        start, base = self._fetch_base(fresh.base)
        new = _between(changes, after=start.sequence, until=fresh.sequence)
        if new is None:
            new = _between(self._fetch_changes(since=start.sequence), after=start.sequence, until=fresh.sequence) or ()
        return _require(start.extend(new), fresh), base, new

    def _fetch_base(self, name: BaseName) -> tuple[Content, str | None]:
        if name.sequence == 0:
            return EMPTY, None
        # Large: it may take as long as an artifact.
        patient = [replace(way, answer_seconds=DOWNLOAD_SECONDS) for way in self._ways]
        answer = _ask_by(patient, path=BASE_PATH + name.sha256, max_bytes=name.size_bytes)
        if answer.status != 200:
            raise AnswerRefused(f"the base was answered with status {answer.status}")
        content = read_base(answer.body, sha256=name.sha256)
        if content.sequence != name.sequence:
            raise FeedContentMismatch("the base has another number than the freshness statement names")
        self._file.keep_base(answer.body, sha256=name.sha256)
        return content, name.sha256

    def _fetch_changes(self, *, since: int) -> list[Any]:
        answer = self._get(f"{FEED_PATH}?since={since}", max_bytes=MAX_FEED_BYTES)
        if answer.status != 200:
            raise AnswerRefused(f"the feed was answered with status {answer.status}")
        return _read_news(answer.body).changes

    def _get(self, path: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        return _ask_by(self._ways, path=path, max_bytes=max_bytes, headers=headers)

    def _read_stored(self) -> None:
        """What was believed before the restart; None when no key of today opens it, until the next poll."""
        state = self._file.state
        if state.freshness is None:
            return
        try:
            fresh = read_freshness(state.freshness, keys=self.root.public_keys)
            start = read_base(self._file.read_base(state.base), sha256=state.base) if state.base else EMPTY
            self.content = _require(start.extend(state.changes), fresh)
            self.freshness = fresh
        except (FeedError, OSError):
            return


def _ask_by(
    ways: Sequence[Transport], *, path: str, max_bytes: int, headers: Mapping[str, str] | None = None
) -> Answer:
    """Ask by the first way that answers; only by the last one a failure counts."""
    for way in ways[:-1]:
        try:
            answer = way.get(path, max_bytes=max_bytes, headers=headers)
        except Unreachable:
            continue
        if answer.status < 500:
            return answer
    return ways[-1].get(path, max_bytes=max_bytes, headers=headers)


def _changes_kept_by(bot: str) -> int:
    """Not one number for all: whoever listens since the same day would ask for the whole base in the same second."""
    return CHANGES_KEPT + crc32(bot.encode()) % CHANGES_KEPT


def _require(content: Content, fresh: Freshness) -> Content:
    if (content.sequence, content.digest) != (fresh.sequence, fresh.digest):
        raise FeedContentMismatch(f"the changes do not lead to number {fresh.sequence} as the platform signed it")
    return content


def _between(changes: list[Any], *, after: int, until: int) -> tuple[Any, ...] | None:
    """The changes from the number after `after` to `until`, or None when they are not all here."""
    numbers = {change.get("sequence"): change for change in changes if isinstance(change, dict)}
    wanted = range(after + 1, until + 1)
    if len(wanted) > len(numbers) or any(number not in numbers for number in wanted):
        return None
    return tuple(numbers[number] for number in wanted)


def _read_news(data: bytes) -> _News:
    values = _read_json(data)
    root, changes = values.get("root"), values.get("changes")
    if type(root) is not int or not isinstance(changes, list):
        raise FeedMalformed("an answer of the feed has root, freshness and changes")
    return _News(root, values.get("freshness"), changes)


def _read_json(data: bytes) -> dict[str, Any]:
    try:
        values = parse_json(data, max_bytes=MAX_FEED_BYTES)
    except JsonTooLarge as error:
        raise FeedTooLarge(f"a feed has at most {MAX_FEED_BYTES} bytes") from error
    except CanonicalError as error:
        raise FeedMalformed(f"the feed is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise FeedMalformed("an answer of the feed is an object")
    return values


def _read_etag(answer: Answer) -> str | None:
    etag = answer.headers.get("etag", "")
    return etag if _ETAG.fullmatch(etag) else None
