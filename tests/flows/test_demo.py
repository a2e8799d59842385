"""The whole story as a person starts it: a process of its own, on its own servers and on given ones."""

import fcntl
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import environ
import psycopg
import pytest
from psycopg import sql

from governance.stack.folders import is_locked
from governance.stack.paths import CHECKOUT

# Alone on two idle cores it takes about a minute; a test run shares them.
STORY_SECONDS = 540
SERVERS = ("DATABASE_URL", "BROKER_URL", "EMAIL_URL", "SIGNING_KEY_FILE", "ARTIFACT_STORAGE")
# The broker's other database (the embedded one has two): no worker of another test takes a message from the demo.
BROKER_DATABASE = "1"


@pytest.fixture
def own_servers(tmp_path: Path) -> dict[str, str]:
    """An environment that names no server, so that the demo brings its own."""
    kept = {name: value for name, value in os.environ.items() if name not in SERVERS}
    return {**kept, "NEXUS_VAR": str(tmp_path / "var")}


@pytest.fixture
def given_servers(own_servers: dict[str, str]) -> Iterator[dict[str, str]]:
    """An environment that names a fresh database and an unused broker on the servers of this test run."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL")):
        pytest.skip("this run names no servers: use `make test`")
    name = f"nexus_demo_{uuid.uuid4().hex[:8]}"
    _run_sql(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield {
            **own_servers,
            "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}",
            "BROKER_URL": _with_own_database(os.environ["BROKER_URL"]),
        }
    finally:
        _run_sql(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.timeout(STORY_SECONDS + 30)
def test_story_holds_on_servers_of_its_own(own_servers: dict[str, str]) -> None:
    facts = _play(own_servers)
    assert facts["database"] == "embedded"
    _check_facts(facts, var=Path(own_servers["NEXUS_VAR"]) / "demo")


@pytest.mark.timeout(2 * STORY_SECONDS + 30)
def test_story_holds_on_given_servers_and_again_on_the_used_ones(given_servers: dict[str, str]) -> None:
    for _ in range(2):
        facts = _play(given_servers)
        assert facts["database"] == "given"
        _check_facts(facts, var=Path(given_servers["NEXUS_VAR"]) / "demo-given")


def test_story_names_the_step_that_does_not_hold(own_servers: dict[str, str]) -> None:
    var = Path(own_servers["NEXUS_VAR"]) / "demo"
    (var / "run").mkdir(parents=True)
    with (var / "run" / "stack.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _start(own_servers, seconds=60)
    facts = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert facts["holds"] is False
    assert (facts["failed"]["step"], facts["failed"]["code"]) == ("stack", "stage_occupied")
    assert "stack did not hold" in done.stderr


def _play(environment: Mapping[str, str]) -> dict[str, Any]:
    done = _start(environment, seconds=STORY_SECONDS)
    assert done.returncode == 0, done.stderr[-4000:]
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _start(environment: Mapping[str, str], *, seconds: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "governance.demo", "--json"],
        cwd=CHECKOUT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _check_facts(facts: Mapping[str, Any], *, var: Path) -> None:
    assert facts["holds"] is True
    assert facts["bots_ordered"] == facts["bots_confirmed"] == facts["bots_switched_on"] > 0
    assert facts["notices_queued"] == facts["notices_delivered"] > 0
    assert facts["proof_verified"] is True
    assert facts["tampering_refused"] is True
    assert facts["malicious_submitted"] >= 10
    assert facts["malicious_published"] == 0
    assert facts["real_submitted"] >= 20
    assert facts["versions"]["published"] >= 15
    assert facts["versions"]["in_review"] >= 1
    assert facts["versions"]["rejected"] == facts["malicious_submitted"]
    assert facts["seconds"] >= sum(step["seconds"] for step in facts["steps"]) > 0
    assert Path(facts["artefacts"]["proof"]).is_file()
    assert len(list(Path(facts["artefacts"]["mail"]).glob("*.eml"))) > facts["notices_delivered"]
    assert not is_locked(var), "a process of the stack was left behind"


def _run_sql(statement: sql.Composed) -> None:
    server = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    with psycopg.connect(
        dbname=server["NAME"],
        user=server["USER"] or None,
        password=server["PASSWORD"] or None,
        host=server["HOST"],
        port=server["PORT"] or None,
        autocommit=True,
    ) as connection:
        connection.execute(statement)


def _with_own_database(broker_url: str) -> str:
    address, mark, _ = broker_url.partition("?virtual_host=")
    if mark:
        return f"{address}{mark}{BROKER_DATABASE}"
    scheme, _, place = broker_url.partition("://")
    return f"{scheme}://{place.partition('/')[0]}/{BROKER_DATABASE}"
