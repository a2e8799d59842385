"""Reads one gzip stream in bounded steps, and refuses a header that hides something and whatever follows the stream.

Knows nothing of what the stream holds.
"""

import zlib
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget
from scanners.errors import ArchiveRefused

# RFC 1952, 2.3.1.
FLAG_EXTRA, FLAG_COMMENT, FLAGS_RESERVED = 0x04, 0x10, 0xE0
FLAG_NAME = 0x08
FIXED_HEADER_BYTES = 10


class GzipStream:
    """A single gzip member; raises ArchiveRefused for damage and for bytes after it."""

    def __init__(self, handle: BinaryIO, *, budget: Budget) -> None:
        """Start at the current position; raises ArchiveRefused for a header no packer writes."""
        self._handle = handle
        self._budget = budget
        self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer = bytearray()
        self._packed = b""
        check_gzip_header(handle)

    def read(self, count: int) -> bytes:
        """Return exactly that many bytes; raises ArchiveRefused when the stream ends before."""
        while len(self._buffer) < count:
            if not self._fill():
                raise ArchiveRefused("archive_truncated", "the tar ends in the middle of an entry")
        return self._take(count)

    def read_some(self) -> bytes:
        """Return what is at hand, at most a chunk; nothing at the end."""
        if not self._buffer:
            self._fill()
        return self._take(limits.CHUNK_BYTES)

    def peek(self, count: int) -> bytes:
        """Return that many bytes without taking them, or fewer when the stream is shorter."""
        while len(self._buffer) < count and self._fill():
            pass
        return bytes(self._buffer[:count])

    def is_at_end(self) -> bool:
        """Say whether nothing is left."""
        return not self._buffer and not self._fill()

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _fill(self) -> bool:
        while not self._decoder.eof:
            try:
                chunk = self._decoder.decompress(self._packed, limits.CHUNK_BYTES)
            except zlib.error as error:
                raise ArchiveRefused("archive_damaged", f"damaged compressed data: {error}") from None
            self._packed = self._decoder.unconsumed_tail
            self._budget.count_bytes(packed=0, inflated=len(chunk))
            if chunk:
                self._buffer += chunk
                return True
            # Asked only now: zlib may hold back output after the last input byte.
            if not self._packed and not self._decoder.eof:
                self._read_packed()
        self._check_end()
        return False

    def _read_packed(self) -> None:
        self._packed = self._handle.read(limits.CHUNK_BYTES)
        self._budget.count_bytes(packed=len(self._packed), inflated=0)
        if not self._packed:
            raise ArchiveRefused("archive_truncated", "the gzip stream is cut off")

    def _check_end(self) -> None:
        rest = self._decoder.unused_data or self._handle.read(2)
        if rest.startswith(b"\x1f\x8b"):
            raise ArchiveRefused("archive_gzip_members", "a second gzip stream follows the first")
        if rest:
            raise ArchiveRefused("archive_trailing_data", "bytes follow the gzip stream")


def check_gzip_header(handle: BinaryIO) -> None:
    """Raise ArchiveRefused for header fields that can carry data nobody reads; leaves the position where it was."""
    start = handle.tell()
    header = handle.read(limits.GZIP_HEADER_BYTES)
    handle.seek(start)
    if len(header) < FIXED_HEADER_BYTES:
        raise ArchiveRefused("archive_truncated", "the gzip header is cut off")
    flags = header[3]
    if header[2] != zlib.DEFLATED or flags & (FLAG_EXTRA | FLAG_COMMENT | FLAGS_RESERVED):
        raise ArchiveRefused("archive_gzip_header", f"the gzip header sets flags {flags:#04x} or an unknown method")
    if flags & FLAG_NAME and b"\0" not in header[FIXED_HEADER_BYTES:]:
        raise ArchiveRefused(
            "archive_gzip_header", f"the name in the gzip header is over {limits.GZIP_HEADER_BYTES} bytes"
        )
