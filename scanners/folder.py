"""Reads an unpacked folder as if it were an artifact: every file, no link followed, nothing special opened.

Copies nothing: a file's `stored` is where it lies. Skips no folder, whatever its name.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanners import limits
from scanners.archive import Tree, TreeFile, Unpacker
from scanners.archive_budget import Budget
from scanners.errors import ArchiveRefused

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
FOLDER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_DIRECTORY


@dataclass
class Walk:
    """What has been met so far below one folder."""

    root: Path
    budget: Budget
    files: list[TreeFile] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def enter(self, descriptor: int, *, place: Path, shown: tuple[str, ...]) -> None:
        """Read everything in an open folder; raises ArchiveRefused at a limit."""
        if len(shown) > limits.PATH_DEPTH:
            raise ArchiveRefused("archive_path_depth", f"{'/'.join(shown)!r} is over {limits.PATH_DEPTH} levels deep")
        for name in sorted(os.listdir(descriptor)):
            self.budget.count_entry()
            path = (*shown, show_name(name))
            try:
                self._read(name, folder=descriptor, place=place / name, shown=path)
            except OSError as error:
                self.errors.append(f"{'/'.join(path)}: {error.strerror or type(error).__name__}")

    def _read(self, name: str, *, folder: int, place: Path, shown: tuple[str, ...]) -> None:
        path = "/".join(shown)
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            self.budget.remark("tree-symlink", path=path, detail=show_name(os.readlink(name, dir_fd=folder)))
        elif stat.S_ISDIR(mode):
            descriptor = os.open(name, FOLDER_FLAGS, dir_fd=folder)
            try:
                self.enter(descriptor, place=place, shown=shown)
            finally:
                os.close(descriptor)
        elif stat.S_ISREG(mode):
            self._read_file(os.open(name, FILE_FLAGS, dir_fd=folder), place=place, path=path)
        else:
            self.budget.remark("tree-special-file", path=path, detail=stat.filemode(mode))

    def _read_file(self, descriptor: int, *, place: Path, path: str) -> None:
        with os.fdopen(descriptor, "rb") as handle:
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
        self.files.append(TreeFile(path=path, stored=place, sha256=digest.hexdigest(), size=size))


def read_folder(path: Path, *, into: Path) -> Tree:
    """Return the tree of a folder; archives in it are unpacked into an empty folder of ours.

    Raises ArchiveRefused at a limit, and OSError when the folder itself cannot be read. A file or folder below it that
    cannot be read is an error of the tree.
    """
    walk = Walk(root=path, budget=Budget())
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        walk.enter(descriptor, place=path.resolve(), shown=())
    finally:
        os.close(descriptor)
    if not walk.files:
        raise ArchiveRefused("archive_empty", "the folder holds no file")
    unpacker = Unpacker(into=into, budget=walk.budget, files=list(walk.files))
    for file in walk.files:
        unpacker.look_inside(file)
    return unpacker.make_tree(errors=tuple(sorted(walk.errors)))


def hash_tree(tree: Tree) -> str:
    """Return a SHA-256 over all paths and contents, in hex: what identifies a folder as its bytes identify a file."""
    digest = hashlib.sha256()
    for line in iterate_lines(tree):
        digest.update(line)
    return digest.hexdigest()


def iterate_lines(tree: Tree) -> Iterator[bytes]:
    """Yield one line for each file and each remark, in path order."""
    for file in tree.files:
        yield f"{file.path}\0{file.sha256}\n".encode()
    for remark in tree.remarks:
        yield f"{remark.path}\0{remark.rule_id}\0{remark.detail}\n".encode()


def show_name(name: str) -> str:
    """Return a name as text for people; a byte that is no UTF-8 and the mark of nested paths become escapes."""
    shown = os.fsencode(name).decode("utf-8", "backslashreplace")
    return f"{shown[:-1]}\\x21" if shown.endswith("!") else shown
