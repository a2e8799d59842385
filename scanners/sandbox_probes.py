"""Sixteen things a hostile reader would try, tried: each probe says by what it was blocked, if it was.

Runs only inside a confined child. What gets through does no harm and is undone.
"""

import contextlib
import json
import mmap
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanners.sandbox_syscalls import MACHINE, system_call

CLONE = {"x86_64": 56, "aarch64": 220}
PTRACE = {"x86_64": 101, "aarch64": 117}
NEW_USER_NAMESPACE = 0x10000000
PTRACE_SEIZE = 0x4206
FORKS = 300
BIG_MEMORY = 6 * 1024**3
BIG_FILE = 200 * 1000**2
Places = dict[str, Any]


def run_probes(argument: Places, ask: Callable[..., Any]) -> dict[str, Any]:
    """Try everything; `argument` names a secret file, a folder open to all, a TCP port, an abstract socket, a pid."""
    return {name: try_probe(probe, argument) for name, probe in PROBES.items()}


def try_probe(probe: Callable[[Places], object], places: Places) -> str:
    """Return how a probe was blocked, empty when it got through."""
    try:
        probe(places)
    except (OSError, MemoryError) as blocked:
        return f"{type(blocked).__name__}: {blocked}"
    return ""


def read_hashes(places: Places) -> None:
    """Read what only root may."""
    Path("/etc/shadow").read_bytes()


def read_environment(places: Places) -> None:
    """Read what another process was started with."""
    Path("/proc/1/environ").read_bytes()


def make_namespace(places: Places) -> None:
    """Become root of a world of its own, from where more of the kernel can be reached."""
    # By clone: unshare would be refused to any process with threads, and so would prove nothing.
    child = system_call(CLONE[MACHINE], NEW_USER_NAMESPACE | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def list_processes(places: Places) -> None:
    """See what else runs here."""
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]  # noqa: PTH208
    if not others:
        raise PermissionError("no other process is seen")


def write_outside(places: Places) -> None:
    """Leave a file in a folder that everybody may write to."""
    path = Path(places["open_folder"]) / "written"
    path.write_text("x", encoding="ascii")
    path.unlink()


def connect_tcp(places: Places) -> None:
    """Reach a listening port."""
    with socket.create_connection(("127.0.0.1", places["port"]), timeout=2):
        pass


def send_udp(places: Places) -> None:
    """Send a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", places["port"]))


def open_netlink(places: Places) -> None:
    """Talk to the kernel's network configuration."""
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def connect_abstract(places: Places) -> None:
    """Reach another program by a socket that has no file."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect("\0" + places["abstract"])


def trace_process(places: Places) -> None:
    """Take hold of another process."""
    system_call(PTRACE[MACHINE], PTRACE_SEIZE, places["process"], 0, 0)


def take_memory(places: Places) -> None:
    """Allocate what would starve the machine."""
    mmap.mmap(-1, BIG_MEMORY).close()


def fork_often(places: Places) -> None:
    """Fork until somebody says no."""
    children = []
    try:
        for _ in range(FORKS):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    finally:
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def write_big_file(places: Places) -> None:
    """Fill the disk."""
    descriptor = os.open("big", os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.truncate(descriptor, BIG_FILE)
    finally:
        os.close(descriptor)
        Path("big").unlink()


def become_root(places: Places) -> None:
    """Take root's uid, and what only root may open."""
    os.setuid(0)


PROBES: dict[str, Callable[[Places], object]] = {
    "read the password hashes": read_hashes,
    "read a file open to all": lambda places: Path(places["secret"]).read_bytes(),
    "read the environment of init": read_environment,
    "list other processes": list_processes,
    "write outside": write_outside,
    "connect by TCP": connect_tcp,
    "send by UDP": send_udp,
    "open netlink": open_netlink,
    "connect to an abstract socket": connect_abstract,
    "signal another process": lambda places: os.kill(places["process"], 0),
    "make a user namespace": make_namespace,
    "trace another process": trace_process,
    "allocate 6 GiB": take_memory,
    "fork 300 times": fork_often,
    "write a file of 200 MB": write_big_file,
    "become root": become_root,
}


if __name__ == "__main__":
    json.dump(run_probes(json.loads(sys.argv[1]), print), sys.stdout)
