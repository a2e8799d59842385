"""Opens an artifact: one validator for every member, regular files only, written under names of our own.

Decides the format by content, never by file name, and never extracts to a path the archive chose.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scanners import limits
from scanners.archive_budget import Budget, Entry, cap_member
from scanners.archive_names import SeenNames, check_name
from scanners.archive_tar import iterate_tar_gz
from scanners.archive_zip import iterate_zip
from scanners.errors import ArchiveRefused, MemberMissing


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One unpacked file: where the archive says it lives, and where we put it; `size` in bytes."""

    path: str
    stored: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """An unpacked artifact: a flat folder of files named m000001, m000002, ..."""

    root: Path
    files: tuple[TreeFile, ...]


def unpack(path: Path, *, into: Path) -> Tree:
    """Unpack an artifact into an empty folder of ours; raises ArchiveRefused, and OSError when it cannot be read."""
    files = []
    for number, (name, chunks) in enumerate(iterate_files(path), start=1):
        stored = into / f"m{number:06}"
        digest, size = write_member(stored, chunks=chunks)
        files.append(TreeFile(path=name, stored=stored, sha256=digest, size=size))
    if not files:
        raise ArchiveRefused("archive_empty", "the archive holds no file")
    return Tree(root=into, files=tuple(sorted(files, key=lambda file: file.path)))


def read_member(path: Path, name: str, *, max_bytes: int) -> bytes:
    """Return one file of an artifact after validating the whole of it; raises ArchiveRefused or MemberMissing.

    A file longer than `max_bytes` is refused with `archive_member_size`.
    """
    found: bytes | None = None
    for member, chunks in iterate_files(path):
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


def iterate_files(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield (checked path, content) of every regular file; drain each before the next; raises ArchiveRefused."""
    seen = SeenNames()
    with path.open("rb") as handle:
        for entry in open_entries(handle):
            name = check_name(entry.name)
            if name:
                seen.add(name, is_folder=entry.is_folder)
            elif not entry.is_folder:
                raise ArchiveRefused("archive_name_unsafe", "a file has no name")
            chunks = cap_member(entry.chunks, name=name)
            if not entry.is_folder:
                yield name, chunks
            # Also what a folder or an inattentive reader left: checksums are only compared at the end.
            for _ in chunks:
                pass


def open_entries(handle: BinaryIO) -> Iterator[Entry]:
    """Choose the reader by the bytes at the very start; raises ArchiveRefused for any other format."""
    size = os.fstat(handle.fileno()).st_size
    if size > limits.ARCHIVE_BYTES:
        raise ArchiveRefused("archive_too_large", f"the archive is over {limits.ARCHIVE_BYTES} bytes")
    magic = handle.read(4)
    handle.seek(0)
    budget = Budget()
    if magic in (b"PK\x03\x04", b"PK\x05\x06"):
        return iterate_zip(handle, size=size, budget=budget)
    if magic[:3] == b"\x1f\x8b\x08":
        return iterate_tar_gz(handle, budget=budget)
    raise ArchiveRefused("archive_unsupported", "neither a zip file nor a gzip-compressed tar")


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
