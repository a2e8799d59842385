"""The feed as files: what is signed, served without a database, and never seen half-written.
Content is named by what it holds and freshness goes last, so that a reader finds everything it names."""

import fcntl
import gzip
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from plugins.runtime.canonical import canonical_json, parse_json
from plugins.runtime.moments import parse_moment
from plugins.runtime.root import Root, read_first_root

FRESHNESS = "freshness.json"
MAX_BYTES = 256 * 1024 * 1024
GZIP_LEVEL = 6
_ROOT = re.compile(r"root-([1-9][0-9]{0,8})\.json")
_HEAD = frozenset({"root", "freshness", "sequence", "issued_at", "base", "first"})
_CONTENT = re.compile(r"(base|changes)-[0-9a-f-]+\.json(\.gz)?")


@dataclass(frozen=True)
class Publication:
    """A signed freshness statement and the changes a runtime may need to follow it.

    `changes` are canonical JSON; the first has the number `first`, the last that of the statement.
    """

    root_version: int
    statement: Mapping[str, str]
    sequence: int
    issued_at: str
    base_sequence: int
    base_sha256: str
    first: int
    changes: tuple[bytes, ...]

    @property
    def etag(self) -> str:
        """Changes with every signature. Weak: the same feed, packed or not."""
        return f'W/"{hashlib.sha256(self.statement["signature"].encode()).hexdigest()[:32]}"'

    def answer(self, *, since: int | None) -> bytes:
        """What a runtime is told that has the feed of number `since`, or none: changes, freshness, root."""
        start = self.base_sequence if since is None or since + 1 < self.first else since
        wanted = self.changes[max(start + 1 - self.first, 0) :]
        parts = (b'{"changes":[', b",".join(wanted), b'],"freshness":', self._statement, b',"root":')
        return b"".join((*parts, str(self.root_version).encode(), b"}"))

    @property
    def _statement(self) -> bytes:
        return canonical_json(dict(self.statement))


def publish_files(folder: Path, publication: Publication, *, base: bytes | None) -> bool:
    """Write a publication, unless a newer one is there; returns whether it was written."""
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        if not _is_newer(folder, publication):
            return False
        if base is not None and not base_path(folder, publication.base_sha256).exists():
            write_atomically(base_path(folder, publication.base_sha256).with_suffix(".json.gz"), data=_pack(base))
            write_atomically(base_path(folder, publication.base_sha256), data=base)
        changes = b"[" + b",".join(publication.changes) + b"]"
        name = _changes_name(publication.first, publication.sequence)
        if not (folder / name).exists():
            write_atomically(folder / name, data=changes)
        head = {
            "root": publication.root_version,
            "freshness": dict(publication.statement),
            "sequence": publication.sequence,
            "issued_at": publication.issued_at,
            "base": {"sequence": publication.base_sequence, "sha256": publication.base_sha256},
            "first": publication.first,
        }
        write_atomically(folder / FRESHNESS, data=canonical_json(head))
        _drop_old(folder, keep={name, base_path(folder, publication.base_sha256).name})
    return True


def read_publication(folder: Path) -> Publication | None:
    """The newest publication, or None where nothing that can be read was ever published."""
    # Between reading the head and what it names a writer may have moved on: the next head names what is there.
    for _ in range(3):
        head = _read_head(folder)
        if head is None:
            return None
        try:
            changes = _read_changes(folder / _changes_name(head["first"], head["sequence"]))
        except (FileNotFoundError, ValueError):
            continue
        return Publication(
            root_version=head["root"],
            statement=head["freshness"],
            sequence=head["sequence"],
            issued_at=head["issued_at"],
            base_sequence=head["base"]["sequence"],
            base_sha256=head["base"]["sha256"],
            first=head["first"],
            changes=changes,
        )
    return None


def base_path(folder: Path, sha256: str) -> Path:
    """Where a base's bytes are."""
    return folder / f"base-{sha256}.json"


def list_roots(folder: Path) -> list[int]:
    """The versions of the root that are published, rising."""
    if not folder.is_dir():
        return []
    found = (_ROOT.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def read_root(folder: Path, *, version: int) -> Root:
    """A published root document; raises RootError or OSError."""
    path = root_path(folder, version)
    return _read_root(path, path.stat().st_mtime_ns)


def root_path(folder: Path, version: int) -> Path:
    """Where a version of the root is."""
    return folder / f"root-{version}.json"


def write_atomically(path: Path, *, data: bytes) -> None:
    """Replace a file whole: a reader finds the old or the new one, also after a crash."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@lru_cache(maxsize=16)
def _read_root(path: Path, _changed_ns: int) -> Root:
    return read_first_root(parse_json(path.read_bytes(), max_bytes=MAX_BYTES))


def _read_head(folder: Path) -> dict[str, Any] | None:
    """What is published, or None: a file that cannot be read is replaced by the next publication."""
    try:
        head = json.loads((folder / FRESHNESS).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return head if isinstance(head, dict) and head.keys() >= _HEAD else None


def _read_changes(path: Path) -> tuple[bytes, ...]:
    changes: Sequence[Any] = json.loads(path.read_bytes())
    return tuple(canonical_json(change) for change in changes)


def _is_newer(folder: Path, publication: Publication) -> bool:
    """Of two writers the slower one may hold the older feed: it must not undo the newer one."""
    head = _read_head(folder)
    if head is None:
        return True
    held = (head["sequence"], parse_moment(head["issued_at"]), head["base"]["sequence"])
    return (publication.sequence, parse_moment(publication.issued_at), publication.base_sequence) > held


def _changes_name(first: int, last: int) -> str:
    return f"changes-{first}-{last}.json"


def _drop_old(folder: Path, *, keep: set[str]) -> None:
    """Remove content that nobody can be reading any longer: all but the newest two of each kind."""
    for kind in ("base", "changes"):
        found = [
            path for path in folder.iterdir() if path.name.startswith(f"{kind}-") and _CONTENT.fullmatch(path.name)
        ]
        whole = sorted((path for path in found if path.suffix == ".json"), key=lambda path: path.stat().st_mtime_ns)
        kept = keep | {path.name for path in whole[-2:]}
        for path in found:
            if path.name.removesuffix(".gz") not in kept:
                path.unlink(missing_ok=True)


def _pack(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=GZIP_LEVEL, mtime=0)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
