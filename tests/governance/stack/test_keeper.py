"""How single processes are kept: restarts, giving up, stopping, and their logs."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from governance.stack.children import LOG_MAX_BYTES, ChildSpec, bound_log
from governance.stack.errors import ChildGaveUp, ChildNotReady, CommandFailed
from governance.stack.keeper import QUICK_DEATHS_MAX, Keeper
from governance.stack.processes import is_alive, list_family, list_processes

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    kept = Keeper(logs=tmp_path, lock=lock, on_change=lambda: None)
    yield kept
    kept.stop()
    os.close(lock)


def describe(name: str, code: str, tmp_path: Path, *, seconds: float = 5) -> ChildSpec:
    log = tmp_path / f"{name}.log"
    return ChildSpec(
        name=name,
        command=(sys.executable, "-c", code),
        environ=dict(os.environ),
        cwd=tmp_path,
        stop_seconds=0.3,
        is_ready=lambda: "up" in log.read_text(),
        ready_seconds=seconds,
    )


def wait_for(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_what_keeps_dying_is_given_up_with_the_end_of_its_log(keeper: Keeper, tmp_path: Path) -> None:
    spec = describe("doomed", "print('no such table'); raise SystemExit(3)", tmp_path, seconds=20)
    with pytest.raises(ChildGaveUp, match=r"doomed died 5 times in a row, last with 3(?s:.)*no such table"):
        keeper.start_ready(spec)
    assert (tmp_path / "doomed.log").read_text().count("no such table") == QUICK_DEATHS_MAX


def test_what_never_gets_ready_is_named(keeper: Keeper, tmp_path: Path) -> None:
    with pytest.raises(ChildNotReady, match="mute was not ready"):
        keeper.start_ready(describe("mute", "import time; time.sleep(60)", tmp_path, seconds=0.5))


def test_failed_command_shows_what_it_wrote(keeper: Keeper, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"migrate ended with 2(?s:.)*no such column"):
        keeper.run(describe("migrate", "print('no such column'); raise SystemExit(2)", tmp_path))


def test_command_that_takes_too_long_is_ended(keeper: Keeper, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="migrate took too long"):
        keeper.run(describe("migrate", STUBBORN, tmp_path, seconds=0.5))
    assert len(keeper.list_family()) == 1  # The watchdog.


def test_stopping_kills_what_does_not_listen_and_what_it_started(tmp_path: Path) -> None:
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    keeper = Keeper(logs=tmp_path, lock=lock, on_change=lambda: None)
    keeper.start_ready(describe("stubborn", STUBBORN, tmp_path))
    keeper.start_ready(describe("parent", PARENT, tmp_path))
    family = keeper.list_family()
    assert len(family) == 4
    keeper.stop()
    os.close(lock)
    assert not [process for process in family if is_alive(process)]


def test_killed_watchdog_is_replaced_by_one_that_knows_everything(keeper: Keeper, tmp_path: Path) -> None:
    keeper.start_ready(describe("stubborn", STUBBORN, tmp_path))
    first = find_watchdog(keeper)
    os.kill(first, signal.SIGKILL)
    assert wait_for(lambda: find_watchdog(keeper) not in {0, first})
    assert len(keeper.list_family()) == 2


def test_whole_group_killed_at_once_comes_back(keeper: Keeper, tmp_path: Path) -> None:
    keeper.start_ready(describe("worker", "import time; print('up', flush=True); time.sleep(60)", tmp_path))
    os.killpg(find_watchdog(keeper), signal.SIGKILL)
    assert wait_for(lambda: keeper.list_children()[0].restarts == 1)
    assert wait_for(lambda: len(keeper.list_family()) == 2)
    keeper.check()


def test_log_is_moved_aside_when_it_has_grown_too_long(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.truncate(LOG_MAX_BYTES + 1)
        bound_log(log)
        writer.write(b"later\n")
        writer.flush()
        bound_log(log)
    assert log.read_bytes() == b"later\n"
    assert (tmp_path / "web.log.1").stat().st_size == LOG_MAX_BYTES + 1


def test_family_includes_what_left_the_group_for_a_session_of_its_own(keeper: Keeper, tmp_path: Path) -> None:
    keeper.start_ready(describe("parent", PARENT, tmp_path))
    pid = keeper.list_children()[0].pid
    groups = {process.group for process in list_family([pid])}
    assert len(groups) == 2


def test_process_with_a_reused_number_is_not_taken_for_the_old_one() -> None:
    own = list_processes()[os.getpid()]
    assert is_alive(own)
    earlier = type(own)(own.pid, own.parent, own.group, started_ticks=own.started_ticks - 1, command=own.command)
    assert not is_alive(earlier)


def find_watchdog(keeper: Keeper) -> int:
    children = {child.pid for child in keeper.list_children()}
    for process in keeper.list_family():
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        if process.pid not in children and b"governance.stack.watchdog" in command:
            return process.pid
    return 0
