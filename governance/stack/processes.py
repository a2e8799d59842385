"""Which processes belong together, how much memory they hold, and how a family of them is ended.

Reads /proc only; never starts a process and never signals one that it cannot prove to be the same."""

import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_POLL_SECONDS = 0.05
_LEFTOVER_STEPS = {signal.SIGQUIT: 5.0, signal.SIGKILL: 2.0}


@dataclass(frozen=True)
class Process:
    """One row of the process table; `started_ticks` tells it from a later process with the same number."""

    pid: int
    parent: int
    group: int
    started_ticks: int
    command: str


def list_processes() -> dict[int, Process]:
    """Every live process that the kernel shows us; zombies are left out, they hold nothing."""
    found = (_read_process(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def is_alive(process: Process) -> bool:
    """True while that very process runs, not merely some process with its number."""
    now = _read_process(process.pid)
    return now is not None and now.started_ticks == process.started_ticks


def list_family(roots: Iterable[int], *, group: int | None = None) -> list[Process]:
    """The live processes among `roots` and in `group`, with everything descended from them.

    A tool in a session of its own has left the group but not the family.
    """
    table = list_processes()
    chosen = {pid for pid in roots if pid in table}
    if group is not None:
        chosen |= {process.pid for process in table.values() if process.group == group}
    return [table[pid] for pid in sorted(_with_descendants(chosen, table=table))]


def end_processes(processes: Iterable[Process], *, steps: Mapping[signal.Signals, float]) -> list[Process]:
    """Send each signal of `steps` in turn, waiting so many seconds after it; return who is still alive."""
    living = [process for process in processes if is_alive(process)]
    for number, seconds in steps.items():
        for process in living:
            _send(process, number)
        living = _wait_until_gone(living, seconds=seconds)
        if not living:
            break
    return living


def end_servers_in(folder: Path, *, command: str) -> None:
    """End the processes called `command` that work in `folder`: left over from a stack that died whole."""
    leftovers = [
        process
        for process in list_processes().values()
        if process.command == command and _working_folder(process.pid) == folder
    ]
    end_processes(leftovers, steps=_LEFTOVER_STEPS)


def sum_memory_bytes(processes: Iterable[Process]) -> int:
    """Proportional set size in bytes: a page shared by n processes counts 1/n in each."""
    return sum(_read_pss_bytes(process.pid) for process in processes)


def _read_process(pid: int) -> Process | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # It ended between the listing and the reading.
    # The name stands in brackets and may itself hold brackets and blanks (proc(5)).
    command = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    if fields[0] in "ZXx":
        return None
    return Process(pid, parent=int(fields[1]), group=int(fields[2]), started_ticks=int(fields[19]), command=command)


def _with_descendants(chosen: set[int], *, table: Mapping[int, Process]) -> set[int]:
    family = set(chosen)
    while True:
        added = {process.pid for process in table.values() if process.parent in family} - family
        if not added:
            return family
        family |= added


def _send(process: Process, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return  # It ended by itself, which is what was wanted.


def _wait_until_gone(processes: list[Process], *, seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    living = [process for process in processes if is_alive(process)]
    while living and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        living = [process for process in living if is_alive(process)]
    return living


def _working_folder(pid: int) -> Path | None:
    try:
        return (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None  # Ended, or somebody else's: not ours to judge either way.


def _read_pss_bytes(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
