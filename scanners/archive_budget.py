"""Counts what an archive inflates to, while it inflates, and refuses it the moment a limit is passed.

Sizes an archive states about itself are never believed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scanners import limits
from scanners.errors import ArchiveRefused


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as the reader found it; `chunks` must be drained before the next entry is asked for."""

    name: str
    is_folder: bool
    chunks: Iterator[bytes]


@dataclass
class Budget:
    """Bytes in, bytes out and entries of one archive."""

    packed: int = 0
    inflated: int = 0
    entries: int = 0

    def count_entry(self) -> None:
        """Count one member; raises ArchiveRefused above the limit."""
        self.entries += 1
        if self.entries > limits.ENTRIES:
            raise ArchiveRefused("archive_entry_count", f"over {limits.ENTRIES} entries")

    def count_bytes(self, *, packed: int, inflated: int) -> None:
        """Count bytes read and bytes produced; raises ArchiveRefused above size or ratio."""
        self.packed += packed
        self.inflated += inflated
        if self.inflated > limits.UNPACKED_BYTES:
            raise ArchiveRefused("archive_bomb_size", f"inflates to over {limits.UNPACKED_BYTES} bytes")
        if self.inflated > limits.RATIO_FLOOR_BYTES and self.inflated > limits.RATIO * max(self.packed, 1):
            raise ArchiveRefused("archive_bomb_ratio", f"inflates to over {limits.RATIO} times its size")


def cap_member(chunks: Iterator[bytes], *, name: str) -> Iterator[bytes]:
    """Yield the chunks of one member; raises ArchiveRefused when it grows above the limit."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.MEMBER_BYTES:
            raise ArchiveRefused("archive_member_size", f"{name!r} is over {limits.MEMBER_BYTES} bytes")
        yield chunk
