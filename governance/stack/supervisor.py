"""What runs on one machine: the embedded servers, and on top of them mailbox, workers, beat and web.

Decides the order and the environment; Django's settings read that environment like any other."""

import contextlib
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from governance.stack import paths
from governance.stack.account import choose_account
from governance.stack.applications import (
    describe_applications,
    describe_mailbox,
    describe_migrations,
    pick_free_port,
    resolve_bind,
)
from governance.stack.binaries import find_postgres, find_valkey
from governance.stack.children import ChildInfo
from governance.stack.folders import (
    lock_var,
    make_data_folder,
    make_socket_folder,
    make_var,
    remove_socket_folder,
)
from governance.stack.keeper import Keeper
from governance.stack.postgres import (
    adopt_cluster,
    describe_initdb,
    describe_postgres,
    has_cluster,
    make_database,
)
from governance.stack.processes import sum_memory_bytes
from governance.stack.record import Record, remove_record, write_record
from governance.stack.valkey import describe_valkey


class Servers:
    """The embedded PostgreSQL and Valkey, each left out where `environ` names a server of its own."""

    def __init__(self, var: Path, environ: Mapping[str, str]) -> None:
        self.var = var.resolve()
        self._given = dict(environ)
        self._running = contextlib.ExitStack()
        self._keeper: Keeper | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until it is ready; on any StackError nothing is left running."""
        with contextlib.ExitStack() as running:
            make_var(self.var)
            lock = lock_var(self.var)
            running.callback(os.close, lock)
            keeper = Keeper(logs=self.var / "log", lock=lock, on_change=self._write_record)
            running.callback(remove_record, self.var)
            running.callback(remove_socket_folder, paths.run_dir(self.var))
            running.callback(keeper.stop)
            self._keeper = keeper
            self._start_children(keeper)
            self._running = running.pop_all()

    def stop(self) -> None:
        """Stop every process in reverse order. Doing it twice changes nothing."""
        self._running.close()

    def environment(self) -> dict[str, str]:
        """The whole environment for a client: the caller's, and the addresses that it left open."""
        chosen = {**self._given, "NEXUS_VAR": str(self.var)}
        if not self._is_given("DATABASE_URL"):
            chosen["DATABASE_URL"] = paths.database_url(self.var)
        if not self._is_given("BROKER_URL"):
            chosen["BROKER_URL"] = paths.broker_url(self.var)
        return chosen

    def check(self) -> None:
        """Raise ChildGaveUp when a process keeps dying and is not started again."""
        self._require_keeper().check()

    def processes(self) -> list[ChildInfo]:
        """The kept processes in their starting order; none while the stack is stopped."""
        return [] if self._keeper is None else self._keeper.list_children()

    def memory_bytes(self) -> int:
        """Memory held by every process of the stack and what they started, shared pages counted once."""
        return sum_memory_bytes(self._require_keeper().list_family())

    def watch(self, pid: int) -> AbstractContextManager[None]:
        """While the block runs, `pid` is ended like the rest when this process is killed."""
        return self._require_keeper().watch(pid)

    def _start_children(self, keeper: Keeper) -> None:
        if not self._is_given("DATABASE_URL"):
            self._start_postgres(keeper)
        if not self._is_given("BROKER_URL"):
            self._start_valkey(keeper)

    def _start_postgres(self, keeper: Keeper) -> None:
        account = choose_account()
        binaries = find_postgres(account=account)
        sockets = make_socket_folder(paths.run_dir(self.var), account=account)
        folder = make_data_folder(self.var, name="postgres", account=account)
        if not has_cluster(folder):
            keeper.run(describe_initdb(binaries, folder=folder, account=account))
            adopt_cluster(folder)
        keeper.start_ready(describe_postgres(binaries, folder=folder, sockets=sockets, account=account))
        make_database(sockets)

    def _start_valkey(self, keeper: Keeper) -> None:
        account = choose_account()
        binary = find_valkey(account=account)
        sockets = make_socket_folder(paths.run_dir(self.var), account=account)
        folder = make_data_folder(self.var, name="valkey", account=account)
        keeper.start_ready(describe_valkey(binary, folder=folder, sockets=sockets, account=account))

    def _is_given(self, name: str) -> bool:
        # An empty value counts as none, as it does for the settings.
        return bool(self._given.get(name))

    def _require_keeper(self) -> Keeper:
        if self._keeper is None:
            raise RuntimeError("The stack has not been started.")
        return self._keeper

    def _addresses(self) -> dict[str, str]:
        # An address that was given may hold a password, so it is not written down.
        chosen = self.environment()
        names = ("DATABASE_URL", "BROKER_URL", "EMAIL_URL")
        return {name: "given" if self._is_given(name) else chosen[name] for name in names if chosen.get(name)}

    def _write_record(self) -> None:
        write_record(self.var, Record(pid=os.getpid(), addresses=self._addresses(), processes=self.processes()))


class Stack(Servers):
    """The servers and everything that Nexus Governance runs on them.

    `bind` is HOST:PORT for the web pages; port 0 takes a free one. Raises PortTaken when one is in use.
    """

    def __init__(self, var: Path, environ: Mapping[str, str], *, bind: str | None = None) -> None:
        super().__init__(var, environ)
        self._bind = resolve_bind(bind or environ.get("NEXUS_BIND", ""))
        self._feed_bind = resolve_bind(environ.get("NEXUS_FEED_BIND", "") or "127.0.0.1:0")
        self._mail_port = pick_free_port()

    @property
    def base_url(self) -> str:
        """Where web pages and API answer, without a closing slash."""
        return f"http://{self._bind}"

    @property
    def feed_url(self) -> str:
        """Where runtimes listen and poll, also while the database is down."""
        return f"http://{self._feed_bind}"

    @property
    def mail_dir(self) -> Path:
        """Where the mailbox puts what was delivered, one file a message."""
        return self.var / "mail"

    def environment(self) -> dict[str, str]:
        """The whole environment for a client of this stack."""
        chosen = super().environment()
        if not self._is_given("EMAIL_URL"):
            chosen["EMAIL_URL"] = f"smtp://127.0.0.1:{self._mail_port}"
        if not self._is_given("PUBLIC_URL"):
            chosen["PUBLIC_URL"] = self.base_url
        if not self._is_given("FEED_URL"):
            chosen["FEED_URL"] = self.feed_url
        return chosen

    def _start_children(self, keeper: Keeper) -> None:
        super()._start_children(keeper)
        environ = self.environment()
        if not self._is_given("EMAIL_URL"):
            keeper.start_ready(describe_mailbox(self.mail_dir, port=self._mail_port, environ=environ))
        for command in describe_migrations(environ=environ):
            keeper.run(command)
        applications = describe_applications(
            bind=self._bind, feed_bind=self._feed_bind, run=self.var / "run", environ=environ
        )
        for spec in applications:
            keeper.start(spec)
        for spec in applications:
            keeper.wait_ready(spec)

    def _addresses(self) -> dict[str, str]:
        return {"WEB": self.base_url, "FEED": self.feed_url, **super()._addresses()}
