"""As whom the embedded servers run, and what that user can reach.

Root's run as `nobody`, everybody else's as themselves. Never adds a user, never changes a folder's mode."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from governance.stack.errors import PlatformUnsupported

# Nothing of the caller's: a PGDATA or PGPORT from somebody's shell must not reach a server.
SERVER_ENVIRON = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

_UNPRIVILEGED_USER = "nobody"
_SHELL = "/bin/sh"


@dataclass(frozen=True)
class Account:
    """Arguments for subprocess: None leaves the caller's own identity alone."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def uid(self) -> int:
        """The user that will own what the servers write."""
        return os.getuid() if self.user is None else self.user


CALLER = Account()


def choose_account() -> Account:
    """`nobody` for root, because PostgreSQL refuses root and a server needs none of its rights."""
    if os.getuid() != 0:
        return CALLER
    try:
        entry = pwd.getpwnam(_UNPRIVILEGED_USER)
    except KeyError as error:
        raise PlatformUnsupported(
            f"There is no user {_UNPRIVILEGED_USER} to run the servers as: start this as an ordinary user."
        ) from error
    return Account(user=entry.pw_uid, group=entry.pw_gid, extra_groups=())


def is_reachable(folder: Path, *, account: Account) -> bool:
    """Whether `account` can enter `folder`; asked of the kernel, for modes alone do not tell (ACLs)."""
    return can_run((_SHELL, "-c", 'cd "$1"', _SHELL, str(folder)), account=account)


def can_run(command: tuple[str, ...], *, account: Account) -> bool:
    """Whether `account` can start `command` and the command ends well."""
    try:
        answer = subprocess.run(
            command,
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=False,
        )
    except PermissionError:
        return False
    return answer.returncode == 0
