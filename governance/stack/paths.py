"""Where the embedded stack keeps its data and its sockets, and the URLs its clients use.

Decides names only: never creates, opens or removes anything, so settings may import it."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

DATABASE_ROLE = "nexus"
DATABASE_NAME = "nexus"
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

# sun_path holds 108 bytes with its closing zero (unix(7)). Valkey cuts a longer path off in silence, so the
# folder is kept short enough for the longest socket name plus PostgreSQL's ".lock" beside it.
SOCKET_PATH_MAX_BYTES = 107
_TEMPORARY_FOLDER_MAX_BYTES = 40
_DEFAULT_TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - only a private folder of ours inside it is used


def var_dir(environ: Mapping[str, str]) -> Path:
    """The absolute data folder: NEXUS_VAR, or `var` in the checkout."""
    chosen = environ.get("NEXUS_VAR", "")
    return (Path(chosen).expanduser() if chosen else CHECKOUT / "var").resolve()


def run_dir(var: Path) -> Path:
    """The short private folder for the sockets of the stack that lives in `var`.

    The same `var` and the same user always give the same folder, so that a client needs no other knowledge.
    """
    digest = hashlib.sha256(os.fsencode(var.resolve())).hexdigest()[:8]
    return Path(_temporary_folder()) / f"nexus-{os.getuid()}-{digest}"


def database_url(var: Path) -> str:
    """The embedded PostgreSQL as django-environ reads it: HOST becomes the socket's folder."""
    return f"postgres://{DATABASE_ROLE}@/{run_dir(var)}/{DATABASE_NAME}"


def broker_url(var: Path) -> str:
    """The embedded Valkey as kombu reads it, database 0."""
    return f"redis+socket://{run_dir(var) / VALKEY_SOCKET}?virtual_host=0"


def _temporary_folder() -> str:
    # Root's servers run as somebody else, who may be unable to enter root's own TMPDIR.
    chosen = os.environ.get("TMPDIR", "")
    if os.getuid() != 0 and chosen.startswith("/") and len(os.fsencode(chosen)) <= _TEMPORARY_FOLDER_MAX_BYTES:
        return chosen
    return _DEFAULT_TEMPORARY_FOLDER
