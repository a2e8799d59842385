"""What the embedded servers are like while they run; one pair of them serves every test here."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from governance.stack.account import choose_account
from governance.stack.errors import StackInUse
from governance.stack.paths import run_dir
from governance.stack.record import read_record
from governance.stack.supervisor import Servers

Connect = Callable[[Servers], psycopg.Connection]

MEBIBYTE = 1024 * 1024


def test_platforms_role_may_make_databases_and_nothing_more(running: Servers, connect: Connect) -> None:
    query = "SELECT rolsuper, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = 'nexus'"
    with connect(running) as connection:
        connection.execute("CREATE DATABASE test_nexus")
        assert connection.execute(query).fetchone() == (False, False, False, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
    ],
)
def test_database_is_durable_utc_utf8_and_on_no_network(
    running: Servers, connect: Connect, name: str, value: str
) -> None:
    with connect(running) as connection:
        assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)


@pytest.mark.parametrize(("name", "value"), [("appendonly", "yes"), ("maxmemory-policy", "noeviction"), ("port", "0")])
def test_broker_is_durable_never_evicts_and_is_on_no_network(running: Servers, name: str, value: str) -> None:
    with redis.Redis(unix_socket_path=str(run_dir(running.var) / "valkey.sock")) as client:
        assert client.config_get(name) == {name: value}


def test_case_follows_unicode_whatever_locales_the_machine_has(running: Servers, connect: Connect) -> None:
    with connect(running) as connection:
        assert connection.execute("SELECT lower('ÄÉŁ')").fetchone() == ("äéł",)


def test_sockets_lie_in_a_folder_for_the_servers_user_alone(running: Servers) -> None:
    folder = run_dir(running.var)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == choose_account().uid
    names = {path.name for path in folder.iterdir()}
    assert names == {".s.PGSQL.5432", ".s.PGSQL.5432.lock", "valkey.sock"}


def test_servers_never_run_as_root(running: Servers) -> None:
    owners = {Path(f"/proc/{child.pid}").stat().st_uid for child in running.processes()}
    assert owners == {choose_account().uid}
    assert 0 not in owners


def test_second_stack_on_the_same_folder_is_refused_and_disturbs_nothing(
    running: Servers, environ: dict[str, str]
) -> None:
    with pytest.raises(StackInUse, match=f"process {os.getpid()}"):
        Servers(running.var, environ).start()
    record = read_record(running.var)
    assert record is not None
    assert record.processes == running.processes()
    assert all(child.is_running for child in running.processes())


def test_servers_together_stay_small(running: Servers) -> None:
    assert 10 * MEBIBYTE < running.memory_bytes() < 100 * MEBIBYTE
