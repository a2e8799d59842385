"""What a person types, as whole processes: run, status, and what is left after the hardest kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from governance.stack.applications import DEFAULT_BIND, resolve_bind
from governance.stack.errors import BindInvalid, PortTaken
from governance.stack.paths import CHECKOUT
from governance.stack.processes import Process, is_alive, list_family
from governance.stack.supervisor import Servers

STACK = (sys.executable, "-m", "governance.stack")
SECONDS_TO_LEAVE_NOTHING = 5


def run_stack(*words: str, var: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STACK, *words],
        cwd=CHECKOUT,
        env={**environ, "NEXUS_VAR": str(var)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def start_with_sleeper(var: Path, environ: dict[str, str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*STACK, "run", "--", sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)"],
        cwd=CHECKOUT,
        env={**environ, "NEXUS_VAR": str(var)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def wait_until_gone(family: list[Process], *, seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    while (living := [process for process in family if is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return living


def test_command_finds_the_servers_and_its_exit_code_comes_back(var: Path, environ: dict[str, str]) -> None:
    code = (
        "import os, environ, psycopg; d = environ.Env.db_url_config(os.environ['DATABASE_URL']);"
        "psycopg.connect(host=d['HOST'], user=d['USER'], dbname=d['NAME']).close(); raise SystemExit(7)"
    )
    answer = run_stack("run", "--", sys.executable, "-c", code, var=var, environ=environ)
    assert (answer.returncode, answer.stderr) == (7, "")


def test_command_ended_by_a_signal_answers_as_in_a_shell(var: Path, environ: dict[str, str]) -> None:
    answer = run_stack("run", "--", "sh", "-c", "kill -TERM $$", var=var, environ=environ)
    assert answer.returncode == 128 + signal.SIGTERM


def test_command_that_does_not_exist_is_named_and_nothing_stays(var: Path, environ: dict[str, str]) -> None:
    answer = run_stack("run", "--", "no-such-command", var=var, environ=environ)
    assert answer.returncode == 1
    assert answer.stderr.startswith("command_failed: no-such-command")
    assert "Traceback" not in answer.stderr


def test_terminated_run_ends_its_command_and_its_servers(var: Path, environ: dict[str, str]) -> None:
    process = start_with_sleeper(var, environ)
    family = list_family([process.pid])
    process.terminate()
    assert process.wait(timeout=20) == 128 + signal.SIGTERM
    assert not wait_until_gone(family, seconds=1)
    process.communicate()


def test_killed_supervisor_leaves_no_process_behind(var: Path, environ: dict[str, str]) -> None:
    process = start_with_sleeper(var, environ)
    family = list_family([process.pid])
    assert {"postgres", "valkey-server"} < {member.command for member in family}
    process.kill()
    process.communicate()
    assert not wait_until_gone(family, seconds=SECONDS_TO_LEAVE_NOTHING)


def test_start_right_after_a_kill_waits_for_the_folder_and_keeps_its_data(var: Path, environ: dict[str, str]) -> None:
    process = start_with_sleeper(var, environ)
    process.kill()
    process.communicate()
    with Servers(var, environ) as servers:
        assert all(child.is_running for child in servers.processes())


def test_start_after_supervisor_and_watchdog_were_killed_ends_the_old_servers(
    var: Path, environ: dict[str, str]
) -> None:
    process = start_with_sleeper(var, environ)
    family = list_family([process.pid])
    servers = [member for member in family if member.command in {"postgres", "valkey-server"}]
    for member in family:
        if member not in servers:
            os.kill(member.pid, signal.SIGKILL)
    process.communicate()
    assert all(is_alive(member) for member in servers)
    with Servers(var, environ) as fresh:
        assert not [member for member in servers if is_alive(member)]
        assert all(child.restarts == 0 for child in fresh.processes())


def test_status_lists_the_processes_while_they_run(running: Servers, environ: dict[str, str]) -> None:
    answer = run_stack("status", var=running.var, environ=environ)
    assert answer.returncode == 0
    assert all(f"{child.name} " in answer.stdout for child in running.processes())
    assert all(str(child.pid) in answer.stdout for child in running.processes())


def test_status_says_so_when_nothing_runs(var: Path, environ: dict[str, str]) -> None:
    answer = run_stack("status", var=var, environ=environ)
    assert answer.returncode == 3
    assert f"No stack runs in {var}." in answer.stdout


def test_second_run_on_the_same_folder_answers_with_a_code(running: Servers, environ: dict[str, str]) -> None:
    answer = run_stack("run", "--", "true", var=running.var, environ=environ)
    assert answer.returncode == 1
    assert answer.stderr.startswith("stack_in_use: ")
    assert "Traceback" not in answer.stderr


def test_taken_port_is_named() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            resolve_bind(f"127.0.0.1:{port}")


def test_port_zero_becomes_a_free_one() -> None:
    host, _, port = resolve_bind("127.0.0.1:0").partition(":")
    assert host == "127.0.0.1"
    assert int(port) > 0


@pytest.mark.parametrize("bind", ["8000", "localhost", ":8000", "127.0.0.1:http", "127.0.0.1:65536"])
def test_bind_that_is_no_address_is_refused_with_an_example(bind: str) -> None:
    with pytest.raises(BindInvalid, match=DEFAULT_BIND):
        resolve_bind(bind)
