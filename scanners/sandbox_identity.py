"""A uid of its own for each hostile reader, shared with nobody, and the certain end of everything that runs under it.

Only root can give one. Never ends a process of any other uid.
"""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scanners import limits
from scanners.errors import ToolFailed

SEARCHABLE: Final = 0o001


@dataclass(frozen=True, slots=True)
class Identity:
    """A uid (and gid) on loan, and the uid that may end its processes; the lock is the kernel's and ends with us."""

    uid: int
    killer_uid: int
    lock: socket.socket = field(repr=False)


def borrow_identity() -> Identity:
    """Return a uid that no account, no process and no other caller on this machine has; raises ToolFailed."""
    taken = find_running_uids()
    pairs = (limits.STRANGER_LAST_UID - limits.STRANGER_FIRST_UID) // 2
    start = secrets.randbelow(pairs)
    for offset in range(pairs):
        uid = limits.STRANGER_FIRST_UID + (start + offset) % pairs * 2
        if uid in taken or uid + 1 in taken or has_account(uid):
            continue
        # A name in the abstract namespace is a lock without a file: the kernel lets go of it when its owner dies.
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0nexus-scan-uid-{uid}")
        except OSError:
            lock.close()
            continue
        return Identity(uid=uid, killer_uid=uid + 1, lock=lock)
    raise ToolFailed("every uid for hostile readers is taken")


def find_running_uids() -> set[int]:
    """Return the uids that processes have now."""
    taken = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                taken.add(entry.stat().st_uid)
    return taken


def has_account(uid: int) -> bool:
    """Whether the machine knows a user of this number, which somebody else's process may take any moment."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def end_identity(identity: Identity) -> None:
    """Kill everything that runs under the uid, however it hid, and give the uid back.

    Must run as root in a process without threads. While it has the uid, its real and saved uids are others, so that
    it can signal the uid's processes and they cannot signal it.
    """
    try:
        os.setresuid(identity.killer_uid, identity.uid, 0)
        try:
            # One round is enough: the kernel lets no process fork that has this signal waiting.
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        finally:
            os.setresuid(0, 0, 0)
    finally:
        identity.lock.close()


def open_way_to(path: Path) -> None:
    """Let strangers walk, not look, through our own temporary folders above `path`; no other folder is touched."""
    top = Path(tempfile.gettempdir()).resolve()
    resolved = path.resolve()
    for folder in reversed(resolved.parents):
        if not folder.is_relative_to(top) or folder == top:
            continue
        status = folder.stat()
        if status.st_uid == os.geteuid() and not status.st_mode & SEARCHABLE:
            folder.chmod(stat.S_IMODE(status.st_mode) | SEARCHABLE)


def is_temporary(path: Path) -> bool:
    """Whether a path lies in the temporary folder, where what we made is ours to share."""
    return path.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve())


def find_closed_folder(path: Path) -> Path | None:
    """Return the first folder on the way to `path` that a stranger cannot walk through."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & SEARCHABLE:
            return folder
    return None


def hand_over(folder: Path, *, uid: int) -> None:
    """Give a folder and all in it to a uid; raises ToolFailed for anything that is not ours to give."""
    for path, status in walk(folder):
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise ToolFailed(f"{path.name} has a second name")
        os.chown(path, uid, uid, follow_symlinks=False)


def show_to(folder: Path, *, gid: int, apart_from: Path) -> None:
    """Let a group read a folder and all in it, apart from one folder that was handed over; raises ToolFailed."""
    for path, status in walk(folder, apart_from=apart_from):
        if stat.S_ISLNK(status.st_mode):
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise ToolFailed(f"{path.name} has a second name")
        os.chown(path, -1, gid, follow_symlinks=False)
        readable = 0o050 if stat.S_ISDIR(status.st_mode) else 0o040
        path.chmod(stat.S_IMODE(status.st_mode) | readable)


def walk(folder: Path, *, apart_from: Path | None = None) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield a folder and everything below it, following no link."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if path == apart_from:
            continue
        status = path.lstat()
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            waiting.extend(path.iterdir())
