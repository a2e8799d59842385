"""Reads a gzip-compressed tar as one stream: regular files and folders only, and nothing after the end.

Never asks the standard library's tarfile, whose extraction filters have been bypassed more than once.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry
from scanners.archive_names import decode_name
from scanners.errors import ArchiveRefused

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
# pax keys (POSIX.1-2008, pax) that say nothing about content; any other could change size, target or sparseness.
PAX_ALLOWED = frozenset(["path", "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"])
REFUSED_TYPES = {b"1": "archive_hardlink", b"2": "archive_symlink", b"3": "archive_device",
                 b"4": "archive_device", b"6": "archive_device"}  # fmt: skip


class GzipStream:
    """A single gzip member read in bounded steps; raises ArchiveRefused for damage and for bytes after it."""

    def __init__(self, handle: BinaryIO, *, budget: Budget) -> None:
        self._handle = handle
        self._budget = budget
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer = bytearray()
        self._packed = b""

    def read(self, count: int) -> bytes:
        """Return exactly that many bytes; raises ArchiveRefused when the stream ends before."""
        while len(self._buffer) < count:
            if not self._fill():
                raise ArchiveRefused("archive_truncated", "the tar ends in the middle of an entry")
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def is_at_end(self) -> bool:
        """Say whether nothing is left."""
        return not self._buffer and not self._fill()

    def _fill(self) -> bool:
        while not self._decoder.eof:
            try:
                chunk = self._decoder.decompress(self._packed, limits.CHUNK_BYTES)
            except zlib.error as error:
                raise ArchiveRefused("archive_truncated", f"damaged compressed data: {error}") from None
            self._packed = self._decoder.unconsumed_tail
            self._budget.count_bytes(packed=0, inflated=len(chunk))
            if chunk:
                self._buffer += chunk
                return True
            # Asked only now: zlib may hold back output after the last input byte.
            if not self._packed and not self._decoder.eof:
                self._read_packed()
        if self._decoder.unused_data or self._handle.read(1):
            raise ArchiveRefused("archive_trailing_data", "bytes follow the gzip stream")
        return False

    def _read_packed(self) -> None:
        self._packed = self._handle.read(limits.CHUNK_BYTES)
        self._budget.count_bytes(packed=len(self._packed), inflated=0)
        if not self._packed:
            raise ArchiveRefused("archive_truncated", "the gzip stream is cut off")


@dataclass(frozen=True, slots=True)
class TarHeader:
    name: str
    size: int
    kind: bytes


def iterate_tar_gz(handle: BinaryIO, *, budget: Budget) -> Iterator[Entry]:
    """Yield every member in file order; raises ArchiveRefused at the first disagreement."""
    stream = GzipStream(handle, budget=budget)
    override: str | None = None
    while (block := stream.read(BLOCK)) != ZERO_BLOCK:
        budget.count_entry()
        header = parse_header(block)
        if header.kind in (b"x", b"g", b"L"):
            content = read_extended(stream, header=header)
            override = read_override(content, kind=header.kind, before=override)
            continue
        name, override = override or header.name, None
        check_kind(header, name=name)
        is_folder = header.kind == b"5"
        if is_folder and header.size:
            raise ArchiveRefused("archive_header_mismatch", f"folder {name!r} has content")
        yield Entry(name=name, is_folder=is_folder, chunks=read_content(stream, size=header.size))
    if override is not None:
        raise ArchiveRefused("archive_truncated", "the tar ends after an extended header")
    check_padding(stream)


def check_kind(header: TarHeader, *, name: str) -> None:
    """Raise ArchiveRefused for everything that is not a regular file or a folder."""
    if header.kind not in (b"0", b"\0", b"5"):
        code = REFUSED_TYPES.get(header.kind, "archive_unsupported")
        raise ArchiveRefused(code, f"{name!r} is neither file nor folder (type {header.kind!r})")


def parse_header(block: bytes) -> TarHeader:
    """Return name, size and type of a ustar header; raises ArchiveRefused when damaged."""
    checksum = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    if parse_octal(block[148:156]) != checksum:
        raise ArchiveRefused("archive_header_mismatch", "a tar header's checksum is wrong")
    name = block[:100].split(b"\0", 1)[0]
    # The prefix exists in POSIX ustar only; old GNU headers keep times in its place.
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].split(b"\0", 1)[0]
        name = prefix + b"/" + name if prefix else name
    return TarHeader(name=decode_name(name), size=parse_octal(block[124:136]), kind=block[156:157])


def parse_octal(raw: bytes) -> int:
    """Return an octal field; raises ArchiveRefused for base-256 and other lies about size."""
    text = raw.strip(b" \0")
    if not text:
        return 0
    if not all(character in b"01234567" for character in text):
        raise ArchiveRefused("archive_header_mismatch", "a tar header holds a number that is not octal")
    return int(text, 8)


def read_extended(stream: GzipStream, *, header: TarHeader) -> bytes:
    """Return the content of an extended header; raises ArchiveRefused above its limit."""
    if header.size > limits.TAR_HEADER_BYTES:
        raise ArchiveRefused("archive_pax", "an extended header is too long")
    return b"".join(read_content(stream, size=header.size))


def read_override(content: bytes, *, kind: bytes, before: str | None) -> str | None:
    """Return the name an extended header gives the next member; raises ArchiveRefused."""
    if before is not None:
        raise ArchiveRefused("archive_pax", "two extended headers for one member")
    if kind == b"L":
        return decode_name(content.rstrip(b"\0"))
    records = parse_pax(content)
    allowed = PAX_ALLOWED if kind == b"x" else frozenset(["comment"])
    if unknown := sorted(set(records) - allowed):
        raise ArchiveRefused("archive_pax", f"extended header sets {unknown[0]!r}")
    return records.get("path")


def parse_pax(content: bytes) -> dict[str, str]:
    """Return the records of a pax header; raises ArchiveRefused when damaged or given twice."""
    records: dict[str, str] = {}
    while content:
        length_text, separator, _ = content.partition(b" ")
        length = int(length_text) if length_text.isdigit() and len(length_text) < 8 else 0
        record = content[len(length_text) + 1 : length]
        key, equals, value = record.partition(b"=")
        if not separator or not equals or not value.endswith(b"\n") or length > len(content):
            raise ArchiveRefused("archive_pax", "an extended header is damaged")
        name = decode_name(key)
        if name in records:
            raise ArchiveRefused("archive_pax", f"extended header sets {name!r} twice")
        records[name] = decode_name(value[:-1])
        content = content[length:]
    return records


def read_content(stream: GzipStream, *, size: int) -> Iterator[bytes]:
    """Yield a member's content and swallow the padding to the next block."""
    remaining = size
    while remaining:
        chunk = stream.read(min(remaining, limits.CHUNK_BYTES))
        remaining -= len(chunk)
        yield chunk
    if size % BLOCK:
        stream.read(BLOCK - size % BLOCK)


def check_padding(stream: GzipStream) -> None:
    """Raise ArchiveRefused unless only a bounded run of zero blocks follows the first one."""
    blocks = 1
    while not stream.is_at_end():
        blocks += 1
        if stream.read(BLOCK) != ZERO_BLOCK or blocks * BLOCK > limits.TAR_PADDING_BYTES:
            raise ArchiveRefused("archive_trailing_data", "bytes follow the end of the tar")
    if blocks < 2:
        raise ArchiveRefused("archive_truncated", "the end mark of the tar is cut off")
