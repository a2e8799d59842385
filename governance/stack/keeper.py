"""Starts processes in order, starts again what dies, gives up on what keeps dying, stops all in reverse.

Never leaves anything behind: a watchdog in the same process group ends what a killed keeper could not."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.stack.children import Child, ChildInfo, ChildSpec, bound_log
from governance.stack.errors import ChildGaveUp, ChildNotReady, CommandFailed
from governance.stack.paths import CHECKOUT
from governance.stack.processes import Process, list_family

QUICK_DEATH_SECONDS = 5.0
QUICK_DEATHS_MAX = 5

_POLL_SECONDS = 0.1
_FIRST_BACKOFF_SECONDS = 0.2
_WATCHDOG_END_SECONDS = 10.0


@dataclass
class _Kept:
    child: Child
    restarts: int = 0
    quick_deaths: int = 0
    start_at: float | None = None


class Keeper:
    """Keeps the processes of one stack.

    `lock` is a descriptor that must stay held until the last one is gone; `on_change` is called whenever a
    process was started.
    """

    def __init__(self, *, logs: Path, lock: int, on_change: Callable[[], None]) -> None:
        self._logs = logs
        self._lock = lock
        self._on_change = on_change
        self._kept: list[_Kept] = []
        self._mutex = threading.RLock()
        self._stopping = threading.Event()
        self._failure: ChildGaveUp | None = None
        self._watched: set[int] = set()
        self._watchdog = _start_watchdog(lock=lock, group=0)
        self._group = self._watchdog.pid
        self._monitor = threading.Thread(target=self._watch, name="keeper", daemon=True)
        self._monitor.start()

    def start(self, spec: ChildSpec) -> None:
        """Start a process to be kept, without waiting for it to be ready."""
        with self._mutex:
            self._kept.append(_Kept(self._start_child(spec)))
            self._on_change()

    def start_ready(self, spec: ChildSpec) -> None:
        """Start a process to be kept and wait until it is ready."""
        self.start(spec)
        self.wait_ready(spec)

    def wait_ready(self, spec: ChildSpec) -> None:
        """Wait until the process of `spec` is ready; raises ChildNotReady, or ChildGaveUp when one died."""
        deadline = time.monotonic() + spec.ready_seconds
        while spec.is_ready is not None and not spec.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ChildNotReady(
                    f"{spec.name} was not ready after {spec.ready_seconds:.0f} s; the end of its log:\n"
                    f"{self._find(spec.name).child.read_log_end()}"
                )
            time.sleep(_POLL_SECONDS / 2)

    def run(self, spec: ChildSpec) -> None:
        """Run a command to its end. CommandFailed when it does not end well within `spec.ready_seconds`."""
        child = self._start_child(spec)
        code = child.wait(seconds=spec.ready_seconds)
        if code is None:
            child.stop()
        if code != 0:
            raise CommandFailed(
                f"{spec.name} {'took too long' if code is None else f'ended with {code}'};"
                f" the end of its log:\n{child.read_log_end()}"
            )

    @contextlib.contextmanager
    def watch(self, pid: int) -> Iterator[None]:
        """Have the watchdog end `pid` too, a process started elsewhere, while the block runs."""
        with self._mutex:
            self._watched.add(pid)
            _tell(self._watchdog, f"watch {pid}\n")
        try:
            yield
        finally:
            with self._mutex:
                self._watched.remove(pid)
                _tell(self._watchdog, f"forget {pid}\n")

    def check(self) -> None:
        """Raise ChildGaveUp when a process has died too often to be started again."""
        if self._failure is not None:
            raise self._failure

    def list_children(self) -> list[ChildInfo]:
        """The kept processes in their starting order."""
        with self._mutex:
            return [
                ChildInfo(
                    name=kept.child.spec.name,
                    pid=kept.child.pid,
                    is_running=kept.child.exit_code is None,
                    restarts=kept.restarts,
                )
                for kept in self._kept
            ]

    def list_family(self) -> list[Process]:
        """Every live process of this stack, the watchdog and the processes' own children included."""
        return list_family([child.pid for child in self.list_children()], group=self._group)

    def stop(self) -> None:
        """Stop every process in reverse order, then the watchdog. Doing it twice changes nothing."""
        self._stopping.set()
        self._monitor.join()
        with self._mutex:
            while self._kept:
                self._kept[-1].child.stop()
                self._kept.pop()
        # The end of its input is the watchdog's signal to end what a process left behind in the group.
        self._watchdog.communicate(timeout=_WATCHDOG_END_SECONDS)

    def _watch(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            with self._mutex:
                if self._watchdog.poll() is not None:
                    self._replace_watchdog()
                for kept in self._kept:
                    self._tend(kept, now=time.monotonic())

    def _tend(self, kept: _Kept, *, now: float) -> None:
        bound_log(self._logs / f"{kept.child.spec.name}.log")
        code = kept.child.exit_code
        if code is None or self._failure is not None:
            return
        if kept.start_at is None:
            self._note_death(kept, code=code, now=now)
        elif now >= kept.start_at:
            self._start_again(kept)

    def _note_death(self, kept: _Kept, *, code: int, now: float) -> None:
        is_quick = now - kept.child.started_at < QUICK_DEATH_SECONDS
        kept.quick_deaths = kept.quick_deaths + 1 if is_quick else 1
        kept.start_at = now + _FIRST_BACKOFF_SECONDS * 2 ** (kept.quick_deaths - 1)
        name = kept.child.spec.name
        if kept.quick_deaths >= QUICK_DEATHS_MAX:
            self._failure = ChildGaveUp(
                f"{name} died {kept.quick_deaths} times in a row, last with {code}; the end of its log:\n"
                f"{kept.child.read_log_end()}"
            )
        print(f"{name} ended with {code}", file=sys.stderr, flush=True)

    def _start_again(self, kept: _Kept) -> None:
        kept.start_at = None
        kept.restarts += 1
        try:
            kept.child.start(group=self._group)
        except OSError as error:  # A full disk, no process numbers left: this thread must live to say so.
            self._failure = ChildGaveUp(f"{kept.child.spec.name} could not be started again: {error}")
        self._on_change()

    def _replace_watchdog(self) -> None:
        self._watchdog.communicate()
        # A group that has lost its last member cannot be joined; then the newcomer begins another.
        group = self._group if list_family([], group=self._group) else 0
        self._watchdog = _start_watchdog(lock=self._lock, group=group)
        self._group = group or self._watchdog.pid
        for pid in self._watched:
            _tell(self._watchdog, f"watch {pid}\n")

    def _start_child(self, spec: ChildSpec) -> Child:
        return Child(spec, log=self._logs / f"{spec.name}.log", group=self._group)

    def _find(self, name: str) -> _Kept:
        return next(kept for kept in self._kept if kept.child.spec.name == name)


def _start_watchdog(*, lock: int, group: int) -> subprocess.Popen[bytes]:
    # It inherits the lock: until the last process is gone nobody else may use the data folder.
    return subprocess.Popen(
        [sys.executable, "-S", "-m", "governance.stack.watchdog"],
        cwd=CHECKOUT,
        env={},
        stdin=subprocess.PIPE,
        pass_fds=(lock,),
        process_group=group,
    )


def _tell(watchdog: subprocess.Popen[bytes], line: str) -> None:
    # A watchdog that has just died is replaced within a moment, and the new one is told everything.
    with contextlib.suppress(BrokenPipeError):
        if watchdog.stdin is not None:
            watchdog.stdin.write(line.encode())
            watchdog.stdin.flush()
