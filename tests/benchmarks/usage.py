"""CPU time and memory of processes, read from the kernel's own books. Linux only (proc(5))."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.stack.processes import list_family
from governance.stack.supervisor import Stack

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# Fields 14 to 17 of /proc/PID/stat, counted after the name: own user and system time, and that of ended children.
TIME_FIELDS = slice(11, 15)
SETTLED_SHARE = 0.01
SETTLED_LOOKS = 3
LOOK_SECONDS = 2.0
LOOKS_MAX = 30


@dataclass(slots=True)
class Spent:
    """What a block cost: seconds on the clock, and seconds of processor time."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


def stack_cpu_seconds(stack: Stack) -> float:
    """Processor time that the stack's processes have used so far, ended children included, in seconds."""
    family = list_family([child.pid for child in stack.processes()])
    return sum(_read_cpu_seconds(process.pid) for process in family)


@contextmanager
def measure_children() -> Iterator[Spent]:
    """Measure what the commands cost that are run to their end in the block."""
    spent = Spent()
    began, before = time.perf_counter(), _children_cpu_seconds()
    yield spent
    spent.seconds = time.perf_counter() - began
    spent.cpu_seconds = _children_cpu_seconds() - before


def wait_for_idle_memory(stack: Stack) -> int:
    """The stack's memory in bytes once it has stopped changing by more than a hundredth."""
    last, steady = stack.memory_bytes(), 0
    for _ in range(LOOKS_MAX):
        time.sleep(LOOK_SECONDS)
        now = stack.memory_bytes()
        steady = steady + 1 if abs(now - last) <= SETTLED_SHARE * last else 0
        last = now
        if steady == SETTLED_LOOKS:
            break
    return last


def _read_cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0  # It ended between the listing and the reading; its parent has its time by now.
    fields = text[text.rindex(")") + 2 :].split()[TIME_FIELDS]
    return sum(map(int, fields)) / TICKS_A_SECOND


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
