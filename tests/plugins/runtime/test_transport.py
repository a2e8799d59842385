"""The way to the platform: bounded in bytes and in time, whatever the other side does, and only over TLS."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from plugins.runtime.errors import AddressRefused, AnswerRefused, AnswerTooLarge, Unreachable
from plugins.runtime.transport import Transport
from plugins.runtime.trust import MAX_FEED_BYTES
from tests.plugins.runtime.fake_platform import FEED


@contextmanager
def _raw_server(answer: Callable[[socket.socket], None]) -> Iterator[Transport]:
    """One connection to a server that writes whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connection, _ = listening.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield Transport.to(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Header: "])
def test_answer_that_drips_is_cut_off_in_time(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        try:
            while True:
                connection.sendall(b"x")
                threading.Event().wait(0.05)
        except OSError:
            return

    with _raw_server(drip) as transport, pytest.raises(Unreachable):
        replace(transport, answer_seconds=0.5).get(FEED, max_bytes=1000)


def test_endless_answer_is_cut_off_at_its_limit() -> None:
    def flood(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    with _raw_server(flood) as transport, pytest.raises(AnswerTooLarge):
        transport.get(FEED, max_bytes=MAX_FEED_BYTES)


def test_silent_platform_is_given_up() -> None:
    def wait_for_the_end(connection: socket.socket) -> None:
        while connection.recv(65536):
            continue

    with _raw_server(wait_for_the_end) as transport, pytest.raises(Unreachable):
        replace(transport, answer_seconds=0.3).get(FEED, max_bytes=1000)


def test_nonsense_instead_of_http_is_unreachable() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x00\xffnonsense\r\n\r\n")

    with _raw_server(talk) as transport, pytest.raises(Unreachable):
        transport.get(FEED, max_bytes=1000)


@pytest.mark.parametrize(
    "address",
    [
        "http://governance.example.invalid",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@governance.example.invalid",
        "https://governance.example.invalid/?x=1",
        "https://governance.example.invalid:port",
        "//governance.example.invalid",
        "",
    ],
)
def test_address_without_tls_or_with_anything_odd_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        Transport.to(address)


@pytest.mark.parametrize(
    "address",
    ["https://governance.example.invalid/base/", "http://127.0.0.1:8000", "http://[::1]:80", "http://localhost"],
)
def test_https_anywhere_and_http_on_this_machine_are_taken(address: str) -> None:
    assert Transport.to(address).prefix in {"", "/base"}


def test_path_with_a_line_break_never_leaves() -> None:
    with pytest.raises(AnswerRefused):
        Transport.to("http://127.0.0.1:9").get("/x\r\nHost: eve", max_bytes=10)
