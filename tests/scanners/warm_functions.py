"""What the tests let a warm process call: honest work, and everything a captured reader might do instead."""

import ctypes
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Message = dict[str, Any]
Ask = Callable[[Message], Message]


def echo(argument: Message, ask: Ask) -> Message:
    return {"echo": argument, "pid": os.getpid(), "uid": os.getuid(), "environment": sorted(os.environ)}


def read_file(argument: Message, ask: Ask) -> Message:
    with os.fdopen(argument["artifact"], "rb") as handle:
        return {"text": handle.read().decode()}


def ask_twice(argument: Message, ask: Ask) -> Message:
    return {"first": ask({"n": 1}), "second": ask({"n": 2})}


def list_descriptors(argument: Message, ask: Ask) -> Message:
    found = []
    for descriptor in range(256):
        try:
            found.append([descriptor, stat.S_IFMT(os.fstat(descriptor).st_mode)])
        except OSError:
            continue
    return {"open": found}


def abort(argument: Message, ask: Ask) -> Message:
    os.abort()


def kill_itself(argument: Message, ask: Ask) -> Message:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def leave_early(argument: Message, ask: Ask) -> Message:
    os._exit(0)


def raise_error(argument: Message, ask: Ask) -> Message:
    raise ValueError("no such thing")


def eat_memory(argument: Message, ask: Ask) -> Message:
    kept = []
    while True:
        kept.append(bytearray(16 * 1024 * 1024))


def overflow_stack(argument: Message, ask: Ask) -> Message:
    sys.setrecursionlimit(2**30)

    def again(_: int) -> int:
        return min([0], key=again)

    return {"value": again(0)}


def read_null(argument: Message, ask: Ask) -> Message:
    return {"text": ctypes.string_at(0).decode()}


def hang(argument: Message, ask: Ask) -> Message:
    while True:
        time.sleep(60)


def spin(argument: Message, ask: Ask) -> Message:
    while True:
        pass


def speak(argument: Message, ask: Ask) -> Message:
    """Say something of its own on the line to the owner, then answer as if nothing had happened."""
    find_line().sendall(argument["words"].encode("latin-1"))
    return {}


def flood(argument: Message, ask: Ask) -> Message:
    line = find_line()
    line.sendall((2**31).to_bytes(4, "big"))
    while True:
        line.sendall(b"x" * 65536)


def find_line() -> socket.socket:
    """The line to the owner: the only socket a child has."""
    for descriptor in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return socket.socket(fileno=os.dup(descriptor))
        except OSError:
            continue
    raise LookupError


def ask_for_ever(argument: Message, ask: Ask) -> Message:
    while True:
        ask({})


def bomb(argument: Message, ask: Ask) -> Message:
    """Fork as long as the kernel lets it."""
    forks = 0
    try:
        while True:
            if os.fork() == 0:
                while True:
                    os.fork()
            forks += 1
    except OSError as refused:
        return {"forks": forks, "refused": str(refused)}


def leave_daemon(argument: Message, ask: Ask) -> Message:
    """Fork twice and leave the session; what is left writes a file as long as it lives."""
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                while True:
                    Path("alive").write_text(str(time.time()), encoding="ascii")
                    time.sleep(0.02)
            os._exit(0)
    except OSError as refused:
        return {"refused": str(refused)}
    time.sleep(0.3)
    return {}


def leave_litter(argument: Message, ask: Ask) -> Message:
    """Make what is hard to remove: depth, closed folders, many files, odd names."""
    for number in range(2_000):
        Path(f"file{number}").touch()
    Path("odd\n\udcff").touch()
    Path("closed").mkdir()
    Path("closed/inner").touch()
    os.fchmod(os.open("closed", os.O_RDONLY), 0)
    for _ in range(300):
        os.mkdir("d" * 20, 0o700)  # noqa: PTH102
        os.chdir("d" * 20)
    return {}


def start_threads(argument: Message, ask: Ask) -> Message:
    done: list[int] = []
    threads = [threading.Thread(target=done.append, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"done": sorted(done)}


CALLABLE = (
    echo, read_file, ask_twice, list_descriptors, abort, kill_itself, leave_early, raise_error, eat_memory,
    overflow_stack, read_null, hang, spin, speak, flood, ask_for_ever, bomb, leave_daemon, leave_litter, start_threads,
)  # fmt: skip
TARGETS = {function.__name__: f"{__name__}:{function.__name__}" for function in CALLABLE}
