"""The feed's own process: real, on files, with no database anywhere; its stream is fast and never the only way."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from governance.broker import FEED_CHANNEL, redis_url
from plugins.runtime.client import Enrolment, RuntimeClient
from plugins.runtime.listening import Listener
from plugins.runtime.signing import SigningKey
from tests.samples.feed_process import run_feed_process
from tests.samples.feeds import FeedMaker

RUNTIME = "/api/v1/runtime"
DEAD_BROKER = "redis://127.0.0.1:1/0"
SOON = 1.0  # the promise: told within a second


class Asker:
    """Asks one process, over connections of its own."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def get(self, path: str, *, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(self.host, self.port, timeout=10)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    @contextmanager
    def listen(self, query: str = "", **headers: str) -> Iterator[HTTPResponse]:
        """An open stream."""
        connection = HTTPConnection(self.host, self.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", f"{RUNTIME}/stream{query}", headers=named)
        try:
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()


def read_event(response: HTTPResponse) -> dict[str, Any]:
    """The next event, its id among its data."""
    fields: dict[str, str] = {}
    while line := response.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
    return {**json.loads(fields["data"]), "id": fields["id"]} if "data" in fields else read_event(response)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feed-process")


@pytest.fixture(scope="module")
def maker(var: Path) -> FeedMaker:
    feed = FeedMaker(var / "feed")
    feed.block("weather-card")
    feed.publish()
    return feed


@pytest.fixture(scope="module")
def asker(var: Path, maker: FeedMaker) -> Iterator[Asker]:
    """With the broker of this test run."""
    with run_feed_process(maker.folder, var=var / "with", broker_url=settings.BROKER_URL) as (host, port):
        yield Asker(host, port)


@pytest.fixture(scope="module")
def lonely_asker(var: Path, maker: FeedMaker) -> Iterator[Asker]:
    """With a broker that nobody ever reaches."""
    with run_feed_process(maker.folder, var=var / "without", broker_url=DEAD_BROKER) as (host, port):
        yield Asker(host, port)


def wake() -> None:
    with redis.Redis.from_url(redis_url(settings.BROKER_URL)) as broker:
        broker.publish(FEED_CHANNEL, b"published")


def published(asker: Asker, maker: FeedMaker) -> None:
    """Publish, and wait until the process has noticed."""
    etag = maker.publish().etag
    for _ in range(100):
        if asker.get(f"{RUNTIME}/feed")[0].headers["ETag"] == etag:
            return
        time.sleep(0.05)
    pytest.fail("the process never noticed the publication")


def test_feed_is_served_without_a_database(asker: Asker, maker: FeedMaker) -> None:
    response, body = asker.get(f"{RUNTIME}/feed")
    answer = json.loads(body)
    assert (response.status, answer["root"], len(answer["changes"])) == (200, 1, len(maker.changes))
    assert response.headers["Cache-Control"] == "public, max-age=5"


def test_unchanged_feed_costs_no_body(asker: Asker) -> None:
    etag = asker.get(f"{RUNTIME}/feed")[0].headers["ETag"]
    response, body = asker.get(f"{RUNTIME}/feed?since=1", If_None_Match=etag)
    assert (response.status, body) == (304, b"")


def test_one_new_block_costs_less_than_a_kilobyte(asker: Asker, maker: FeedMaker) -> None:
    before = len(maker.changes)
    maker.block("weather-card")
    published(asker, maker)
    _, body = asker.get(f"{RUNTIME}/feed?since={before}")
    assert [change["sequence"] for change in json.loads(body)["changes"]] == [before + 1]
    assert len(body) < 1024


def test_large_answer_is_packed_for_whoever_can_unpack_it(asker: Asker, maker: FeedMaker) -> None:
    for number in range(20):
        maker.block(f"plugin-{number}")
    published(asker, maker)
    response, body = asker.get(f"{RUNTIME}/feed", Accept_Encoding="gzip")
    _, plain = asker.get(f"{RUNTIME}/feed")
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain
    assert len(body) < len(plain) / 2


@pytest.mark.parametrize("since", ["-1", "x", "1e9", "99999999999999999999", "1.5", ""])
def test_number_that_is_none_gets_the_whole(asker: Asker, since: str) -> None:
    _, whole = asker.get(f"{RUNTIME}/feed")
    assert asker.get(f"{RUNTIME}/feed?since={since}")[1] == whole


def test_number_nobody_can_have_gets_no_changes_and_no_error(asker: Asker) -> None:
    response, body = asker.get(f"{RUNTIME}/feed?since=999999999")
    assert (response.status, json.loads(body)["changes"]) == (200, [])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin/",
        f"{RUNTIME}/roots/2",
        f"{RUNTIME}/roots/..%2f",
        f"{RUNTIME}/bases/{'0' * 64}",
        "/../../etc/passwd",
    ],
)
def test_everything_else_is_not_here(asker: Asker, path: str) -> None:
    assert asker.get(path)[0].status == 404


def test_nothing_can_be_posted_here(asker: Asker) -> None:
    assert asker.get(f"{RUNTIME}/feed", method="POST")[0].status == 404


def test_roots_and_bases_are_served_as_they_were_written(asker: Asker, maker: FeedMaker) -> None:
    _, root = asker.get(f"{RUNTIME}/roots/1")
    assert json.loads(root) == maker.root.statement
    maker.rebase()
    publication = maker.publish()
    path = f"{RUNTIME}/bases/{publication.base_sha256}"
    response, packed = asker.get(path, Accept_Encoding="gzip")
    assert gzip.decompress(packed) == asker.get(path)[1] == maker.base
    assert "immutable" in response.headers["Cache-Control"]


def test_stream_begins_with_what_holds_and_tells_of_an_order_within_a_second(asker: Asker, maker: FeedMaker) -> None:
    with asker.listen(f"?since={len(maker.changes)}") as stream:
        assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream")
        assert read_event(stream)["changes"] == []
        block = maker.block("clock")
        began = time.monotonic()
        maker.publish()
        wake()
        event = read_event(stream)
        assert time.monotonic() - began < SOON
    assert event["id"] == str(len(maker.changes))
    assert [change["block"] for change in event["changes"]] == [block]


def test_stream_that_is_taken_up_again_tells_only_what_was_missed(asker: Asker, maker: FeedMaker) -> None:
    have = len(maker.changes)
    missed = maker.block("radio")
    published(asker, maker)
    with asker.listen("?since=1", Last_Event_ID=str(have)) as stream:
        assert [change["block"] for change in read_event(stream)["changes"]] == [missed]


def test_dead_broker_costs_a_second_of_push_and_nothing_else(lonely_asker: Asker, maker: FeedMaker) -> None:
    with lonely_asker.listen(f"?since={len(maker.changes)}") as stream:
        read_event(stream)
        maker.block("lamp")
        began = time.monotonic()
        maker.publish()
        assert read_event(stream)["id"] == str(len(maker.changes))
        assert time.monotonic() - began < 3 * SOON
    assert lonely_asker.get(f"{RUNTIME}/feed")[0].status == 200


def test_reader_that_never_reads_holds_nobody_back(asker: Asker, maker: FeedMaker) -> None:
    for number in range(400):
        maker.block(f"many-{number}")
    published(asker, maker)
    with ExitStack() as opened:
        for _ in range(20):
            idle = opened.enter_context(socket.create_connection((asker.host, asker.port)))
            idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            idle.sendall(f"GET {RUNTIME}/stream?since=0 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        stream = opened.enter_context(asker.listen(f"?since={len(maker.changes)}"))
        read_event(stream)
        maker.block("last")
        maker.publish()
        wake()
        began = time.monotonic()
        assert read_event(stream)["id"] == str(len(maker.changes))
        assert time.monotonic() - began < 3 * SOON


@pytest.fixture
def client(asker: Asker, maker: FeedMaker, tmp_path: Path) -> RuntimeClient:
    return RuntimeClient(
        asker.url,
        enrolment=Enrolment("00000000-0000-4000-8000-000000000001", maker.root.statement),
        key=SigningKey.generate(),
        state_path=tmp_path / "bot.json",
        switch=lambda _installed, _is_on: None,
        clock=lambda: datetime.now(tz=UTC),
    )


def test_reference_client_listens_and_believes_what_it_checks(
    asker: Asker, maker: FeedMaker, client: RuntimeClient
) -> None:
    heard: list[int] = []
    stopping = threading.Event()

    def take(data: bytes) -> None:
        found = client.take(data)
        assert found.problem is None, found.detail
        heard.append(found.sequence)

    thread = threading.Thread(target=Listener(asker.url, on_event=take).run, args=[stopping], daemon=True)
    thread.start()
    _until(lambda: heard[-1:] == [len(maker.changes)])
    maker.block("heard")
    maker.publish()
    wake()
    _until(lambda: heard[-1:] == [len(maker.changes)])
    stopping.set()
    maker.publish()
    thread.join(timeout=10)
    assert client.poll().problem is None


def test_listener_finds_the_process_again_after_it_was_gone(maker: FeedMaker, tmp_path: Path) -> None:
    """Whatever was ordered meanwhile is told with the first event."""
    heard: list[int] = []
    stopping = threading.Event()

    def note(data: bytes) -> None:
        changes = json.loads(data)["changes"]
        heard.append(changes[-1]["sequence"] if changes else 0)

    run = partial(run_feed_process, maker.folder, var=tmp_path / "var", broker_url=settings.BROKER_URL)
    with run() as (host, port):
        listener = Listener(f"http://{host}:{port}", on_event=note, chance=lambda: 0.01)
        thread = threading.Thread(target=listener.run, args=[stopping], daemon=True)
        thread.start()
        _until(lambda: len(heard) == 1)
    maker.block("while-away")
    maker.publish()
    with run(port=port):
        _until(lambda: heard[-1:] == [len(maker.changes)])
        stopping.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_listener_comes_back_at_a_time_of_its_own_and_no_later_than_a_minute() -> None:
    early = Listener("http://127.0.0.1:1", on_event=lambda _data: None, chance=lambda: 0.25)
    late = Listener("http://127.0.0.1:1", on_event=lambda _data: None, chance=lambda: 1.0)
    pauses = []
    for failures in (0, 1, 2, 5, 6, 5000):
        early._failures = late._failures = failures
        assert early.pause_seconds == late.pause_seconds / 4
        pauses.append(late.pause_seconds)
    assert pauses == [5.0, 10.0, 20.0, 60.0, 60.0, 60.0]


def _until(is_there: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_there():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen in 10 s")
