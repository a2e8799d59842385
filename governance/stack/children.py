"""One process of the stack: how it is started, asked whether it is ready, and stopped.

Decides nothing about when: the keeper does. Never starts a process outside the watchdog's group."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.stack.account import CALLER, Account
from governance.stack.processes import end_processes, list_family

LOG_MAX_BYTES = 10 * 1024 * 1024

_KILL_SECONDS = 2.0


def do_nothing() -> None:
    """The preparation of a process that needs none."""


@dataclass(frozen=True)
class ChildSpec:
    """What to start and how to stop it; `prepare` runs before every start, `is_ready` until it says yes."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    cwd: Path
    account: Account = CALLER
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    prepare: Callable[[], None] = do_nothing
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 30.0


@dataclass(frozen=True)
class ChildInfo:
    """What a caller may know about one process of the stack."""

    name: str
    pid: int
    is_running: bool
    restarts: int


class Child:
    """A started process; `started_at` is a monotonic moment in seconds."""

    def __init__(self, spec: ChildSpec, *, log: Path, group: int) -> None:
        self.spec = spec
        self._log = log
        self.started_at = 0.0
        self.start(group=group)

    def start(self, *, group: int) -> None:
        """Start the process in the process group `group`, the watchdog's, with its output in its log."""
        self.spec.prepare()
        bound_log(self._log)
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self.spec.command,
                env=dict(self.spec.environ),
                cwd=self.spec.cwd,
                user=self.spec.account.user,
                group=self.spec.account.group,
                extra_groups=self.spec.account.extra_groups,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Away from the terminal's group: Ctrl-C reaches the supervisor alone, which stops in order.
                process_group=group,
            )
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """The number of the process that was started last."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; the negative number of a signal when that ended it."""
        return self._process.poll()

    def wait(self, *, seconds: float) -> int | None:
        """Its exit code, or None when it still runs after `seconds`."""
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Ask it to end, and after its time kill it; what it left running is killed in any case."""
        family = list_family([self.pid])
        if self.exit_code is None:
            self._process.send_signal(self.spec.stop_signal)
        if self.wait(seconds=self.spec.stop_seconds) is None:
            family += list_family([self.pid])
        end_processes(family, steps={signal.SIGKILL: _KILL_SECONDS})
        self._process.wait()

    def read_log_end(self, *, lines: int = 20) -> str:
        """The last lines that it wrote, for the person who has to find out why it died."""
        with self._log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 200 * lines))
            return b"\n".join(log.read().splitlines()[-lines:]).decode("utf-8", errors="replace")


def bound_log(log: Path) -> None:
    """Move a log that has grown past LOG_MAX_BYTES aside, over the one moved aside before.

    The writer keeps its descriptor, so the text is copied and the file emptied (it is open for appending).
    """
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.with_suffix(".log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
