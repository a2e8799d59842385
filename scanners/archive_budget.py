"""Counts what an archive inflates to, while it inflates, and refuses it the moment a limit is passed.

Sizes an archive states about itself are never believed here.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners import limits
from scanners.errors import ArchiveRefused


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as the reader found it; `chunks` must be drained before the next entry is asked for."""

    name: str
    is_folder: bool
    chunks: Iterator[bytes]
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd that is no reason to refuse: the rule that names it, the member ("" for the whole), and what."""

    rule_id: str
    path: str
    detail: str


@dataclass
class Budget:
    """Bytes in, bytes out, entries and seconds of one artifact, with the archives inside it; and what was odd."""

    packed: int = 0
    inflated: int = 0
    entries: int = 0
    deadline: float = field(default_factory=lambda: time.monotonic() + limits.UNPACK_SECONDS)
    remarks: dict[tuple[str, str], Remark] = field(default_factory=dict)

    def remark(self, rule_id: str, *, detail: str, path: str = "") -> None:
        """Keep a remark, once for each rule and path."""
        self.remarks.setdefault((rule_id, path), Remark(rule_id=rule_id, path=path, detail=detail))

    def nest(self) -> "Budget":
        """Return a budget for an archive inside: what is left of this one, with remarks of its own."""
        return Budget(packed=self.packed, inflated=self.inflated, entries=self.entries, deadline=self.deadline)

    def take_back(self, inner: "Budget", *, path: str) -> None:
        """Take over what the archive inside has used, and its remarks under the path it stands at."""
        self.packed, self.inflated, self.entries = inner.packed, inner.inflated, inner.entries
        for remark in inner.remarks.values():
            self.remark(remark.rule_id, detail=remark.detail, path=join_nested(path, remark.path))

    def check_time(self) -> None:
        """Raise ArchiveRefused when the artifact has had its time."""
        if time.monotonic() > self.deadline:
            raise ArchiveRefused("archive_time", f"unpacking takes over {limits.UNPACK_SECONDS:.0f} seconds")

    def count_entry(self) -> None:
        """Count one member; raises ArchiveRefused above the limit."""
        self.check_time()
        self.entries += 1
        if self.entries > limits.ENTRIES:
            raise ArchiveRefused("archive_entry_count", f"over {limits.ENTRIES} entries")

    def count_bytes(self, *, packed: int, inflated: int) -> None:
        """Count bytes read and bytes produced; raises ArchiveRefused above size or ratio."""
        self.check_time()
        self.packed += packed
        self.inflated += inflated
        if self.inflated > limits.UNPACKED_BYTES:
            raise ArchiveRefused("archive_bomb_size", f"inflates to over {limits.UNPACKED_BYTES} bytes")
        if self.inflated > limits.RATIO_FLOOR_BYTES and self.inflated > limits.RATIO * max(self.packed, 1):
            raise ArchiveRefused("archive_bomb_ratio", f"inflates to over {limits.RATIO} times its size")


def join_nested(path: str, name: str) -> str:
    """Return the path of a member inside an archive inside the artifact; no name of a member holds "!/"."""
    return f"{path}!/{name}" if name else path


def cap_member(chunks: Iterator[bytes], *, name: str) -> Iterator[bytes]:
    """Yield the chunks of one member; raises ArchiveRefused when it grows above the limit."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.MEMBER_BYTES:
            raise ArchiveRefused("archive_member_size", f"{name!r} is over {limits.MEMBER_BYTES} bytes")
        yield chunk
