"""The whole stack as real processes on a database and a broker of its own, seen only through its doors."""

import email
import json
import os
import re
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any, TypeVar

import environ
import psycopg
import pytest
import redis
from psycopg import sql

from governance.stack.processes import list_family
from governance.stack.supervisor import Stack

Found = TypeVar("Found")

WAIT_SECONDS = 90
LOOK_SECONDS = 0.2
# No other test of the suite uses this database of the broker.
BROKER_DATABASE = "12"
OWN = (
    "EMAIL_URL",
    "PUBLIC_URL",
    "SIGNING_KEY_FILE",
    "ARTIFACT_STORAGE",
    "NEXUS_VAR",
    "NEXUS_BIND",
    "NEXUS_ENV",
    "FEED_DIR",
    "FEED_URL",
)


def wait_for(look: Callable[[], Found | None], *, what: str) -> Found:
    """Look until there is something; fails with `what` when there never is."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"waited {WAIT_SECONDS} s in vain for {what}")


@dataclass(frozen=True)
class Platform:
    """A running stack: what anybody can ask it over HTTP, its mail, its rows, and its processes to be struck."""

    stack: Stack

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment()

    def ask(self, path: str, *, body: bytes | None = None, kind: str = "application/json", token: str = "") -> Any:
        """One request to the API; raises HTTPError for a refusal."""
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(f"{self.stack.base_url}/api/v1{path}", data=body, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  an address of this machine
            return json.load(answer)

    def post(self, path: str, **values: Any) -> Any:
        return self.ask(path, body=json.dumps(values).encode())

    def mail_to(self, recipient: str) -> list[Message]:
        """What was delivered to somebody, oldest first."""
        letters = [email.message_from_bytes(path.read_bytes()) for path in sorted(self.stack.mail_dir.glob("*.eml"))]
        return [letter for letter in letters if letter["X-Envelope-To"] == recipient]

    def enter(self, slug: str) -> str:
        """Register a publisher, confirm from the mail that arrives, and return the token."""
        address = f"{slug}@example.invalid"
        self.post("/publishers", slug=slug, display_name=slug.title(), email=address, member_name=slug.title())
        letter = wait_for(lambda: self.mail_to(address), what=f"the confirmation mail to {slug}")[0]
        secret = re.search(r"Secret: (\S+)", text_of(letter))
        assert secret is not None
        return str(self.post("/publishers/confirm", secret=secret[1])["token"])

    def submit(self, archive: bytes, *, token: str) -> str:
        """Upload a version; returns the path of its status."""
        answer = self.ask("/versions", body=archive, kind="application/zip", token=token)
        return str(answer["status_url"]).partition("/api/v1")[2]

    def status(self, path: str, *, token: str) -> str:
        return str(self.ask(path, token=token)["status"])

    def wait_for_verdict(self, path: str, *, token: str) -> dict[str, Any]:
        """The status page once the version has left its scan."""

        def look() -> dict[str, Any] | None:
            page: dict[str, Any] = self.ask(path, token=token)
            return page if page["status"] not in {"submitted", "scanning"} else None

        return wait_for(look, what=f"a verdict on {path}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says; an UPDATE stands for time that passes."""
        with psycopg.connect(**connection_of(self.environment["DATABASE_URL"]), autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def strike(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process of the stack and to all that it has started."""
        child = next(child for child in self.stack.processes() if child.name == name)
        for process in list_family([child.pid]):
            os.kill(process.pid, number)

    def empty_broker(self) -> None:
        """Lose every message that waits or runs, as a broker does that restarts without its memory."""
        broker = broker_of(self.environment["BROKER_URL"])
        broker.flushdb()
        broker.close()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The stack, on the servers of this test run with a database of its own."""
    name = f"nexus_flows_{uuid.uuid4().hex[:8]}"
    run_sql(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    chosen = {key: value for key, value in os.environ.items() if key not in OWN}
    chosen["DATABASE_URL"] = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    chosen |= own_broker(os.environ["BROKER_URL"])
    try:
        with Stack(tmp_path_factory.mktemp("flows"), chosen, bind="127.0.0.1:0") as stack:
            yield Platform(stack)
    finally:
        run_sql(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(autouse=True)
def private_folders() -> None:
    """These tests touch nothing but the stack's own folder."""


def text_of(letter: Message) -> str:
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def connection_of(database_url: str) -> dict[str, Any]:
    server = environ.Env.db_url_config(database_url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {argument: server[name] for name, argument in names.items() if server[name]}


def run_sql(statement: sql.Composed) -> None:
    with psycopg.connect(**connection_of(os.environ["DATABASE_URL"]), autocommit=True) as connection:
        connection.execute(statement)


def broker_of(broker_url: str) -> "redis.Redis":
    path, mark, number = broker_url.partition("?virtual_host=")
    if mark:
        return redis.Redis(unix_socket_path=path.partition("://")[2], db=int(number))
    return redis.Redis.from_url(broker_url)


def own_broker(broker_url: str) -> dict[str, str]:
    """A database of its own on a given Redis; beside the embedded one, whose databases are counted, another server."""
    if broker_url.startswith("redis+socket:"):
        return {"BROKER_URL": ""}
    return {"BROKER_URL": f"{broker_url.rpartition('/')[0]}/{BROKER_DATABASE}"}


def logs_of(stack: Stack) -> str:
    return "\n".join(path.read_text(errors="replace") for path in sorted((stack.var / "log").glob("*.log")))
