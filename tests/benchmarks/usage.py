"""CPU time and memory of processes, read from the kernel's own books. Linux only (proc(5))."""

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
PEAK_LOOK_SECONDS = 0.02


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


@contextmanager
def measure_all() -> Iterator[Spent]:
    """Measure what the block costs, in this process and in those it runs to their end."""
    spent = Spent()
    began, before = time.perf_counter(), time.process_time() + _children_cpu_seconds()
    yield spent
    spent.seconds = time.perf_counter() - began
    spent.cpu_seconds = time.process_time() + _children_cpu_seconds() - before


@dataclass(slots=True)
class Peaks:
    """The most memory that any process held, in bytes, by the name of its program."""

    by_program: dict[str, int] = field(default_factory=dict)


@contextmanager
def watch_memory() -> Iterator[Peaks]:
    """Watch every process that this one starts in the block, and all that those start."""
    peaks, is_over = Peaks(), threading.Event()

    def look() -> None:
        while not is_over.wait(PEAK_LOOK_SECONDS):
            for pid in _list_below(os.getpid()):
                name, peak = _read_peak(pid)
                peaks.by_program[name] = max(peaks.by_program.get(name, 0), peak)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        is_over.set()
        watcher.join()


def _list_below(pid: int) -> list[int]:
    """Every process that this one has started, directly or not."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(word) for word in children.read_text(encoding="ascii").split()]
        except OSError:
            continue
        found += direct + [below for child in direct for below in _list_below(child)]
    return found


def _read_peak(pid: int) -> tuple[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "gone", 0
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return fields["Name"], int(fields.get("VmHWM", "0 kB").split()[0]) * 1024


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
