"""The embedded database: real PostgreSQL out of its wheel, on a private unix socket, durable by default.

Decides its settings, makes role and database; never listens on a network, never touches a schema."""

import shutil
import signal
from pathlib import Path
from typing import LiteralString

import psycopg

from governance.stack.account import SERVER_ENVIRON, Account
from governance.stack.binaries import POSTGRES_MAJOR, PostgresBinaries
from governance.stack.children import ChildSpec
from governance.stack.errors import DataVersionMismatch
from governance.stack.paths import DATABASE_NAME, DATABASE_ROLE
from governance.stack.processes import end_servers_in

_DATA = "data"
_UNFINISHED = "unfinished"
_SUPERUSER = "postgres"
_INITDB_SECONDS = 120.0


def describe_postgres(binaries: PostgresBinaries, *, folder: Path, sockets: Path, account: Account) -> ChildSpec:
    """How to start PostgreSQL on the data in `folder`, which adopt_cluster has put there."""
    data = folder / _DATA
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "32MB",
        "max_wal_size": "256MB",
        # Three processes fewer; direct reads suit a database that fits in memory.
        "io_method": "sync",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return ChildSpec(
        name="postgres",
        command=(str(binaries.postgres), "-D", str(data), *options),
        environ=SERVER_ENVIRON,
        cwd=data,
        account=account,
        # Fast shutdown: ends the sessions, writes everything. TERM would wait for the last client to leave.
        stop_signal=signal.SIGINT,
        stop_seconds=20.0,
        prepare=lambda: _clear_stale_pid(data),
        is_ready=lambda: accepts_clients(sockets),
    )


def describe_initdb(binaries: PostgresBinaries, *, folder: Path, account: Account) -> ChildSpec:
    """How to make an empty cluster in `folder`; adopt_cluster puts it in its place.

    Trust is enough for authentication: the socket's folder is 0700 and belongs to the servers' user.
    """
    new = folder / _UNFINISHED
    return ChildSpec(
        name="initdb",
        command=(
            *(
                str(binaries.initdb),
                "-D",
                str(new),
                f"--username={_SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
            ),
            # Sorting and case do not then depend on which locales this machine happens to have.
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ),
        environ=SERVER_ENVIRON,
        cwd=folder,
        account=account,
        # What a start that was killed half-way has left.
        prepare=lambda: shutil.rmtree(new, ignore_errors=True),
        ready_seconds=_INITDB_SECONDS,
    )


def has_cluster(folder: Path) -> bool:
    """Whether `folder` holds a finished cluster; DataVersionMismatch when another major version made it."""
    version = folder / _DATA / "PG_VERSION"
    if not version.exists():
        return False
    found = version.read_text(encoding="ascii").strip()
    if found != str(POSTGRES_MAJOR):
        raise DataVersionMismatch(
            f"{version.parent} was made by PostgreSQL {found} and this is {POSTGRES_MAJOR}: dump it with the"
            " old version and load it into a new folder (NEXUS_VAR)."
        )
    return True


def adopt_cluster(folder: Path) -> None:
    """Put the cluster that initdb has finished in its place, at once or not at all."""
    (folder / _UNFINISHED).rename(folder / _DATA)


def make_database(sockets: Path) -> None:
    """Make our role and our database where they are missing.

    The role may make databases, for a test run has its own, and nothing else: the ledger's triggers bind it.
    """
    with psycopg.connect(host=str(sockets), user=_SUPERUSER, dbname=_SUPERUSER, autocommit=True) as connection:
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", DATABASE_ROLE):
            connection.execute(f"CREATE ROLE {DATABASE_ROLE} LOGIN CREATEDB")
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE_NAME):
            connection.execute(f"CREATE DATABASE {DATABASE_NAME} OWNER {DATABASE_ROLE}")


def accepts_clients(sockets: Path) -> bool:
    """True once a client can open a session through the socket."""
    try:
        with psycopg.connect(host=str(sockets), user=_SUPERUSER, dbname=_SUPERUSER, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def _clear_stale_pid(data: Path) -> None:
    end_servers_in(data, command="postgres")
    # We hold the stack's lock and no server works here: whatever process has that number now is not one.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
