"""Reads the central directory of a zip: where it is, what it lists, and what no plugin may contain.

Believes no offset or length before it has added up. Opens no entry.
"""

import stat
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget
from scanners.errors import ArchiveRefused

# APPNOTE.TXT 4.3.12, 4.3.14, 4.3.15 and 4.3.16.
CENTRAL = struct.Struct("<4s6H3I5H2I")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")
END = struct.Struct("<4s4H2IH")
END_MARK, END64_MARK, LOCATOR64_MARK = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
CENTRAL_MARK = b"PK\x01\x02"
LONGEST_COMMENT = 0xFFFF

FLAG_ENCRYPTED, FLAG_DESCRIPTOR, FLAG_STRONG, FLAG_UTF8, FLAG_MASKED = 0x0001, 0x0008, 0x0040, 0x0800, 0x2000
FLAGS_LEVEL = 0x0006  # what the packer says about its own effort
FLAGS_ALLOWED = FLAGS_LEVEL | FLAG_DESCRIPTOR | FLAG_UTF8
STORED, DEFLATED, ENCRYPTED_METHOD = 0, 8, 99
SETUID_MODES = 0o6000
DOS_FOLDER = 0x10
EXTRA_ZIP64, EXTRA_UNICODE_PATH = 0x0001, 0x7075
EXTRA_ENCRYPTION = frozenset([0x0017, 0x9901])  # strong encryption, AES
EXTRA_OLD_UNIX = frozenset([0x756E, 0x000D])  # can hold the target of a link


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
    attributes: int

    @property
    def is_folder(self) -> bool:
        """Say whether the name makes it a folder."""
        return self.raw_name.endswith(b"/")


@dataclass(frozen=True, slots=True)
class End:
    """Where the directory lies; `has_zip64` when the wide records stand behind it as well."""

    total: int
    start: int
    length: int
    has_zip64: bool


def read_exactly(handle: BinaryIO, count: int) -> bytes:
    """Return exactly that many bytes; raises ArchiveRefused when the file ends before."""
    data = handle.read(count)
    if len(data) != count:
        raise ArchiveRefused("archive_truncated", "the archive ends in the middle of an entry")
    return data


def read_directory(handle: BinaryIO, *, size: int, budget: Budget) -> tuple[list[Header], End]:
    """Return the entries of the directory and where it lies; raises ArchiveRefused."""
    end = read_end(handle, size=size, budget=budget)
    handle.seek(end.start)
    headers = []
    for _ in range(end.total):
        budget.count_entry()
        if handle.tell() >= end.start + end.length:
            raise ArchiveRefused("archive_directory", "the directory is shorter than its entry count")
        headers.append(read_central(handle, budget=budget))
    if handle.tell() != end.start + end.length:
        raise ArchiveRefused("archive_directory", "directory length and entry count disagree")
    return headers, end


def read_end(handle: BinaryIO, *, size: int, budget: Budget) -> End:
    """Return what the end record says, checked against the file's length; raises ArchiveRefused."""
    tail_start = max(size - END.size - LONGEST_COMMENT, 0)
    handle.seek(tail_start)
    tail = handle.read(END.size + LONGEST_COMMENT)
    found = tail.rfind(END_MARK)
    if found < 0 or len(tail) - found < END.size:
        raise ArchiveRefused("archive_truncated", "the zip directory's end is missing")
    position = tail_start + found
    _, disk, first_disk, here, total, length, start, comment_length = END.unpack_from(tail, found)
    comment = tail[found + END.size :]
    if comment_length != len(comment):
        raise ArchiveRefused("archive_trailing_data", "the file does not end where its zip directory ends")
    check_comment(comment, budget=budget)
    if disk or first_disk or here != total:
        raise ArchiveRefused("archive_split", "the archive is split over several files")
    if total == 0xFFFF or 0xFFFFFFFF in (length, start):
        raise ArchiveRefused("archive_zip64", "zip64 is never needed below the size limit")
    behind = position - start - length
    if behind == END64.size + LOCATOR64.size:
        check_zip64(handle, position=start + length, expected=(total, total, length, start))
    elif behind:
        raise ArchiveRefused("archive_directory", "directory position and file length disagree")
    return End(total=total, start=start, length=length, has_zip64=bool(behind))


def check_comment(comment: bytes, *, budget: Budget) -> None:
    """Raise ArchiveRefused unless a comment is a short text, such as the commit that `git archive` writes there."""
    if not comment:
        return
    # "PK" begins every record of a zip: a second archive, or a second directory of this one.
    if not is_plain_text(comment) or b"PK" in comment:
        raise ArchiveRefused("archive_comment", "the comment is no short text")
    budget.remark("noted-comment", detail=comment.decode("utf-8")[: limits.SNIPPET_CHARACTERS])


def is_plain_text(comment: bytes) -> bool:
    """Say whether this is a short text without control characters."""
    if len(comment) > limits.ZIP_COMMENT_BYTES:
        return False
    try:
        return all(letter.isprintable() or letter in "\r\n\t" for letter in comment.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def check_zip64(handle: BinaryIO, *, position: int, expected: tuple[int, int, int, int]) -> None:
    """Raise ArchiveRefused unless the wide records say exactly what the end record says."""
    handle.seek(position)
    mark, length, _made, _needed, disk, first_disk, *counted = END64.unpack(read_exactly(handle, END64.size))
    locator = LOCATOR64.unpack(read_exactly(handle, LOCATOR64.size))
    same_record = (mark, length, disk, first_disk) == (END64_MARK, END64.size - 12, 0, 0)
    if not same_record or tuple(counted) != expected or locator != (LOCATOR64_MARK, 0, position, 1):
        raise ArchiveRefused("archive_zip64", "the zip64 records disagree with the directory")


def read_central(handle: BinaryIO, *, budget: Budget) -> Header:
    """Return the next directory entry; raises ArchiveRefused for what no plugin may contain."""
    fields = CENTRAL.unpack(read_exactly(handle, CENTRAL.size))
    mark, _made, _needed, flags, method, _time, _date, crc, packed, size, name_length, extra_length = fields[:12]
    comment_length, disk, _internal, external, offset = fields[12:]
    if mark != CENTRAL_MARK:
        raise ArchiveRefused("archive_damaged", "a directory entry is damaged")
    if disk:
        raise ArchiveRefused("archive_split", "an entry claims to lie in another file")
    raw_name = read_exactly(handle, name_length)
    extra = read_exactly(handle, extra_length)
    comment = read_exactly(handle, comment_length)
    if EXTRA_ZIP64 in check_extra(extra, raw_name=raw_name) or 0xFFFFFFFF in (packed, size, offset):
        raise ArchiveRefused("archive_zip64", "zip64 is never needed below the size limit")
    check_comment(comment, budget=budget)
    header = Header(
        raw_name=raw_name, flags=flags & ~FLAGS_LEVEL, method=method, crc=crc, packed_size=packed, size=size,
        offset=offset, mode=external >> 16, attributes=external & 0xFFFF,
    )  # fmt: skip
    check_method(header)
    check_type(header)
    return header


def check_method(header: Header) -> None:
    """Raise ArchiveRefused for encryption, unknown methods and features."""
    name = repr(header.raw_name[:80])
    if header.flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED) or header.method == ENCRYPTED_METHOD:
        raise ArchiveRefused("archive_encrypted", f"{name} is encrypted")
    if header.flags & ~FLAGS_ALLOWED:
        raise ArchiveRefused("archive_feature", f"{name} uses a zip feature no plugin needs")
    if header.method not in (STORED, DEFLATED):
        raise ArchiveRefused("archive_compression", f"{name} uses compression method {header.method}")
    if header.method == STORED and header.packed_size != header.size:
        raise ArchiveRefused("archive_size", f"{name} is stored but states two sizes")


def check_type(header: Header) -> None:
    """Raise ArchiveRefused for links, devices, folders with content, and what is a folder to some readers only."""
    name = repr(header.raw_name[:80])
    kind = stat.S_IFMT(header.mode)
    if kind == stat.S_IFLNK:
        raise ArchiveRefused("archive_symlink", f"{name} is a symbolic link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused("archive_device", f"{name} is neither file nor folder")
    if not header.is_folder and (kind == stat.S_IFDIR or header.attributes & DOS_FOLDER):
        raise ArchiveRefused("archive_header_mismatch", f"{name} is a folder by mode but not by name")
    if header.is_folder and kind == stat.S_IFREG and header.size:
        raise ArchiveRefused("archive_header_mismatch", f"{name} is a file by mode but a folder by name")
    if header.is_folder and header.size:
        raise ArchiveRefused("archive_folder_content", f"folder {name} has content")


def check_extra(extra: bytes, *, raw_name: bytes) -> dict[int, bytes]:
    """Return the extra fields; raises ArchiveRefused for damage and for a second name, link or key."""
    fields: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(extra):
        identifier, length = struct.unpack_from("<HH", extra, position)
        data = extra[position + 4 : position + 4 + length]
        if identifier in EXTRA_ENCRYPTION:
            raise ArchiveRefused("archive_encrypted", f"{raw_name[:80]!r} is encrypted")
        if identifier == EXTRA_UNICODE_PATH and not is_same_name(data, raw_name=raw_name):
            raise ArchiveRefused("archive_second_name", f"{raw_name[:80]!r} carries a second name")
        if identifier in EXTRA_OLD_UNIX and length > 12:
            raise ArchiveRefused("archive_symlink", f"{raw_name[:80]!r} carries the target of a link")
        if identifier in fields:
            raise ArchiveRefused("archive_extra", f"{raw_name[:80]!r} carries one extra field twice")
        fields[identifier] = data
        position += 4 + length
    # Up to three zero bytes are how old alignment tools pad.
    if position > len(extra) or extra[position:].strip(b"\0"):
        raise ArchiveRefused("archive_extra", f"an extra field of {raw_name[:80]!r} is damaged")
    return fields


def is_same_name(data: bytes, *, raw_name: bytes) -> bool:
    """Say whether a Unicode-path field repeats the name: some packers write it beside a name in UTF-8."""
    return data == struct.pack("<BI", 1, zlib.crc32(raw_name)) + raw_name
