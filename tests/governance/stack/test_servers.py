"""The embedded servers: first and later starts, deaths, who may come in, and what is refused."""

import contextlib
import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from kombu import Connection

from governance.stack.account import choose_account
from governance.stack.errors import ChildGaveUp, DataUnreachable, DataVersionMismatch, FolderUnsafe
from governance.stack.folders import PRIVATE_PLACE, is_locked, make_data_folder, make_var
from governance.stack.paths import run_dir
from governance.stack.processes import list_processes
from governance.stack.supervisor import Servers

Connect = Callable[[Servers], psycopg.Connection]


def find_pid(servers: Servers, name: str) -> int:
    return next(child.pid for child in servers.processes() if child.name == name)


def wait_for(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def put_message(servers: Servers, message: dict[str, int]) -> None:
    with Connection(servers.environment()["BROKER_URL"]) as broker, broker.SimpleQueue("notices") as queue:
        queue.put(message)


def get_message(servers: Servers) -> object:
    with Connection(servers.environment()["BROKER_URL"]) as broker, broker.SimpleQueue("notices") as queue:
        return queue.get(timeout=5).payload


def can_connect(servers: Servers, connect: Connect) -> bool:
    try:
        connect(servers).close()
    except psycopg.OperationalError:
        return False
    return True


def list_command_lines() -> list[str]:
    found = []
    for pid in list_processes():
        with contextlib.suppress(OSError):  # It has ended since it was listed.
            found.append(Path(f"/proc/{pid}/cmdline").read_text())
    return found


def make_data_with_version(var: Path, version: str) -> Path:
    """A cluster's folder with its version file alone; returns that file."""
    make_var(var)
    data = make_data_folder(var, name="postgres", account=choose_account()) / "data"
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text(f"{version}\n")
    return data / "PG_VERSION"


def test_second_start_finds_what_the_first_one_stored(var: Path, environ: dict[str, str], connect: Connect) -> None:
    with Servers(var, environ) as servers, connect(servers) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        put_message(servers, {"version": 1})
    with Servers(var, environ) as servers, connect(servers) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
        assert get_message(servers) == {"version": 1}
    assert not run_dir(var).exists()


def test_killed_servers_are_started_again_with_all_they_had_taken(
    var: Path, environ: dict[str, str], connect: Connect
) -> None:
    with Servers(var, environ) as servers:
        with connect(servers) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        put_message(servers, {"version": 1})
        for name in ("postgres", "valkey"):
            os.kill(find_pid(servers, name), signal.SIGKILL)
        assert wait_for(lambda: all(child.restarts == 1 for child in servers.processes()))
        assert wait_for(lambda: can_connect(servers, connect))
        with connect(servers) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
        assert get_message(servers) == {"version": 1}


def test_servers_run_below_a_folder_that_only_the_caller_can_enter(
    var: Path, environ: dict[str, str], connect: Connect
) -> None:
    var.parent.chmod(0o700)
    with Servers(var, environ) as servers, connect(servers) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    with Servers(var, environ) as servers, connect(servers) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
    assert stat.S_IMODE(var.parent.stat().st_mode) == 0o700
    for name in ("postgres", "valkey"):
        is_elsewhere = (var / name).resolve().is_relative_to(PRIVATE_PLACE)
        assert is_elsewhere == (os.getuid() == 0)


def test_data_folder_that_others_can_enter_is_refused(var: Path, environ: dict[str, str]) -> None:
    make_data_with_version(var, "18").parent.parent.chmod(0o755)
    with pytest.raises(FolderUnsafe, match="755"):
        Servers(var, environ).start()


def test_first_start_that_was_cut_off_begins_anew(var: Path, environ: dict[str, str], connect: Connect) -> None:
    # As a start leaves it that was killed while initdb ran.
    make_data_with_version(var, "18").parent.rename(var / "postgres" / "unfinished")
    with Servers(var, environ) as servers, connect(servers) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("nexus",)


def test_reused_number_in_a_stale_pid_file_does_not_block_the_start(
    var: Path, environ: dict[str, str], connect: Connect
) -> None:
    with Servers(var, environ) as servers:
        pid_file = (var / "postgres").resolve() / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        bystander = find_pid(servers, "valkey")
    pid_file.write_text("\n".join([str(bystander), *lines[1:]]) + "\n")
    with Servers(var, environ) as servers, connect(servers) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_server_that_was_given_is_not_started(var: Path, environ: dict[str, str]) -> None:
    given = {**environ, "DATABASE_URL": "postgres://ada:secret@db.example.invalid/nexus", "BROKER_URL": ""}
    with Servers(var, given) as servers:
        assert [child.name for child in servers.processes()] == ["valkey"]
        assert servers.environment()["DATABASE_URL"] == given["DATABASE_URL"]
        record = (var / "run" / "stack.json").read_text()
    assert "secret" not in record
    assert '"DATABASE_URL": "given"' in record


def test_socket_folder_that_others_can_enter_is_refused(var: Path, environ: dict[str, str]) -> None:
    run_dir(var).mkdir()
    run_dir(var).chmod(0o777)
    with pytest.raises(FolderUnsafe, match="777"):
        Servers(var, environ).start()


def test_socket_folder_that_is_a_link_is_refused(var: Path, environ: dict[str, str]) -> None:
    elsewhere = var.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    run_dir(var).symlink_to(elsewhere)
    try:
        with pytest.raises(FolderUnsafe):
            Servers(var, environ).start()
    finally:
        run_dir(var).unlink()


def test_data_of_another_major_version_is_left_alone(var: Path, environ: dict[str, str]) -> None:
    version = make_data_with_version(var, "15")
    with pytest.raises(DataVersionMismatch, match="made by PostgreSQL 15"):
        Servers(var, environ).start()
    assert version.read_text() == "15\n"


def test_data_that_is_gone_is_not_replaced_by_an_empty_database(var: Path, environ: dict[str, str]) -> None:
    var.mkdir()
    (var / "postgres").symlink_to(var.parent / "gone")
    with pytest.raises(DataUnreachable, match="gone"):
        Servers(var, environ).start()


def test_failed_start_leaves_nothing_running_and_says_why(var: Path, environ: dict[str, str]) -> None:
    make_data_with_version(var, "18")
    with pytest.raises(ChildGaveUp, match=r"postgres died 5 times(?s:.)*postgresql\.conf"):
        Servers(var, environ).start()
    assert not [line for line in list_command_lines() if str(var) in line]
    assert not is_locked(var)
