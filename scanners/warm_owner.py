"""Holds the one warm process of this process: starts it, reaches it, notices that it or we have changed.

A fork of the owner starts afresh: it keeps no descriptor of its parent's, and shares no warm process with it.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from scanners import limits
from scanners.errors import ToolFailed
from scanners.warm_messages import PeerGone
from scanners.warm_order import Order
from scanners.warm_server import READY

PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent
# Blank on purpose: the settings and secrets of whoever scans stay out of the process that forks hostile readers.
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(PROJECT_ROOT), "NO_COLOR": "1"}


class Owner:
    """The way to a warm process; all methods may be called from any thread."""

    def __init__(self, *, targets: Mapping[str, str], warm_ups: Sequence[str], idle_seconds: float) -> None:
        self.targets = dict(targets)
        self.setup = json.dumps({"targets": self.targets, "warm_ups": list(warm_ups), "idle_seconds": idle_seconds})
        self.forget()
        _owners.add(self)

    def forget(self) -> None:
        """Know of no warm process and hold no lock, as after a fork."""
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.open_sockets: set[socket.socket] = set()

    def leave_to_parent(self) -> None:
        """Close what a fork inherited; the parent's warm process must see its end when the parent ends."""
        for connection in (*self.open_sockets, *filter(None, [self.control])):
            connection.close()
        if self.process is not None:
            self.process.returncode = 0  # not our child: there is nothing to wait for
        self.forget()

    def send_order(self, order: Order, *, descriptors: Sequence[int | socket.socket]) -> None:
        """Send an order with its descriptors; raises PeerGone when the warm process ends, ToolFailed without one."""
        control = self.reach()
        numbers = [item if isinstance(item, int) else item.fileno() for item in descriptors]
        try:
            socket.send_fds(control, [json.dumps(order.to_dict()).encode()], numbers)
        except OSError as error:
            self.drop(control)
            raise PeerGone("the warm process has ended") from error

    def reach(self) -> socket.socket:
        """Return the socket of a warm process that is alive, started if need be."""
        with self.lock:
            if self.control is not None and self.process is not None and self.process.poll() is None:
                return self.control
            self.end()
            self.process, self.control = start_server(self.setup)
            # Waits in the kernel for it to end, so that an idle one leaves no zombie until the next call.
            threading.Thread(target=self.process.wait, name="warm-reaper", daemon=True).start()
            return self.control

    def drop(self, control: socket.socket) -> None:
        """Give up a warm process that does not listen, unless another thread has already replaced it."""
        with self.lock:
            if self.control is control:
                self.end()

    def end(self) -> None:
        """End the warm process; called with the lock held."""
        if self.control is not None:
            self.control.close()
        if self.process is not None:
            try:
                self.process.wait(timeout=limits.WARM_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = self.control = None

    def close(self) -> None:
        """End the warm process and what it runs."""
        with self.lock:
            self.end()

    def find_server_id(self) -> int | None:
        """Return the process id of the warm process, None when it has ended."""
        with self.lock:
            return self.process.pid if self.process is not None and self.process.poll() is None else None

    @contextlib.contextmanager
    def sockets(self, pairs: int) -> Iterator[list[socket.socket]]:
        """Give pairs of connected sockets that are closed afterwards, and in any fork of ours."""
        ends = [end for _ in range(pairs) for end in socket.socketpair()]
        self.open_sockets.update(ends)
        try:
            yield ends
        finally:
            for end in ends:
                end.close()
            self.open_sockets.difference_update(ends)


def start_server(setup: str) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    """Start a warm process and wait until it is warm; raises ToolFailed."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = ENVIRONMENT | {"TMPDIR": tempfile.gettempdir()}
    # Without bytecode on disk every start would compile the whole engine; the server writes it as its owner would.
    bytecode = ["-B"] if sys.dont_write_bytecode else []
    argv = [sys.executable, "-P", "-s", *bytecode, "-X", "utf8", "-W", "ignore", "-m", "scanners.warm_server"]
    with far:
        process = subprocess.Popen(
            [*argv, str(far.fileno()), setup],
            cwd="/",
            env=environment,
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None,
            start_new_session=True,
        )
    near.settimeout(limits.WARM_START_SECONDS)
    try:
        is_ready = near.recv(len(READY)) == READY
    except (TimeoutError, ConnectionResetError):
        is_ready = False
    if not is_ready:
        near.close()
        process.kill()
        process.wait()
        raise ToolFailed("the warm process did not start")
    near.settimeout(limits.WARM_GRACE_SECONDS)
    return process, near


def leave_all_to_parent() -> None:
    """Let every owner of a forked process start afresh."""
    for owner in _owners:
        owner.leave_to_parent()


_owners: "weakref.WeakSet[Owner]" = weakref.WeakSet()
os.register_at_fork(after_in_child=leave_all_to_parent)
