"""Opens an artifact: one validator for every member, regular files only, written under names of our own.

Decides the format by content, never by file name, and never extracts to a path the archive chose.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry, Remark, cap_member, join_nested
from scanners.archive_gzip import GzipStream
from scanners.archive_names import SeenNames, check_name
from scanners.archive_nested import GZIP_MAGIC, SHARED_LIMITS, ZIP_MAGIC, find_zip_end, open_nested
from scanners.archive_tar import BLOCK, SETUID_MODES, is_tar_header, iterate_tar
from scanners.archive_zip import iterate_zip
from scanners.archive_zip_directory import END, LONGEST_COMMENT
from scanners.errors import ArchiveRefused, MemberMissing

COMPRESSED_TARS = (b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x5d\0\0")


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file: where the artifact says it lives, and where it can be read; `size` in bytes.

    A file inside an archive inside the artifact has a path such as `lib.zip!/a.py`.
    """

    path: str
    stored: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """An unpacked artifact: a flat folder of files named m000001, m000002, ...

    `opened` are the paths of archives whose whole content is among the files. `errors` say what could not be read.
    """

    root: Path
    files: tuple[TreeFile, ...]
    remarks: tuple[Remark, ...] = ()
    opened: frozenset[str] = frozenset()
    errors: tuple[str, ...] = ()


@dataclass
class Unpacker:
    """Writes members into a flat folder, one after the other, within one budget."""

    into: Path
    budget: Budget
    files: list[TreeFile] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    written: int = 0

    def write(self, path: str, *, chunks: Iterator[bytes]) -> None:
        """Write one member and list it."""
        self.written += 1
        stored = self.into / f"m{self.written:06}"
        digest, size = write_member(stored, chunks=chunks)
        self.files.append(TreeFile(path=path, stored=stored, sha256=digest, size=size))

    def look_inside(self, file: TreeFile) -> None:
        """Unpack a file that is an archive; raises ArchiveRefused only when the artifact's limits are used up."""
        inner = self.budget.nest()
        with file.stored.open("rb") as handle:
            nested = open_nested(handle, size=file.size, name=file.path, budget=inner)
            if nested is None:
                return
            try:
                for name, chunks in check_entries(nested.entries, budget=inner):
                    self.write(join_nested(file.path, name), chunks=chunks)
            except ArchiveRefused as refused:
                if refused.code in SHARED_LIMITS:
                    raise
                self.budget.remark("unread-archive", path=file.path, detail=f"{refused.code}: {refused.detail}")
            else:
                self.opened.add(file.path)
                rule_id = "appended-archive" if nested.is_appended else "nested-archive"
                self.budget.remark(rule_id, path=file.path, detail="")
        self.budget.take_back(inner, path=file.path)

    def make_tree(self, *, errors: tuple[str, ...] = ()) -> Tree:
        """Return everything that was unpacked, in path order."""
        return Tree(
            root=self.into,
            files=tuple(sorted(self.files, key=lambda file: file.path)),
            remarks=tuple(sorted(self.budget.remarks.values(), key=lambda remark: (remark.path, remark.rule_id))),
            opened=frozenset(self.opened),
            errors=errors,
        )


def unpack(path: Path | int, *, into: Path) -> Tree:
    """Unpack an artifact, given by its path or its open descriptor, and archives in it, into an empty folder of ours.

    Raises ArchiveRefused, and OSError when it cannot be read.
    """
    unpacker = Unpacker(into=into, budget=Budget())
    for name, chunks in iterate_files(path, budget=unpacker.budget):
        unpacker.write(name, chunks=chunks)
    if not unpacker.files:
        raise ArchiveRefused("archive_empty", "the archive holds no file")
    for file in tuple(unpacker.files):
        unpacker.look_inside(file)
    return unpacker.make_tree()


def read_member(path: Path, name: str, *, max_bytes: int) -> bytes:
    """Return one file of an artifact after validating the whole of it; raises ArchiveRefused or MemberMissing.

    A file longer than `max_bytes` is refused with `archive_member_size`.
    """
    found: bytes | None = None
    for member, chunks in iterate_files(path, budget=Budget()):
        kept = bytearray()
        for chunk in chunks:
            if member == name:
                kept += chunk
            if len(kept) > max_bytes:
                raise ArchiveRefused("archive_member_size", f"{name!r} is over {max_bytes} bytes")
        if member == name:
            found = bytes(kept)
    if found is None:
        raise MemberMissing(f"the archive holds no {name!r}")
    return found


def hash_artifact(path: Path) -> str:
    """Return the SHA-256 of the artifact's bytes, in hex; raises OSError when it cannot be read."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def iterate_files(path: Path | int, *, budget: Budget) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (checked path, content) of every regular file; drain each before the next; raises ArchiveRefused."""
    with open(path, "rb") as handle:  # noqa: PTH123 (a descriptor has no path)
        yield from check_entries(open_entries(handle, budget=budget), budget=budget)


def check_entries(entries: Iterator[Entry], *, budget: Budget) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (checked path, content) of every regular file among the entries; raises ArchiveRefused."""
    seen = SeenNames()
    for entry in entries:
        name = check_name(entry.name)
        if name:
            seen.add(name, is_folder=entry.is_folder)
        elif not entry.is_folder:
            raise ArchiveRefused("archive_name_unsafe", "a file has no name")
        chunks = cap_member(entry.chunks, name=name)
        if not entry.is_folder:
            if entry.mode & SETUID_MODES:
                budget.remark("noted-setuid", path=name, detail=f"mode {entry.mode & 0o7777:o}")
            yield name, chunks
        # Also what a folder or an inattentive reader left: checksums are only compared at the end.
        for _ in chunks:
            pass


def open_entries(handle: BinaryIO, *, budget: Budget) -> Iterator[Entry]:
    """Choose the reader by the bytes at the very start; raises ArchiveRefused for any other format."""
    size = os.fstat(handle.fileno()).st_size
    if size > limits.ARCHIVE_BYTES:
        raise ArchiveRefused("archive_too_large", f"the archive is over {limits.ARCHIVE_BYTES} bytes")
    head = handle.read(BLOCK)
    handle.seek(max(size - END.size - LONGEST_COMMENT, 0))
    ends_as_zip = find_zip_end(handle.read()) is not None
    handle.seek(0)
    if head.startswith(ZIP_MAGIC):
        if is_tar_header(head):
            raise ArchiveRefused("archive_polyglot", "the file reads as a zip and as a tar")
        return refuse_wide(iterate_zip(handle, size=size, budget=budget), budget=budget)
    if head.startswith(GZIP_MAGIC):
        if ends_as_zip:
            raise ArchiveRefused("archive_polyglot", "the file reads as a gzip and as a zip")
        return iterate_tar(GzipStream(handle, budget=budget), budget=budget)
    if head.startswith(COMPRESSED_TARS):
        raise ArchiveRefused("archive_compression", "a tar must be compressed by gzip")
    if ends_as_zip:
        raise ArchiveRefused("archive_prepended", "something stands before the zip")
    raise ArchiveRefused("archive_unsupported", "neither a zip file nor a gzip-compressed tar")


def refuse_wide(entries: Iterator[Entry], *, budget: Budget) -> Iterator[Entry]:
    """Yield the entries; raises ArchiveRefused for zip64 records, which no artifact of this size needs."""
    for entry in entries:
        if budget.remarks.get(("noted-wide-zip", "")):
            raise ArchiveRefused("archive_zip64", "zip64 is never needed below the size limit")
        yield entry


def write_member(stored: Path, *, chunks: Iterator[bytes]) -> tuple[str, int]:
    """Write one member to a new private file; returns its SHA-256 and size in bytes."""
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(stored, flags, 0o600), "wb") as out:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return digest.hexdigest(), size
