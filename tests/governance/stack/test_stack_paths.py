"""Names of folders, sockets and URLs."""

import os
from pathlib import Path

import environ as django_environ
from kombu import Connection

from governance.stack.paths import (
    CHECKOUT,
    SOCKET_PATH_MAX_BYTES,
    broker_url,
    database_url,
    run_dir,
    var_dir,
)

DEEP = Path("/srv") / "a-long-name" / ("b" * 200) / "var"


def test_data_lives_in_the_checkout_unless_told_otherwise() -> None:
    assert var_dir({}) == CHECKOUT / "var"
    assert var_dir({"NEXUS_VAR": ""}) == CHECKOUT / "var"
    assert var_dir({"NEXUS_VAR": "/srv/nexus"}) == Path("/srv/nexus")
    assert var_dir({"NEXUS_VAR": "elsewhere"}) == Path.cwd() / "elsewhere"


def test_sockets_fit_however_deep_the_data_lies() -> None:
    longest = run_dir(DEEP) / ".s.PGSQL.5432.lock"
    assert len(os.fsencode(longest)) <= SOCKET_PATH_MAX_BYTES


def test_two_data_folders_never_share_sockets() -> None:
    assert run_dir(DEEP) != run_dir(DEEP.parent)
    assert run_dir(DEEP) == run_dir(Path(str(DEEP) + "/../var"))


def test_settings_read_the_database_url_as_a_socket() -> None:
    parsed = django_environ.Env.db_url_config(database_url(DEEP))
    assert parsed["ENGINE"] == "django.db.backends.postgresql"
    assert (parsed["HOST"], parsed["NAME"], parsed["USER"]) == (str(run_dir(DEEP)), "nexus", "nexus")
    assert not parsed["PORT"]
    assert not parsed["PASSWORD"]


def test_broker_is_reached_through_its_socket() -> None:
    with Connection(broker_url(DEEP)) as connection:
        assert connection.transport_cls == "redis"
    socket = str(run_dir(DEEP) / "valkey.sock")
    assert broker_url(DEEP) == f"redis+socket://{socket}?virtual_host=0"
