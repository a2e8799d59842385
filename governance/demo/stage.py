"""Where the story plays: a data folder of its own, and the whole stack running in it.

Empties that folder first, unless a database was given: then keys and artifacts must outlive the run."""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.demo.errors import StageOccupied
from governance.demo.mail import Mailbox
from governance.stack.folders import is_locked
from governance.stack.paths import var_dir
from governance.stack.supervisor import Stack

FREE_PORT = "127.0.0.1:0"
SUFFIX_BYTES = 3
SERVERS = ("postgres", "valkey")
# Mail goes to the story's own mailbox, whatever server the environment names: real people are not part of it.
LEFT_OUT = frozenset({"EMAIL_URL", "NEXUS_BIND"})


@dataclass(frozen=True, slots=True)
class Stage:
    """A running platform, and what is this run's own: `suffix` ends every name that it makes."""

    stack: Stack
    suffix: str
    mailbox: Mailbox
    folder: Path
    has_own_database: bool

    @property
    def base_url(self) -> str:
        """Where the platform answers."""
        return self.stack.base_url

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the platform's own commands."""
        return self.stack.environment()


@contextmanager
def open_stage(environ: Mapping[str, str]) -> Iterator[Stage]:
    """Start the platform and stop it afterwards; raises StageOccupied or a StackError."""
    has_own_database = not environ.get("DATABASE_URL")
    var = var_dir(environ) / ("demo" if has_own_database else "demo-given")
    if is_locked(var) if var.exists() else False:
        raise StageOccupied(f"another demo runs in {var}: wait for its end, or set NEXUS_VAR to another folder")
    if has_own_database:
        clear_folder(var)
    suffix = secrets.token_hex(SUFFIX_BYTES)
    folder = var / f"run-{suffix}"
    folder.mkdir(mode=0o700, parents=True)
    given = {name: value for name, value in environ.items() if name not in LEFT_OUT}
    with Stack(var, given, bind=FREE_PORT) as stack:
        yield Stage(stack, suffix, Mailbox(stack.mail_dir), folder, has_own_database)


def clear_folder(var: Path) -> None:
    """Remove an earlier run's folder, and the servers' data where it lies behind a link."""
    for name in SERVERS:
        link = var / name
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    if var.exists():
        shutil.rmtree(var)
