"""Scratch folders: made private, and removed whatever a hostile process left in them.

Remove only after everything that could write there has ended. No link is ever followed.
"""

import contextlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scanners import limits
from scanners.errors import ToolFailed

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def make_scratch(prefix: str = "scan-") -> Iterator[Path]:
    """Give a private folder for the length of a scan; raises OSError when there is no room for it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        # A rest that cannot be removed costs disk, not the verdict.
        with contextlib.suppress(OSError, ToolFailed):
            remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder with closed modes, endless depth or very many files in it; raises OSError and ToolFailed.

    Folders inside are moved up next to each other before they are emptied, so that depth costs neither stack nor
    open files, and no path gets longer than the kernel takes.
    """
    if not folder.is_dir() or folder.is_symlink():
        return
    folder.chmod(stat.S_IRWXU)
    top = os.open(folder, OPEN_FOLDER)
    # A prefix nobody inside could foresee: a folder moved up must not meet one of its name.
    prefix = secrets.token_hex(8)
    try:
        waiting = [name for name in list_names(top) if not remove_entry(top, name)]
        moved = 0
        while waiting:
            name = waiting.pop()
            for inner, inner_name in empty_folder(top, name):
                moved += 1
                if moved > limits.CLEANED_ENTRIES:
                    raise ToolFailed("a scratch folder holds too many folders")
                os.rename(inner_name, f"{prefix}-{moved}", src_dir_fd=inner, dst_dir_fd=top)
                waiting.append(f"{prefix}-{moved}")
            os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    folder.rmdir()


def empty_folder(top: int, name: str) -> Iterator[tuple[int, str]]:
    """Remove a folder's files; yield its own folders, which the caller must move away before going on."""
    descriptor = os.open(name, OPEN_FOLDER, dir_fd=top)
    try:
        for entry in list_names(descriptor):
            if not remove_entry(descriptor, entry):
                yield descriptor, entry
    finally:
        os.close(descriptor)


def list_names(descriptor: int) -> list[str]:
    """Return the names in an open folder."""
    with os.scandir(descriptor) as entries:
        return [entry.name for entry in entries]


def remove_entry(descriptor: int, name: str) -> bool:
    """Remove what is no folder; a folder stays and is made passable for us. Returns whether it is gone."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=descriptor)
        return True
    os.chmod(name, stat.S_IRWXU, dir_fd=descriptor)
    return False
