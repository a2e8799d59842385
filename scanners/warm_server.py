"""`python -m scanners.warm_server`: imports everything once, then forks one confined child for each order.

Holds no secret and reads nothing hostile: a child's words go to the owner directly. Ends when its owner does.
"""

import contextlib
import encodings
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from scanners import limits
from scanners.errors import ToolFailed
from scanners.sandbox_identity import (
    Identity,
    borrow_identity,
    end_identity,
    find_closed_folder,
    hand_over,
    is_temporary,
    open_way_to,
    show_to,
)
from scanners.sandbox_syscalls import PR_SET_CHILD_SUBREAPER, control_process
from scanners.warm_child import Birth, Function, live
from scanners.warm_messages import PeerGone, send_message
from scanners.warm_order import Order

READY = b"ready"
MAX_DESCRIPTORS = 64
NOT_FORKED = -1


@dataclass(slots=True)
class Running:
    """A child at work; `deadline` in seconds of the monotonic clock."""

    identity: Identity | None
    report: socket.socket
    deadline: float
    is_timed_out: bool = False


@dataclass(slots=True)
class Server:
    """The warm process: its owner's socket, its functions, its children."""

    control: socket.socket
    functions: dict[str, Function]
    idle_seconds: float
    wake: socket.socket
    running: dict[int, Running] = field(default_factory=dict)

    def serve(self) -> None:
        """Fork, watch and bury children until the owner is gone or nothing was asked for a while."""
        idle_since = time.monotonic()
        while True:
            if self.running:
                idle_since = time.monotonic()
            left = idle_since + self.idle_seconds - time.monotonic()
            if left <= 0 or not self.turn(left):
                return

    def turn(self, idle_left: float) -> bool:
        """Wait for the next event and deal with it; returns whether the owner is still there."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        for child in self.running.values():
            poll.register(child.report, 0)  # tells when the owner gives a call up
        moments = [child.deadline - time.monotonic() for child in self.running.values() if not child.is_timed_out]
        ready = dict(poll.poll(max(0.0, min([idle_left, *moments])) * 1000 + 1))
        if self.wake.fileno() in ready:
            self.wake.recv(4096)
        self.end_late(given_up={descriptor for descriptor, event in ready.items() if event & select.POLLHUP})
        self.bury()
        return self.control.fileno() not in ready or self.take_order()

    def take_order(self) -> bool:
        """Fork a child for one order; returns whether the owner is still there."""
        data, received, _, _ = socket.recv_fds(
            self.control, limits.WARM_REPORT_BYTES, MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if not data:
            return False
        connection, report = (socket.socket(fileno=descriptor) for descriptor in received[:2])
        order = Order.from_dict(json.loads(data))
        identity, why_shared = prepare(order)
        parent_id = os.getpid()
        try:
            child_id = os.fork()
        except OSError:
            # The owner sees its sockets close before anything was accepted, and asks again.
            child_id = NOT_FORKED
        if child_id == 0:
            signal.set_wakeup_fd(-1)
            live(
                Birth(order, identity, why_shared, connection, tuple(received[2:]), parent_id),
                functions=self.functions,
            )
        connection.close()
        for descriptor in received[2:]:
            os.close(descriptor)
        if child_id == NOT_FORKED:
            report.close()
            if identity is not None:
                end_identity(identity)
            return True
        self.running[child_id] = Running(identity, report, deadline=time.monotonic() + order.seconds)
        tell(report, {"accepted": child_id})
        return True

    def end_late(self, *, given_up: set[int]) -> None:
        """Kill the groups of children whose time is over or whose caller has gone."""
        now = time.monotonic()
        for child_id, child in self.running.items():
            if now >= child.deadline or child.report.fileno() in given_up:
                child.is_timed_out = True
                kill_group(child_id)

    def bury(self) -> None:
        """Take leave of every child that ended, with everything it left running, and tell its owner."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            child_id = ended.si_pid
            child = self.running.pop(child_id, None)
            if child is not None:
                kill_group(child_id)  # while the dead child still keeps its number from being given to another
            _, status, used = os.wait4(child_id, 0)
            if child is None:
                continue
            if child.identity is not None:
                end_identity(child.identity)
            self.end_orphans()
            report: dict[str, Any] = {
                "ended": status,
                "is_timed_out": child.is_timed_out,
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "peak_memory_bytes": used.ru_maxrss * limits.KIB,
            }
            tell(child.report, report)
            child.report.close()

    def end_orphans(self) -> None:
        """Kill what left its session and was handed to us by the kernel, where there is no uid to know it by."""
        with contextlib.suppress(OSError):
            own = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
            for orphan in set(map(int, own)) - self.running.keys():
                os.kill(orphan, signal.SIGKILL)

    def end_all(self) -> None:
        """Kill every child with all it started."""
        for child_id, child in self.running.items():
            kill_group(child_id)
            if child.identity is not None:
                end_identity(child.identity)
        self.running.clear()
        self.end_orphans()


def prepare(order: Order) -> tuple[Identity | None, str]:
    """Return a uid for the child with its scratch folder handed over, or why it shares ours."""
    if os.geteuid() != 0:
        return None, "only root can give another uid"
    try:
        shown = [path for path in (order.folder, *order.reads) if path != order.scratch]
        for path in (order.scratch, *shown):
            open_way_to(path)
        walked = (order.scratch, *shown, *(path / "x" for path in order.needs))
        closed = None if order.function else next(filter(None, map(find_closed_folder, walked)), None)
        if closed is not None:
            return None, f"{closed} lets no other uid through"
        identity = borrow_identity()
    except (ToolFailed, OSError) as error:
        return None, str(error)
    try:
        hand_over(order.scratch, uid=identity.uid)
        for path in filter(is_temporary, shown):
            show_to(path, gid=identity.uid, apart_from=order.scratch)
    except (ToolFailed, OSError) as error:
        end_identity(identity)
        return None, str(error)
    return identity, ""


def kill_group(child_id: int) -> None:
    """Kill a child's process group, or the child alone while it has none of its own yet."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child_id, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child_id, signal.SIGKILL)


def tell(report: socket.socket, message: dict[str, Any]) -> None:
    """Tell an owner that may have given up; it must never hold the others up."""
    with contextlib.suppress(PeerGone, TimeoutError):
        send_message(report, message, until=time.monotonic() + 1)


def load_codecs() -> None:
    """Import every codec there is: a child under another uid may not be able to walk to the interpreter's files."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):  # those of another operating system
            importlib.import_module(f"encodings.{module.name}")


def notice(number: int, frame: FrameType | None) -> None:
    """Let a signal through to the wake-up socket; without a handler the kernel would drop it."""


def load(name: str) -> Any:
    """Return `module:function`."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def main() -> int:
    """Serve the socket and the functions named on the command line."""
    gc.disable()  # what is loaded stays
    control = socket.socket(fileno=int(sys.argv[1]))
    setup = json.loads(sys.argv[2])
    load_codecs()
    functions = {name: load(target) for name, target in setup["targets"].items()}
    for name in setup["warm_ups"]:
        load(name)()
    with contextlib.suppress(OSError):
        control_process(PR_SET_CHILD_SUBREAPER, 1)
    wake, signalled = socket.socketpair()
    signalled.setblocking(False)
    signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, notice)
    gc.freeze()
    gc.enable()
    sys.dont_write_bytecode = True  # no child writes to our own folders, whatever it comes to import
    server = Server(control, functions, idle_seconds=setup["idle_seconds"], wake=wake)
    try:
        control.send(READY)
        server.serve()
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        server.end_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
