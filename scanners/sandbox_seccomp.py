"""seccomp: the system calls a process that reads hostile input never needs, refused by the kernel.

A filter for x86-64 and 64-bit ARM, built by hand. It only refuses: what it lets through the other layers still judge.
"""

import ctypes
import errno
import os
from collections.abc import Iterable, Iterator
from typing import Final

from scanners.sandbox_calls import CALLS, LAST_KNOWN, MISSING, Calls
from scanners.sandbox_syscalls import MACHINE, system_call

SET_MODE_FILTER: Final = 1
KILL_PROCESS, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF, words of 32 bits
AT_NUMBER, AT_MACHINE, AT_FIRST = 0, 4, 16  # offsets into what the kernel hands to a filter; little-endian low words
X32_BIT: Final = 0x40000000
AF_UNIX: Final = 1
CLONE_THREAD: Final = 0x00010000
CLONE_NEW: Final = 0x7E020000  # mount, cgroup, uts, ipc, user, pid and network namespaces

Step = tuple[int, int, int, int]
REFUSE: Final[Step] = (RETURN, 0, 0, ERRNO | errno.EPERM)
LET: Final[Step] = (RETURN, 0, 0, ALLOW)
UNKNOWN: Final[Step] = (RETURN, 0, 0, ERRNO | errno.ENOSYS)


def install_filter(*, may_start_programs: bool) -> None:
    """Put the filter in force for the calling thread and all it starts; raises OSError where there is none.

    Without `may_start_programs` the process may start threads and nothing else. Must run in the process it confines,
    which from then on can signal only itself.
    """
    calls = CALLS.get(MACHINE)
    if calls is None:
        raise OSError(errno.ENOSYS, f"no filter for {MACHINE}")
    load_filter(build_filter(calls, own_id=os.getpid(), may_start_programs=may_start_programs), number=calls.seccomp)


def load_filter(steps: Iterable[Step], *, number: int) -> None:
    """Hand a filter to the kernel, by the number seccomp has on this machine; raises OSError."""
    program = [
        code.to_bytes(2, "little") + bytes((if_true, if_false)) + value.to_bytes(4, "little")
        for code, if_true, if_false, value in steps
    ]
    packed = ctypes.create_string_buffer(b"".join(program))
    head = (ctypes.c_uint64 * 2)(len(program), ctypes.addressof(packed))
    system_call(number, SET_MODE_FILTER, 0, ctypes.byref(head))


def build_filter(calls: Calls, *, own_id: int, may_start_programs: bool) -> Iterator[Step]:
    """Yield the filter's steps; the accumulator holds the call's number between two rules."""
    yield from ((LOAD, 0, 0, AT_MACHINE), (EQUAL, 1, 0, calls.audit_machine), (RETURN, 0, 0, KILL_PROCESS))
    yield (LOAD, 0, 0, AT_NUMBER)
    yield from ((AT_LEAST, 0, 1, X32_BIT), REFUSE)
    # A call younger than this file is answered as an older kernel would.
    yield from ((AT_LEAST, 0, 1, LAST_KNOWN + 1), UNKNOWN)
    for number in MISSING:
        yield from ((EQUAL, 0, 1, number), UNKNOWN)
    for number in calls.refused if may_start_programs else (*calls.refused, *calls.starting):
        yield from ((EQUAL, 0, 1, number), REFUSE)
    yield from only_with(calls.socketpair, value=AF_UNIX)
    for number in calls.signalling:
        yield from only_with(number, value=own_id)
    yield from only_with(calls.prlimit, value=0)
    yield from judge_clone(calls.clone, may_start_programs=may_start_programs)
    yield LET


def only_with(number: int, *, value: int) -> Iterator[Step]:
    """Yield the rule that lets a call through only with this first argument."""
    yield from ((EQUAL, 0, 4, number), (LOAD, 0, 0, AT_FIRST), (EQUAL, 0, 1, value), LET, REFUSE)


def judge_clone(number: int, *, may_start_programs: bool) -> Iterator[Step]:
    """Yield the rule on clone: no namespace, and only threads where no program may be started."""
    needed = (AT_LEAST, 0, 0, 0) if may_start_programs else (ANY_BIT, 0, 1, CLONE_THREAD)
    yield from ((EQUAL, 0, 5, number), (LOAD, 0, 0, AT_FIRST), (ANY_BIT, 2, 0, CLONE_NEW), needed, LET, REFUSE)
