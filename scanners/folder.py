"""Reads an unpacked folder as if it were an artifact: every file, no link followed, nothing special opened.

The caller copies, so that a process with another uid can read it; that process looks inside. Skips no folder.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanners import limits
from scanners.archive import Tree, TreeFile, Unpacker
from scanners.archive_budget import Budget, Remark
from scanners.errors import ArchiveRefused

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
FOLDER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_DIRECTORY


@dataclass(frozen=True, slots=True)
class FolderCopy:
    """The files of a folder, copied under names of our own, and what was met instead of files.

    `digest` identifies it as an artifact's bytes do: a SHA-256 over all paths and contents, in hex.
    """

    files: tuple[TreeFile, ...]
    remarks: tuple[Remark, ...]
    errors: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 over all paths, contents, remarks and errors."""
        digest = hashlib.sha256()
        for line in iterate_lines(self):
            digest.update(line)
        return digest.hexdigest()

    def to_message(self) -> dict[str, Any]:
        """Return the copy as JSON takes it, for `open_copy` in the process that looks inside."""
        return {
            "files": [[file.path, file.stored.name, file.sha256, file.size] for file in self.files],
            "remarks": [[remark.rule_id, remark.path, remark.detail] for remark in self.remarks],
            "errors": list(self.errors),
        }


@dataclass
class Walk:
    """What has been met so far below one folder, and where its files are copied to."""

    into: Path
    budget: Budget
    files: list[TreeFile] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def enter(self, descriptor: int, *, shown: tuple[str, ...]) -> None:
        """Read everything in an open folder; raises ArchiveRefused at a limit."""
        if len(shown) > limits.PATH_DEPTH:
            raise ArchiveRefused("archive_path_depth", f"{'/'.join(shown)!r} is over {limits.PATH_DEPTH} levels deep")
        for name in sorted(os.listdir(descriptor)):
            self.budget.count_entry()
            path = (*shown, show_name(name))
            try:
                self._read(name, folder=descriptor, shown=path)
            except OSError as error:
                self.errors.append(f"{'/'.join(path)}: {error.strerror or type(error).__name__}")

    def _read(self, name: str, *, folder: int, shown: tuple[str, ...]) -> None:
        path = "/".join(shown)
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            self.budget.remark("tree-symlink", path=path, detail=show_name(os.readlink(name, dir_fd=folder)))
        elif stat.S_ISDIR(mode):
            descriptor = os.open(name, FOLDER_FLAGS, dir_fd=folder)
            try:
                self.enter(descriptor, shown=shown)
            finally:
                os.close(descriptor)
        elif stat.S_ISREG(mode):
            self._copy_file(os.open(name, FILE_FLAGS, dir_fd=folder), path=path)
        else:
            self.budget.remark("tree-special-file", path=path, detail=stat.filemode(mode))

    def _copy_file(self, descriptor: int, *, path: str) -> None:
        stored = self.into / f"m{len(self.files) + 1:06}"
        with os.fdopen(descriptor, "rb") as handle, stored.open("xb") as out:
            # Between the look and the opening it may have been exchanged.
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                self.budget.remark("tree-special-file", path=path, detail="exchanged while it was read")
                return
            digest, size = hashlib.sha256(), 0
            while chunk := handle.read(limits.CHUNK_BYTES):
                size += len(chunk)
                self.budget.count_bytes(packed=len(chunk), inflated=len(chunk))
                if size > limits.MEMBER_BYTES:
                    raise ArchiveRefused("archive_member_size", f"{path!r} is over {limits.MEMBER_BYTES} bytes")
                digest.update(chunk)
                out.write(chunk)
        self.files.append(TreeFile(path=path, stored=stored, sha256=digest.hexdigest(), size=size))


def copy_folder(path: Path, *, into: Path) -> FolderCopy:
    """Copy the files of a folder into a new folder of ours.

    Raises ArchiveRefused at a limit, and OSError when the folder itself cannot be read. A file or folder below it that
    cannot be read is an error of the copy.
    """
    into.mkdir(mode=0o700)
    walk = Walk(into=into, budget=Budget())
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        walk.enter(descriptor, shown=())
    finally:
        os.close(descriptor)
    if not walk.files:
        raise ArchiveRefused("archive_empty", "the folder holds no file")
    return FolderCopy(
        files=tuple(sorted(walk.files, key=lambda file: file.path)),
        remarks=tuple(walk.budget.remarks.values()),
        errors=tuple(sorted(walk.errors)),
    )


def open_copy(message: Mapping[str, Any], *, into: Path) -> Tree:
    """Return the tree of a copied folder; archives in it are unpacked beside its files. Raises ArchiveRefused."""
    budget = Budget()
    for rule_id, shown, detail in message["remarks"]:
        budget.remark(rule_id, path=shown, detail=detail)
    files = [
        TreeFile(path=shown, stored=into / name, sha256=digest, size=size)
        for shown, name, digest, size in message["files"]
    ]
    for file in files:
        budget.count_entry()
        budget.count_bytes(packed=file.size, inflated=file.size)
    unpacker = Unpacker(into=into, budget=budget, files=list(files), written=len(files))
    for file in files:
        unpacker.look_inside(file)
    return unpacker.make_tree(errors=tuple(message["errors"]))


def iterate_lines(copy: FolderCopy) -> Iterator[bytes]:
    """Yield one line for each file, remark and error, in order."""
    for file in copy.files:
        yield f"{file.path}\0{file.sha256}\n".encode()
    for remark in copy.remarks:
        yield f"{remark.path}\0{remark.rule_id}\0{remark.detail}\n".encode()
    for error in copy.errors:
        yield f"{error}\n".encode()


def show_name(name: str) -> str:
    """Return a name as text for people; a byte that is no UTF-8 and the mark of nested paths become escapes."""
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    return f"{shown[:-1]}\\x21" if shown.endswith("!") else shown
