"""Reads a zip file by its own framing: every byte belongs to exactly one entry, header and directory agree.

Never asks the standard library's zipfile, which accepts most of the malformed archives that installers disagree on.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry
from scanners.archive_names import decode_name
from scanners.errors import ArchiveRefused

# APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16 and 4.3.9.
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
DESCRIPTOR_MARK = b"PK\x07\x08"

FLAG_ENCRYPTED, FLAG_DESCRIPTOR, FLAG_UTF8 = 0x0001, 0x0008, 0x0800
FLAGS_ALLOWED = 0x0006 | FLAG_DESCRIPTOR | FLAG_UTF8  # 1 and 2: the packer's compression level
STORED, DEFLATED = 0, 8
EXTRA_ZIP64, EXTRA_UNICODE_PATH = 0x0001, 0x7075


@dataclass(frozen=True, slots=True)
class Header:
    """One entry of the central directory; `offset` is where its local header starts."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int
    mode: int
    is_folder: bool


def iterate_zip(handle: BinaryIO, *, size: int, budget: Budget) -> Iterator[Entry]:
    """Yield every member in file order; raises ArchiveRefused at the first disagreement."""
    headers, directory_start = read_directory(handle, size=size, budget=budget)
    position = 0
    for header in sorted(headers, key=lambda item: item.offset):
        if header.offset != position:
            code = "archive_overlap" if header.offset < position else "archive_hidden_bytes"
            raise ArchiveRefused(code, f"entry at {header.offset} does not start at {position}")
        data_start = read_local(handle, header=header)
        yield Entry(
            name=decode_zip_name(header),
            is_folder=header.is_folder,
            chunks=inflate(handle, header=header, start=data_start, budget=budget),
        )
        position = skip_descriptor(handle, header=header, end=data_start + header.packed_size)
        if position > directory_start:
            raise ArchiveRefused("archive_overlap", "an entry runs into the directory")
    if position != directory_start:
        raise ArchiveRefused("archive_hidden_bytes", f"{directory_start - position} bytes belong to no entry")


def read_exactly(handle: BinaryIO, count: int) -> bytes:
    """Return exactly that many bytes; raises ArchiveRefused when the file ends before."""
    data = handle.read(count)
    if len(data) != count:
        raise ArchiveRefused("archive_truncated", "the archive ends in the middle of an entry")
    return data


def read_directory(handle: BinaryIO, *, size: int, budget: Budget) -> tuple[list[Header], int]:
    """Return the central directory and where it starts; raises ArchiveRefused."""
    if size < END.size:
        raise ArchiveRefused("archive_truncated", "too short for a zip file")
    handle.seek(size - END.size)
    mark, disk, first_disk, here, total, length, start, comment = END.unpack(read_exactly(handle, END.size))
    if mark != b"PK\x05\x06" or comment:
        # A comment is a place to put a second archive; no packer needs one.
        raise ArchiveRefused("archive_trailing_data", "the file does not end where its zip directory ends")
    if 0xFFFF in (disk, first_disk, here, total) or 0xFFFFFFFF in (length, start):
        raise ArchiveRefused("archive_zip64", "zip64 is never needed below the size limit")
    if disk or first_disk or here != total:
        raise ArchiveRefused("archive_unsupported", "the archive is split over several files")
    if start + length + END.size != size:
        raise ArchiveRefused("archive_header_mismatch", "directory position and file length disagree")
    handle.seek(start)
    headers = []
    for _ in range(total):
        budget.count_entry()
        headers.append(read_central(handle))
    if handle.tell() != start + length:
        raise ArchiveRefused("archive_header_mismatch", "directory length and entry count disagree")
    return headers, start


def read_central(handle: BinaryIO) -> Header:
    """Return the next directory entry; raises ArchiveRefused for what no plugin may contain."""
    fields = CENTRAL.unpack(read_exactly(handle, CENTRAL.size))
    mark, _made, _needed, flags, method, _time, _date, crc, packed, size, name_length, extra_length = fields[:12]
    comment_length, disk, _internal, external, offset = fields[12:]
    if mark != b"PK\x01\x02" or disk:
        raise ArchiveRefused("archive_header_mismatch", "a directory entry is damaged")
    raw_name = read_exactly(handle, name_length)
    check_extra(read_exactly(handle, extra_length))
    read_exactly(handle, comment_length)
    header = Header(
        raw_name=raw_name, flags=flags, method=method, crc=crc, packed_size=packed, size=size,
        offset=offset, mode=external >> 16, is_folder=raw_name.endswith(b"/"),
    )  # fmt: skip
    check_header(header)
    return header


def check_header(header: Header) -> None:
    """Raise ArchiveRefused for encryption, unknown methods, links, devices and folders with content."""
    name = repr(header.raw_name[:80])
    if header.flags & FLAG_ENCRYPTED:
        raise ArchiveRefused("archive_encrypted", f"{name} is encrypted")
    if header.flags & ~FLAGS_ALLOWED:
        raise ArchiveRefused("archive_unsupported", f"{name} uses a zip feature no plugin needs")
    if header.method not in (STORED, DEFLATED):
        raise ArchiveRefused("archive_unsupported", f"{name} uses compression method {header.method}")
    if header.method == STORED and header.packed_size != header.size:
        raise ArchiveRefused("archive_header_mismatch", f"{name} is stored but states two sizes")
    kind = stat.S_IFMT(header.mode)
    if kind == stat.S_IFLNK:
        raise ArchiveRefused("archive_symlink", f"{name} is a symbolic link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused("archive_device", f"{name} is neither file nor folder")
    if kind == stat.S_IFDIR and not header.is_folder:
        raise ArchiveRefused("archive_header_mismatch", f"{name} is a folder by mode but not by name")
    if header.is_folder and header.size:
        raise ArchiveRefused("archive_header_mismatch", f"folder {name} has content")


def check_extra(extra: bytes) -> None:
    """Raise ArchiveRefused for extra fields that give an entry a second name or size."""
    position = 0
    while position + 4 <= len(extra):
        identifier, length = struct.unpack_from("<HH", extra, position)
        if identifier == EXTRA_ZIP64:
            raise ArchiveRefused("archive_zip64", "zip64 is never needed below the size limit")
        if identifier == EXTRA_UNICODE_PATH:
            raise ArchiveRefused("archive_header_mismatch", "an entry carries a second name")
        position += 4 + length
    if position != len(extra):
        raise ArchiveRefused("archive_header_mismatch", "an extra field is damaged")


def read_local(handle: BinaryIO, *, header: Header) -> int:
    """Return where the entry's data starts; raises ArchiveRefused when header and directory disagree."""
    handle.seek(header.offset)
    fields = LOCAL.unpack(read_exactly(handle, LOCAL.size))
    mark, _needed, flags, method, _time, _date, crc, packed, size, name_length, extra_length = fields
    raw_name = read_exactly(handle, name_length)
    check_extra(read_exactly(handle, extra_length))
    stated = (crc, packed, size)
    expected = (header.crc, header.packed_size, header.size)
    is_deferred = bool(header.flags & FLAG_DESCRIPTOR) and stated == (0, 0, 0)
    same = (mark, flags, method, raw_name) == (b"PK\x03\x04", header.flags, header.method, header.raw_name)
    if not same or (stated != expected and not is_deferred):
        raise ArchiveRefused("archive_header_mismatch", f"two headers of {header.raw_name[:80]!r} disagree")
    return handle.tell()


def decode_zip_name(header: Header) -> str:
    """Return the name; without the UTF-8 flag only ASCII reads the same everywhere."""
    if not header.flags & FLAG_UTF8 and not header.raw_name.isascii():
        raise ArchiveRefused("archive_name_encoding", f"name {header.raw_name[:80]!r} states no encoding")
    return decode_name(header.raw_name)


def inflate(handle: BinaryIO, *, header: Header, start: int, budget: Budget) -> Iterator[bytes]:
    """Yield the entry's content; raises ArchiveRefused when it is not exactly what the headers state."""
    handle.seek(start)
    decoder = zlib.decompressobj(-zlib.MAX_WBITS) if header.method == DEFLATED else None
    remaining, produced, crc = header.packed_size, 0, 0
    while remaining:
        packed = read_exactly(handle, min(remaining, limits.CHUNK_BYTES))
        remaining -= len(packed)
        budget.count_bytes(packed=len(packed), inflated=0)
        for chunk in inflate_block(packed, decoder=decoder):
            budget.count_bytes(packed=0, inflated=len(chunk))
            produced += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if produced > header.size:
                raise ArchiveRefused("archive_header_mismatch", f"{header.raw_name[:80]!r} is longer than stated")
            yield chunk
    if decoder is not None and (not decoder.eof or decoder.unused_data):
        raise ArchiveRefused("archive_truncated", f"{header.raw_name[:80]!r} does not end with its data")
    if (produced, crc) != (header.size, header.crc):
        raise ArchiveRefused("archive_header_mismatch", f"size or checksum of {header.raw_name[:80]!r} is wrong")


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
            has_more = bool(packed) or len(chunk) == limits.CHUNK_BYTES
            yield chunk
    except zlib.error as error:
        raise ArchiveRefused("archive_truncated", f"damaged compressed data: {error}") from None


def skip_descriptor(handle: BinaryIO, *, header: Header, end: int) -> int:
    """Return where the next entry must start; raises ArchiveRefused when a data descriptor lies."""
    if not header.flags & FLAG_DESCRIPTOR:
        return end
    handle.seek(end)
    expected = struct.pack("<3I", header.crc, header.packed_size, header.size)
    data = read_exactly(handle, len(expected))
    if data == expected:
        return end + len(expected)
    data += read_exactly(handle, len(DESCRIPTOR_MARK))
    if data != DESCRIPTOR_MARK + expected:
        raise ArchiveRefused("archive_header_mismatch", f"trailer of {header.raw_name[:80]!r} disagrees")
    return end + len(data)
