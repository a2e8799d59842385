"""Opens an archive that is a file of an artifact: zip, tar, gzip, and a zip that hangs behind something else.

Goes one level deep. Whatever is refused here stays unread, and says so.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry
from scanners.archive_gzip import GzipStream
from scanners.archive_tar import BLOCK, is_tar_header, iterate_tar
from scanners.archive_zip import iterate_zip
from scanners.archive_zip_directory import END, END64, END64_MARK, END_MARK, LOCATOR64, LONGEST_COMMENT
from scanners.errors import ArchiveRefused

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_MAGIC = b"\x1f\x8b\x08"
GZIP_SUFFIXES = {".gz": "", ".tgz": ".tar", ".svgz": ".svg"}
# Past one of these the artifact as a whole has used up what it may use.
SHARED_LIMITS = frozenset(["archive_bomb_size", "archive_bomb_ratio", "archive_entry_count", "archive_time"])


@dataclass(frozen=True, slots=True)
class Nested:
    """An archive that was recognised; `is_appended` when it hangs behind something that is no archive."""

    entries: Iterator[Entry]
    is_appended: bool = False


class PlainStream:
    """A tar that is not compressed, read in bounded steps."""

    def __init__(self, handle: BinaryIO, *, budget: Budget) -> None:
        self._handle = handle
        self._budget = budget

    def read(self, count: int) -> bytes:
        """Return exactly that many bytes; raises ArchiveRefused when there are fewer."""
        data = self._handle.read(count)
        if len(data) != count:
            raise ArchiveRefused("archive_truncated", "the tar ends in the middle of an entry")
        self._budget.count_bytes(packed=count, inflated=count)
        return data

    def is_at_end(self) -> bool:
        """Say whether nothing is left."""
        has_more = bool(self._handle.read(1))
        if has_more:
            self._handle.seek(-1, io.SEEK_CUR)
        return not has_more


class Window(io.RawIOBase):
    """A file from some byte on, as if it began there."""

    def __init__(self, handle: BinaryIO, *, start: int) -> None:
        super().__init__()
        self._handle = handle
        self._start = start
        handle.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Return at most that many bytes."""
        return self._handle.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a byte counted from where the window begins."""
        return self._handle.seek(offset + self._start) - self._start

    def tell(self) -> int:
        """Return the position counted from where the window begins."""
        return self._handle.tell() - self._start


def open_nested(handle: BinaryIO, *, size: int, name: str, budget: Budget) -> Nested | None:
    """Return the archive that this file is or carries, None when it is none that is read here.

    Its entries raise ArchiveRefused as those of an artifact do.
    """
    head = handle.read(BLOCK)
    handle.seek(0)
    if head.startswith(ZIP_MAGIC):
        return Nested(iterate_zip(handle, size=size, budget=budget))
    if head.startswith(GZIP_MAGIC):
        return Nested(iterate_gzip(handle, name=name, budget=budget))
    if is_tar_header(head):
        return Nested(iterate_tar(PlainStream(handle, budget=budget), budget=budget))
    found = find_appended_zip(handle, size=size)
    handle.seek(0)
    if found is None:
        return None
    base, start = found
    window: BinaryIO = Window(handle, start=base)  # type: ignore[assignment]  # reads, seeks and tells are all it is asked
    entries = iterate_zip(window, size=size - base, budget=budget, start=start)
    # "#!" before a zip is how zipapp starts Python.
    return Nested(entries, is_appended=not head.startswith(b"#!"))


def iterate_gzip(handle: BinaryIO, *, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the members of a compressed tar, or the one file that is compressed; raises ArchiveRefused."""
    stream = GzipStream(handle, budget=budget)
    if is_tar_header(stream.peek(BLOCK)):
        yield from iterate_tar(stream, budget=budget)
        return
    budget.count_entry()
    path = PurePosixPath(name)
    suffix = GZIP_SUFFIXES.get(path.suffix.casefold())
    inner = path.name if suffix is None else path.stem + suffix
    yield Entry(name=inner, is_folder=False, chunks=iter(stream.read_some, b""))


def find_appended_zip(handle: BinaryIO, *, size: int) -> tuple[int, int] | None:
    """Return where a zip behind something else begins and where its first entry lies in it; None when there is none.

    Two conventions exist: offsets count from the zip's own beginning, or from the beginning of the file.
    """
    tail_start = max(size - END.size - LONGEST_COMMENT, 0)
    handle.seek(tail_start)
    tail = handle.read(END.size + LONGEST_COMMENT)
    found = find_zip_end(tail)
    if found is None:
        return None
    fields = END.unpack_from(tail, found)
    length, start = fields[5], fields[6]
    wide = END64.size + LOCATOR64.size
    has_wide = found >= wide and tail[found - wide : found - wide + 4] == END64_MARK
    base = tail_start + found - length - start - (wide if has_wide else 0)
    if base > 0:
        return base, 0
    handle.seek(start)
    central = handle.read(limits.CHUNK_BYTES)
    first = int.from_bytes(central[42:46], "little") if base == 0 and central.startswith(b"PK\x01\x02") else 0
    return max(base, 0), first


def find_zip_end(tail: bytes) -> int | None:
    """Return where the end record of a zip lies in the last bytes of a file, None when the file does not end as one."""
    position = tail.rfind(END_MARK)
    while position >= 0:
        comment = len(tail) - position - END.size
        if comment >= 0 and int.from_bytes(tail[position + END.size - 2 : position + END.size], "little") == comment:
            return position
        position = tail.rfind(END_MARK, 0, position)
    return None
