"""HTTP to the platform: one request, one answer, bounded in bytes and in time.
Never follows a redirect, never uses a proxy, and speaks without TLS only to this machine."""

import hashlib
import ipaddress
import json
import os
import re
import socket
import ssl
import tempfile
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from .errors import AddressRefused, AnswerRefused, AnswerTooLarge, ArtifactMismatch, Unreachable

SILENCE_SECONDS = 10  # the longest wait for the next bytes
ANSWER_SECONDS = 30  # a whole answer; one that drips holds the poll back no longer than this
DOWNLOAD_SECONDS = 300
CHUNK_BYTES = 64 * 1024
# RFC 3986, section 3.3; anything else in a path could end the request line and begin another.
PATH = re.compile(r"/(?!/)[A-Za-z0-9._~%!$&'()*+,;=:@/-]*(?:\?[a-z]+=[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Transport:
    """The way to one platform."""

    scheme: str
    host: str
    port: int | None
    prefix: str
    tls: ssl.SSLContext | None = field(repr=False)
    answer_seconds: float = ANSWER_SECONDS

    @classmethod
    def to(cls, base_url: str) -> "Transport":
        """Check an address such as https://governance.example.invalid; raises AddressRefused."""
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError as error:
            raise AddressRefused(f"not an address: {error}") from error
        host = parts.hostname or ""
        if parts.username or parts.password or parts.query or parts.fragment or not host:
            raise AddressRefused("the platform's address has a scheme, a host, a port and a path, nothing else")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
            raise AddressRefused("the platform is reached over https; plain http only on this machine")
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        return cls(parts.scheme, host, port, parts.path.rstrip("/"), tls)

    def get(self, path: str, *, max_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch `path` below the address; raises Unreachable, AnswerTooLarge or AnswerRefused."""
        asked = {"Accept-Encoding": "gzip", **(headers or {})}
        return self._ask("GET", self.prefix + path, body=None, headers=asked, max_bytes=max_bytes)

    def post(self, path: str, *, value: Mapping[str, Any], max_bytes: int) -> Answer:
        """Send `value` as JSON; raises Unreachable, AnswerTooLarge or AnswerRefused."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        return self._ask("POST", self.prefix + path, body=body, headers=headers, max_bytes=max_bytes)

    @contextmanager
    def listen(self, path: str, *, headers: Mapping[str, str], silence_seconds: float) -> Iterator[HTTPResponse]:
        """Hold a stream open; its reader bounds what it reads. Raises Unreachable or AnswerRefused."""
        connection = self._connect(silence_seconds=silence_seconds)
        try:
            response = _send(connection, "GET", self.prefix + path, body=None, headers=headers)
            if response.status != 200:
                raise AnswerRefused(f"the stream was answered with status {response.status}")
            yield response
        except (OSError, HTTPException) as error:
            raise Unreachable(f"the stream broke off: {type(error).__name__}") from error
        finally:
            connection.close()

    def download(self, path: str, *, into: Path, sha256: str, max_bytes: int) -> None:
        """Write the bytes at `path` of the platform's host to `into`, if they are the ones named.

        Raises ArtifactMismatch and leaves nothing, or Unreachable, AnswerTooLarge or AnswerRefused.
        """
        request = self._exchange("GET", path, body=None, headers={}, seconds=DOWNLOAD_SECONDS)
        with request as response, _partial_file(into) as (file, partial):
            if response.status != 200:
                raise AnswerRefused(f"the artifact was answered with status {response.status}")
            digest = hashlib.sha256()
            for chunk in _read_chunks(response, max_bytes=max_bytes):
                digest.update(chunk)
                file.write(chunk)
            if digest.hexdigest() != sha256:
                raise ArtifactMismatch(f"the artifact's bytes are not those of {sha256}")
            file.flush()
            os.fsync(file.fileno())
            partial.replace(into)

    def _ask(self, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str], max_bytes: int) -> Answer:
        request = self._exchange(method, path, body=body, headers=headers, seconds=self.answer_seconds)
        with request as response:
            content = b"".join(_read_chunks(response, max_bytes=max_bytes))
            named = {name.lower(): value for name, value in response.getheaders()}
            if named.get("content-encoding") == "gzip":
                content = _inflate(content, max_bytes=max_bytes)
            return Answer(response.status, named, content)

    @contextmanager
    def _exchange(
        self, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> Iterator[HTTPResponse]:
        if not PATH.fullmatch(path):
            raise AnswerRefused("an address of the platform is a plain path on its own host")
        connection = self._connect()
        # A time-out counts silence only; this ends an answer that arrives one byte at a time.
        was_cut = threading.Event()
        guard = threading.Timer(seconds, _cut_off, [connection.sock, was_cut])
        guard.daemon = True
        guard.start()
        try:
            yield _send(connection, method, path, body=body, headers=headers)
            if was_cut.is_set():
                # Without a length, an answer that was cut off looks like a short one.
                raise Unreachable(f"the answer was not complete after {seconds} seconds")
        finally:
            guard.cancel()
            connection.close()

    def _connect(self, *, silence_seconds: float = SILENCE_SECONDS) -> HTTPConnection:
        if self.tls is not None:
            connection: HTTPConnection = HTTPSConnection(
                self.host, self.port, timeout=silence_seconds, context=self.tls
            )
        else:
            connection = HTTPConnection(self.host, self.port, timeout=silence_seconds)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise Unreachable(f"the platform cannot be reached: {error}") from error
        return connection


def _send(
    connection: HTTPConnection, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str]
) -> HTTPResponse:
    try:
        connection.request(method, path, body=body, headers={"Cache-Control": "no-cache", **headers})
        response = connection.getresponse()
    except (OSError, HTTPException) as error:
        raise Unreachable(f"the platform did not answer: {type(error).__name__}") from error
    if 300 <= response.status < 400 and response.status != 304:
        raise AnswerRefused(f"a redirect ({response.status}) is never followed; correct the address")
    return response


def _read_chunks(response: HTTPResponse, *, max_bytes: int) -> Iterator[bytes]:
    left = max_bytes
    if (response.length or 0) > max_bytes:
        raise AnswerTooLarge(f"the answer announces {response.length} bytes, at most {max_bytes} are read")
    try:
        while chunk := response.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise AnswerTooLarge(f"the answer has more than {max_bytes} bytes")
            yield chunk
    except (OSError, HTTPException) as error:
        raise Unreachable(f"the answer broke off: {type(error).__name__}") from error
    if response.length:
        raise Unreachable(f"the answer broke off {response.length} bytes before its end")


def _inflate(data: bytes, *, max_bytes: int) -> bytes:
    """The bytes in a gzip of one member, never more than `max_bytes` of them in memory."""
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise AnswerRefused("the answer is not the gzip it says it is") from error
    if len(content) > max_bytes:
        raise AnswerTooLarge(f"the answer unpacks to more than {max_bytes} bytes")
    if not stream.eof or stream.unused_data:
        raise AnswerRefused("the answer is not the whole of one gzip member")
    return content


@contextmanager
def _partial_file(into: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A file beside `into` that vanishes unless it was renamed to it."""
    descriptor, name = tempfile.mkstemp(dir=into.parent, prefix=".partial-")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, partial
    finally:
        partial.unlink(missing_ok=True)


def _cut_off(connected: socket.socket, was_cut: threading.Event) -> None:
    was_cut.set()
    with suppress(OSError):  # it was closed in the same moment
        connected.shutdown(socket.SHUT_RDWR)


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
