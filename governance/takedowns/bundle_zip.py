"""The one zip layout a proof bundle has: stored members in a fixed order, fixed dates, not one spare byte.
Written and read by hand, because a zip reader ignores bytes that an attacker, or time, may have changed."""

import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

# APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_READER_VERSION = 20
_MADE_ON_UNIX = 0x0314
_FIRST_DAY = 0x21  # 1980-01-01, the earliest date the format knows
_FILE_MODE = 0o100644 << 16
_NAME = re.compile(rb"[a-z_]{1,40}\.(?:json|txt)")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle, the checksum its header states, and where the header begins."""

    name: str
    content: bytes
    crc: int
    offset: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first byte at which a file is not laid out as a bundle, and what stands there."""

    offset: int
    what: str


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the archive of these files, in this order."""
    members, offset = [], 0
    for name, content in files:
        members.append(Member(name, content, zlib.crc32(content), offset))
        offset += _LOCAL.size + len(name) + len(content)
    return _lay_out(members)


def unpack(data: bytes) -> tuple[list[Member], Flaw | None]:
    """Return the members that can be read, and the first byte that does not belong; never raises."""
    members: list[Member] = []
    offset = 0
    while data[offset : offset + 4] != _CENTRAL_MARK:
        member = _read_member(data, offset=offset, after=members[-1].name if members else "the beginning")
        if isinstance(member, Flaw):
            return members, member
        members.append(member)
        offset += _LOCAL.size + len(member.name) + len(member.content)
    expected = _lay_out(members)
    if expected == data:
        return members, None
    return members, _find_difference(data, expected=expected, members=members)


def _read_member(data: bytes, *, offset: int, after: str) -> Member | Flaw:
    header = data[offset : offset + _LOCAL.size]
    if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
        return Flaw(offset, f"after {after} neither a file nor the directory begins; its size may be wrong")
    *_, crc, size, _, name_length, _ = _LOCAL.unpack(header)
    start = offset + _LOCAL.size + name_length
    name = data[offset + _LOCAL.size : start]
    if not _NAME.fullmatch(name):
        return Flaw(offset, f"after {after} comes a file with no name of a bundle")
    if start + size > len(data):
        return Flaw(offset, f"{name.decode('ascii')} ends beyond the file")
    return Member(name.decode("ascii"), data[start : start + size], crc, offset)


def _lay_out(members: list[Member]) -> bytes:
    local = b"".join(_local_header(member) + member.content for member in members)
    central = b"".join(_central_header(member) for member in members)
    end = _END.pack(_END_MARK, 0, 0, len(members), len(members), len(central), len(local), 0)
    return local + central + end


def _local_header(member: Member) -> bytes:
    name, size = member.name.encode("ascii"), len(member.content)
    fields = (_READER_VERSION, 0, 0, 0, _FIRST_DAY, member.crc, size, size, len(name), 0)
    return _LOCAL.pack(_LOCAL_MARK, *fields) + name


def _central_header(member: Member) -> bytes:
    name, size = member.name.encode("ascii"), len(member.content)
    fixed = (_MADE_ON_UNIX, _READER_VERSION, 0, 0, 0, _FIRST_DAY, member.crc, size, size, len(name))
    return _CENTRAL.pack(_CENTRAL_MARK, *fixed, 0, 0, 0, 0, _FILE_MODE, member.offset) + name


def _find_difference(data: bytes, *, expected: bytes, members: list[Member]) -> Flaw:
    pairs = zip(data, expected, strict=False)
    shorter = min(len(data), len(expected))
    offset = next((at for at, (found, wanted) in enumerate(pairs) if found != wanted), shorter)
    for member in members:
        if member.offset <= offset < member.offset + _LOCAL.size + len(member.name) + len(member.content):
            return Flaw(offset, f"the header of {member.name} is not as it was written")
    return Flaw(offset, "the archive's directory is not as it was written, or bytes follow it")
