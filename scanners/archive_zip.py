"""Reads a zip file by its own framing: every byte belongs to exactly one entry, header and directory agree.

Never asks the standard library's zipfile, which accepts most of the malformed archives that installers disagree on.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry
from scanners.archive_names import decode_name
from scanners.archive_zip_directory import (
    DEFLATED,
    EXTRA_UNICODE_PATH,
    EXTRA_ZIP64,
    FLAG_DESCRIPTOR,
    FLAG_UTF8,
    FLAGS_LEVEL,
    Header,
    check_extra,
    read_directory,
    read_exactly,
)
from scanners.errors import ArchiveRefused

LOCAL = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT 4.3.7
LOCAL_MARK, DESCRIPTOR_MARK = b"PK\x03\x04", b"PK\x07\x08"
WIDE = 0xFFFFFFFF  # the size is in the zip64 field


@dataclass(frozen=True, slots=True)
class Local:
    """Where an entry's data starts, whether its sizes are 64 bits wide, and the second spelling of its name if any."""

    data_start: int
    is_wide: bool
    has_unicode_path: bool


def iterate_zip(handle: BinaryIO, *, size: int, budget: Budget, start: int = 0) -> Iterator[Entry]:
    """Yield every member in file order; raises ArchiveRefused at the first disagreement.

    `start` is where the first entry lies, which is behind a picture for an appended zip.
    """
    headers, end = read_directory(handle, size=size, budget=budget)
    if end.has_zip64:
        budget.remark("noted-wide-zip", detail="zip64 records below the size limit")
    position = start
    for header in sorted(headers, key=lambda item: item.offset):
        if header.offset != position:
            raise ArchiveRefused(*explain_gap(header, position=position, start=start))
        local = read_local(handle, header=header)
        yield Entry(
            name=decode_zip_name(header, local=local, budget=budget),
            is_folder=header.is_folder,
            chunks=inflate(handle, header=header, start=local.data_start, budget=budget),
            mode=header.mode,
        )
        position = skip_descriptor(handle, header=header, local=local)
        if position > end.start:
            raise ArchiveRefused("archive_overlap", "an entry runs into the directory")
    if position != end.start:
        raise ArchiveRefused("archive_hidden_bytes", f"{end.start - position} bytes belong to no entry")


def explain_gap(header: Header, *, position: int, start: int) -> tuple[str, str]:
    """Return the code and the words for an entry that does not begin where the one before it ended."""
    if position == start and header.offset > start:
        return "archive_prepended", f"{header.offset - start} bytes stand before the first entry"
    code = "archive_overlap" if header.offset < position else "archive_hidden_bytes"
    return code, f"entry at {header.offset} does not start at {position}"


def read_local(handle: BinaryIO, *, header: Header) -> Local:
    """Return where the entry's data starts; raises ArchiveRefused when header and directory disagree."""
    handle.seek(header.offset)
    fields = LOCAL.unpack(read_exactly(handle, LOCAL.size))
    mark, _needed, flags, method, _time, _date, crc, packed, size, name_length, extra_length = fields
    raw_name = read_exactly(handle, name_length)
    extra = check_extra(read_exactly(handle, extra_length), raw_name=raw_name)
    same = (LOCAL_MARK, header.flags, header.method, header.raw_name)
    if (mark, flags & ~FLAGS_LEVEL, method, raw_name) != same:
        raise ArchiveRefused("archive_header_mismatch", f"two headers of {header.raw_name[:80]!r} disagree")
    is_wide = EXTRA_ZIP64 in extra
    if is_wide:
        packed, size = widen(extra[EXTRA_ZIP64], packed=packed, size=size)
    check_stated(header, stated=(crc, packed, size))
    return Local(handle.tell(), is_wide=is_wide, has_unicode_path=EXTRA_UNICODE_PATH in extra)


def widen(field: bytes, *, packed: int, size: int) -> tuple[int, int]:
    """Return both sizes of a zip64 field, which packers write when they do not know the size beforehand.

    Raises ArchiveRefused unless it holds exactly two sizes that stand in for, or repeat, the narrow ones.
    """
    if len(field) != 16:
        raise ArchiveRefused("archive_zip64", "a zip64 field does not hold exactly two sizes")
    wide_size, wide_packed = struct.unpack("<QQ", field)
    if packed not in (WIDE, wide_packed) or size not in (WIDE, wide_size):
        raise ArchiveRefused("archive_zip64", "a zip64 field contradicts its header")
    return wide_packed, wide_size


def check_stated(header: Header, *, stated: tuple[int, int, int]) -> None:
    """Raise ArchiveRefused unless checksum and sizes are the directory's; zero may stand for what follows the data."""
    expected = (header.crc, header.packed_size, header.size)
    is_deferred = bool(header.flags & FLAG_DESCRIPTOR)
    for value, right in zip(stated, expected, strict=True):
        if value != right and not (is_deferred and value == 0):
            raise ArchiveRefused("archive_header_mismatch", f"two headers of {header.raw_name[:80]!r} disagree")


def decode_zip_name(header: Header, *, local: Local, budget: Budget) -> str:
    """Return the name; raises ArchiveRefused unless it is UTF-8.

    Finder and Info-ZIP do not say that a name is UTF-8. A reader that takes it for code page 437 shows other letters,
    but the same ASCII, and two names stay two.
    """
    name = decode_name(header.raw_name)
    if not header.flags & FLAG_UTF8 and not local.has_unicode_path and not name.isascii():
        budget.remark("noted-name", detail=repr(name)[: limits.SNIPPET_CHARACTERS])
    return name


def inflate(handle: BinaryIO, *, header: Header, start: int, budget: Budget) -> Iterator[bytes]:
    """Yield the entry's content; raises ArchiveRefused when it is not exactly what the headers state."""
    handle.seek(start)
    decoder = zlib.decompressobj(-zlib.MAX_WBITS) if header.method == DEFLATED else None
    remaining, produced, crc = header.packed_size, 0, 0
    while remaining and not (decoder is not None and decoder.eof):
        packed = read_exactly(handle, min(remaining, limits.CHUNK_BYTES))
        remaining -= len(packed)
        budget.count_bytes(packed=len(packed), inflated=0)
        for chunk in inflate_block(packed, decoder=decoder):
            budget.count_bytes(packed=0, inflated=len(chunk))
            produced += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if produced > header.size:
                raise ArchiveRefused("archive_size", f"{header.raw_name[:80]!r} is longer than stated")
            yield chunk
    if remaining or (decoder is not None and (not decoder.eof or decoder.unused_data)):
        raise ArchiveRefused("archive_size", f"the data of {header.raw_name[:80]!r} ends elsewhere than stated")
    if produced != header.size:
        raise ArchiveRefused("archive_size", f"{header.raw_name[:80]!r} is shorter than stated")
    if crc != header.crc:
        raise ArchiveRefused("archive_checksum", f"the checksum of {header.raw_name[:80]!r} is wrong")


def inflate_block(packed: bytes, *, decoder: "zlib._Decompress | None") -> Iterator[bytes]:
    """Yield at most CHUNK_BYTES at a time, so that memory stays flat whatever the ratio."""
    if decoder is None:
        yield packed
        return
    try:
        # zlib may hold back output after the last input byte: a full chunk means there can be more.
        has_more = True
        while has_more:
            chunk = decoder.decompress(packed, limits.CHUNK_BYTES)
            packed = decoder.unconsumed_tail
            # Behind its end a stream makes no progress, and would be asked for ever.
            has_more = not decoder.eof and (bool(packed) or len(chunk) == limits.CHUNK_BYTES)
            yield chunk
    except zlib.error as error:
        raise ArchiveRefused("archive_damaged", f"damaged compressed data: {error}") from None


def skip_descriptor(handle: BinaryIO, *, header: Header, local: Local) -> int:
    """Return where the next entry must start; raises ArchiveRefused when the record behind the data lies."""
    end = local.data_start + header.packed_size
    if not header.flags & FLAG_DESCRIPTOR:
        return end
    handle.seek(end)
    sizes = struct.pack("<QQ" if local.is_wide else "<II", header.packed_size, header.size)
    expected = struct.pack("<I", header.crc) + sizes
    data = read_exactly(handle, len(expected))
    if data == expected:
        return end + len(expected)
    data += read_exactly(handle, len(DESCRIPTOR_MARK))
    if data != DESCRIPTOR_MARK + expected:
        raise ArchiveRefused("archive_descriptor", f"the record behind {header.raw_name[:80]!r} disagrees")
    return end + len(data)
