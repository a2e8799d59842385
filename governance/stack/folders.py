"""Makes the stack's folders private, puts its data within the servers' reach, lets one stack in at a time.

Never changes the mode or the owner of a folder it did not make."""

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path

from governance.stack.account import Account, is_reachable
from governance.stack.errors import DataUnreachable, FolderUnsafe, StackInUse
from governance.stack.paths import POSTGRES_SOCKET, SOCKET_PATH_MAX_BYTES

# Where root's servers keep what lies under a folder that `nobody` cannot enter (/root, a private clone).
PRIVATE_PLACE = Path("/var/lib/nexus-governance")

_LOCK_WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.1


def make_var(var: Path) -> None:
    """The data folder and its `log` and `run`; others may pass through `var` but not list it."""
    # Root's servers must pass through to their own folder, and everything in here is private by itself.
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    for name in ("log", "run"):
        (var / name).mkdir(mode=0o700, exist_ok=True)


def make_socket_folder(folder: Path, *, account: Account) -> Path:
    """A 0700 folder of the servers' user; FolderUnsafe when somebody else made it first."""
    if len(os.fsencode(folder / f"{POSTGRES_SOCKET}.lock")) > SOCKET_PATH_MAX_BYTES:
        raise FolderUnsafe(f"{folder} is too long a path for a socket: unset TMPDIR, or choose a short one.")
    if not os.path.lexists(folder):
        _make_private(folder, account=account)
    _require_private(folder, account=account)
    return folder


def remove_socket_folder(folder: Path) -> None:
    """Take the folder away once its sockets are gone; what is still in it is for the next start to judge."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def make_place(place: Path) -> None:
    """A folder that everybody may enter and only its maker may change."""
    if not place.is_dir():
        place.mkdir(parents=True)
        place.chmod(0o755)  # Whatever the caller's umask says: the servers' user has to pass.


def make_data_folder(var: Path, *, name: str, account: Account) -> Path:
    """The real folder behind `var/name`, private to the servers' user.

    Where that user cannot enter `var`, the folder lies in PRIVATE_PLACE and `var/name` is a link to it.
    """
    link = var / name
    if not os.path.lexists(link):
        _place_data(link, account=account)
    folder = link.resolve()
    if not folder.is_dir():
        raise DataUnreachable(f"{link} points at {folder}, which is gone: restore it, or remove {link} to start empty.")
    _require_private(folder, account=account)
    if not is_reachable(folder, account=account):
        raise DataUnreachable(
            f"{folder} cannot be entered by user id {account.uid}, who runs the servers: move it back to"
            " where it was, or set NEXUS_VAR to another folder."
        )
    return folder


def lock_var(var: Path) -> int:
    """Hold `var` for this process; returns the descriptor that holds it. StackInUse names the other stack.

    After a `kill -9` the watchdog still holds the lock while it clears up, so a dead owner is waited for.
    """
    descriptor = os.open(var / "run" / "stack.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_WAIT_SECONDS
    while not _try_lock(descriptor):
        owner = _read_owner(descriptor)
        if time.monotonic() > deadline or (owner and Path(f"/proc/{owner}").exists()):
            os.close(descriptor)
            raise StackInUse(
                f"The stack in {var} is already running (process {owner or 'unknown'}): stop it, or set"
                " NEXUS_VAR to another folder."
            )
        time.sleep(_POLL_SECONDS)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def is_locked(var: Path) -> bool:
    """Whether a stack runs in `var` now."""
    try:
        descriptor = os.open(var / "run" / "stack.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _place_data(link: Path, *, account: Account) -> None:
    if is_reachable(link.parent, account=account):
        _make_private(link, account=account)
        return
    make_place(PRIVATE_PLACE)
    folder = Path(tempfile.mkdtemp(prefix=f"{link.name}-", dir=PRIVATE_PLACE))
    _give(folder, account=account)
    link.symlink_to(folder)


def _make_private(folder: Path, *, account: Account) -> None:
    folder.mkdir(mode=0o700)
    _give(folder, account=account)


def _give(folder: Path, *, account: Account) -> None:
    if account.user is not None and account.group is not None:
        os.chown(folder, account.user, account.group, follow_symlinks=False)


def _require_private(folder: Path, *, account: Account) -> None:
    # /tmp is everybody's: whoever made our folder first could offer clients a server of their own.
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise FolderUnsafe(
            f"{folder} must be a folder of user id {account.uid} that nobody else can enter, but it is mode"
            f" {stat.S_IMODE(found.st_mode):o} of user id {found.st_uid}: remove it, or run as its owner."
        )


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _read_owner(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0).decode("ascii", errors="replace").strip()
    return int(text) if text.isdigit() else None
