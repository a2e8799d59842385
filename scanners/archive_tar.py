"""Reads a tar as one stream: regular files and folders only, and nothing after the end.

Never asks the standard library's tarfile, whose extraction filters have been bypassed more than once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from scanners import limits
from scanners.archive_budget import Budget, Entry
from scanners.archive_names import decode_name
from scanners.errors import ArchiveRefused

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
# pax keys (POSIX.1-2008, pax) that say nothing about content; `path` and `size` are checked, any other is refused.
PAX_HARMLESS = frozenset(["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"])
PAX_HARMLESS_PREFIXES = ("SCHILY.dev", "SCHILY.ino", "SCHILY.nlink", "LIBARCHIVE.creationtime")
REFUSED_TYPES = {
    b"1": "archive_hardlink", b"2": "archive_symlink", b"3": "archive_device", b"4": "archive_device",
    b"6": "archive_device", b"K": "archive_symlink", b"S": "archive_sparse",
}  # fmt: skip
SETUID_MODES = 0o6000


class ByteStream(Protocol):
    """Where a tar comes from: plain or inflated on the way."""

    def read(self, count: int) -> bytes:
        """Return exactly that many bytes; raises ArchiveRefused when there are fewer."""

    def is_at_end(self) -> bool:
        """Say whether nothing is left."""


@dataclass(frozen=True, slots=True)
class TarHeader:
    name: str
    size: int
    kind: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Override:
    """What extended headers say about the next member; None where they say nothing."""

    path: str | None = None
    size: int | None = None


def iterate_tar(stream: ByteStream, *, budget: Budget) -> Iterator[Entry]:
    """Yield every member in file order; raises ArchiveRefused at the first disagreement."""
    override: Override | None = None
    while (block := stream.read(BLOCK)) != ZERO_BLOCK:
        budget.count_entry()
        header = parse_header(block)
        if header.kind == b"g":
            check_global(parse_pax(read_extended(stream, header=header)))
        elif header.kind in (b"x", b"L"):
            if override is not None:
                raise ArchiveRefused("archive_pax", "two extended headers for one member")
            override = read_override(read_extended(stream, header=header), kind=header.kind)
        else:
            yield make_entry(header, stream=stream, override=override or Override())
            override = None
    if override is not None:
        raise ArchiveRefused("archive_truncated", "the tar ends after an extended header")
    check_padding(stream)


def is_tar_header(block: bytes) -> bool:
    """Say whether these bytes begin a tar: its checksum is right, which also finds a tar without a magic word."""
    if len(block) < BLOCK or block[:1] == b"\0":
        return False
    try:
        return parse_octal(block[148:156]) == sum_header(block)
    except ArchiveRefused:
        return False


def make_entry(header: TarHeader, *, stream: ByteStream, override: Override) -> Entry:
    """Return the member; raises ArchiveRefused for everything that is not a plain file or an empty folder."""
    name = header.name if override.path is None else override.path
    if header.kind not in (b"0", b"\0", b"5"):
        code = REFUSED_TYPES.get(header.kind, "archive_entry_type")
        raise ArchiveRefused(code, f"{name!r} is neither file nor folder (type {header.kind!r})")
    if override.size not in (None, header.size):
        raise ArchiveRefused("archive_pax", f"two headers state two sizes for {name!r}")
    is_folder = header.kind == b"5"
    if is_folder and header.size:
        raise ArchiveRefused("archive_folder_content", f"folder {name!r} has content")
    if not is_folder and name.endswith("/"):
        # Half of all readers make a folder of it.
        raise ArchiveRefused("archive_header_mismatch", f"{name!r} is a file by type and a folder by name")
    return Entry(
        name=name, is_folder=is_folder, chunks=read_content(stream, size=header.size),
        mode=header.mode,
    )  # fmt: skip


def parse_header(block: bytes) -> TarHeader:
    """Return name, size, type and mode of a header; raises ArchiveRefused when damaged."""
    if parse_octal(block[148:156]) != sum_header(block):
        raise ArchiveRefused("archive_damaged", "a tar header's checksum is wrong")
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0]
    if prefix and block[257:263] != b"ustar\0":
        # The prefix exists in POSIX ustar only, yet some readers apply it to every dialect.
        raise ArchiveRefused("archive_header_mismatch", f"{name!r} has a prefix that only some readers would apply")
    return TarHeader(
        name=decode_name(prefix + b"/" + name if prefix else name),
        size=parse_octal(block[124:136]),
        kind=block[156:157],
        mode=parse_octal(block[100:108]),
    )


def sum_header(block: bytes) -> int:
    """Return the checksum of a header block, its own field counted as spaces."""
    return sum(block[:148]) + 8 * 0x20 + sum(block[156:BLOCK])


def parse_octal(raw: bytes) -> int:
    """Return an octal field; raises ArchiveRefused for base-256, signs and other lies about size."""
    text = raw.lstrip(b" ").rstrip(b" \0")
    if not text:
        return 0
    if not all(character in b"01234567" for character in text):
        raise ArchiveRefused("archive_damaged", "a tar header holds a number that is not octal")
    return int(text, 8)


def read_extended(stream: ByteStream, *, header: TarHeader) -> bytes:
    """Return the content of an extended header; raises ArchiveRefused above its limit."""
    if header.size > limits.TAR_HEADER_BYTES:
        raise ArchiveRefused("archive_pax", "an extended header is too long")
    return b"".join(read_content(stream, size=header.size))


def read_override(content: bytes, *, kind: bytes) -> Override:
    """Return what an extended header says about the next member; raises ArchiveRefused."""
    if kind == b"L":
        return Override(path=decode_name(content.removesuffix(b"\0")))
    records = parse_pax(content)
    size = records.pop("size", None)
    path = records.pop("path", None)
    refuse_records(records)
    if size is not None and not (size.isascii() and size.isdigit() and len(size) < 16):
        raise ArchiveRefused("archive_pax", "an extended header states a size that is no number")
    return Override(path=path, size=None if size is None else int(size))


def check_global(records: dict[str, str]) -> None:
    """Raise ArchiveRefused when a header meant for all members says more than when and by whom."""
    refuse_records(records)


def refuse_records(records: dict[str, str]) -> None:
    """Raise ArchiveRefused for the first record that could change name, size, target or sparseness."""
    for key in sorted(records):
        if key.startswith("GNU.sparse."):
            raise ArchiveRefused("archive_sparse", f"extended header sets {key!r}")
        if key not in PAX_HARMLESS and not key.startswith(PAX_HARMLESS_PREFIXES):
            raise ArchiveRefused("archive_pax", f"extended header sets {key!r}")


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


def read_content(stream: ByteStream, *, size: int) -> Iterator[bytes]:
    """Yield a member's content and swallow the padding to the next block."""
    remaining = size
    while remaining:
        chunk = stream.read(min(remaining, limits.CHUNK_BYTES))
        remaining -= len(chunk)
        yield chunk
    if size % BLOCK:
        stream.read(BLOCK - size % BLOCK)


def check_padding(stream: ByteStream) -> None:
    """Raise ArchiveRefused unless only a bounded run of zero blocks follows the first one."""
    blocks = 1
    while not stream.is_at_end():
        blocks += 1
        if stream.read(BLOCK) != ZERO_BLOCK or blocks * BLOCK > limits.TAR_PADDING_BYTES:
            raise ArchiveRefused("archive_trailing_data", "bytes follow the end of the tar")
    if blocks < 2:
        raise ArchiveRefused("archive_truncated", "the end mark of the tar is cut off")
