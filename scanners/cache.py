"""Keeps what an engine said about a file's bytes, so that equal bytes under equal rules are never looked at twice.

Holds no verdict and trusts no entry: one that is damaged, moved or cut reads as missing. A key is a hash of ours.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from scanners import limits
from scanners.errors import CacheUnsafe

KEY = re.compile(r"[0-9a-f]{64}")
DIGEST_BYTES = hashlib.sha256().digest_size
UNFINISHED = ".new-"
FULL_SHARE = 0.9  # of the bound that is left after an eviction, so that the next write does not evict again


class Cache(Protocol):
    """A store of bytes by key; it may forget anything at any time and never fails a scan."""

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the entries that are there and whole."""
        ...

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Store entries; an entry that cannot be stored is forgotten."""
        ...


class NoCache:
    """Remembers nothing."""

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return nothing."""
        return {}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Forget the entries."""


class MemoryCache:
    """Remembers within this process, the newest entries up to `max_bytes` of content."""

    def __init__(self, *, max_bytes: int = limits.CACHE_MEMORY_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: dict[str, bytes] = {}

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the entries that are there."""
        return {key: self._entries[key] for key in keys if key in self._entries}

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Store entries and forget the oldest beyond the bound."""
        for key, content in entries.items():
            self._bytes += len(content) - len(self._entries.pop(key, b""))
            self._entries[check_key(key)] = content
        while self._bytes > self._max_bytes:
            oldest = next(iter(self._entries))
            self._bytes -= len(self._entries.pop(oldest))


class DirectoryCache:
    """Remembers in a private folder that many processes share, up to about `max_bytes` of files.

    Raises CacheUnsafe when the folder belongs to, or may be written by, somebody else.
    """

    def __init__(self, root: Path, *, max_bytes: int = limits.CACHE_BYTES) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._until_check = 0
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = root.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise CacheUnsafe(f"{root} is not a private folder of this user")

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the entries that are there and whole; what is damaged is as good as missing."""
        found = {}
        for key in keys:
            content = self._read(self._place(key), key=key)
            if content is not None:
                found[key] = content
        return found

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Store entries, each at once or not at all; a full disk forgets them."""
        for key, content in entries.items():
            place = self._place(key)
            if len(content) > limits.CACHE_ENTRY_BYTES:
                continue
            with contextlib.suppress(OSError):
                write_whole(place, seal(content, key=key))
                self._until_check -= len(content) + DIGEST_BYTES
        if self._until_check < 0:
            self._until_check = self._max_bytes // 16
            self._evict()

    def _place(self, key: str) -> Path:
        return self._root / check_key(key)[:2] / key[2:]

    def _read(self, place: Path, *, key: str) -> bytes | None:
        try:
            # Nobody but us writes here; should a link have got in all the same, it is not followed.
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with open(handle, "rb") as file:  # noqa: PTH123 (a descriptor has no path)
            data = file.read(limits.CACHE_ENTRY_BYTES + DIGEST_BYTES + 1)
            age = time.time() - os.fstat(handle).st_mtime
        if age > limits.CACHE_TOUCH_SECONDS:
            with contextlib.suppress(OSError):
                os.utime(place)
        return unseal(data, key=key)

    def _evict(self) -> None:
        """Remove what was used longest ago until the bound is kept, and what a killed writer left behind."""
        now = time.time()
        files: list[tuple[float, int, str]] = []
        for path in self._root.glob("*/*"):
            with contextlib.suppress(OSError):
                found = path.lstat()
                if path.name.startswith(UNFINISHED) and now - found.st_mtime > limits.CACHE_TOUCH_SECONDS:
                    path.unlink()
                else:
                    files.append((found.st_mtime, found.st_size, str(path)))
        total = sum(size for _, size, _ in files)
        if total <= self._max_bytes:
            return
        for _, size, name in sorted(files):
            if total <= self._max_bytes * FULL_SHARE:
                return
            with contextlib.suppress(OSError):
                Path(name).unlink()
            total -= size


def make_key(
    engine: str, *, engine_digest: str, content_sha256: str, rules_digest: str = "", extra: Sequence[str] = ()
) -> str:
    """Return the key of what an engine says about some bytes: 64 hexadecimal digits.

    `extra` is whatever else the answer depends on, never a name that the plugin chose.
    """
    digest = hashlib.sha256()
    for part in (engine, engine_digest, rules_digest, content_sha256, *extra):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()


def check_key(key: str) -> str:
    """Return the key; raises ValueError unless `make_key` could have made it."""
    if not KEY.fullmatch(key):
        raise ValueError("not a key of the cache")
    return key


def seal(content: bytes, *, key: str) -> bytes:
    """Return content behind a checksum over itself and its key."""
    return hashlib.sha256(key.encode() + content).digest() + content


def unseal(data: bytes, *, key: str) -> bytes | None:
    """Return the content, or None when it is not what was sealed under this key."""
    content = data[DIGEST_BYTES:]
    return content if seal(content, key=key) == data else None


def write_whole(place: Path, data: bytes) -> None:
    """Write a private file so that no reader ever sees a part of it; raises OSError."""
    place.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = place.with_name(f"{UNFINISHED}{secrets.token_hex(8)}")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as file:  # noqa: PTH123 (a descriptor has no path)
            file.write(data)
        unfinished.replace(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
