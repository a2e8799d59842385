"""Listens to the platform's stream, so that an order arrives within a second; polling stays the floor under it.
Believes nothing it hears: every event is an answer of the feed, and is checked like a polled one."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse

from .errors import AnswerTooLarge, PlatformError
from .transport import Transport
from .trust import MAX_FEED_BYTES

__all__ = ["Listener"]

STREAM_PATH = "/api/v1/runtime/stream"
SILENCE_SECONDS = 45.0  # three heartbeats of the platform
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 30.0  # a stream that held this long was a good one; a shorter one counts as a failure
MAX_LINE_BYTES = MAX_FEED_BYTES + 64


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    data: bytes


class Listener:
    """One connection for every bot of this process, taken up again whenever it breaks, at a time of its own."""

    def __init__(
        self,
        feed_url: str,
        *,
        on_event: Callable[[bytes], None],
        chance: Callable[[], float] = random.random,  # spreads load, hides nothing
    ) -> None:
        """`on_event` is given each answer of the feed as it comes, in the listener's thread. Raises AddressRefused."""
        self._transport = Transport.to(feed_url)
        self._on_event = on_event
        self._chance = chance
        self._last_id = ""
        self._failures = 0

    def run(self, stopping: threading.Event) -> None:
        """Listen until `stopping`; every failure is only a pause, since polling goes on."""
        while not stopping.is_set():
            began = time.monotonic()
            with suppress(PlatformError):
                self._listen(stopping)
            # Also one that ended well: whoever closes every stream at once must not be asked at once again.
            self._failures = 0 if time.monotonic() - began >= STEADY_SECONDS else self._failures + 1
            stopping.wait(self.pause_seconds)

    @property
    def pause_seconds(self) -> float:
        """How long to wait before connecting again: ten thousand that broke off at once come back one by one."""
        # Bounded before it is raised: a float has an end.
        longest = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10), LONGEST_PAUSE_SECONDS)
        return longest * self._chance()

    def _listen(self, stopping: threading.Event) -> None:
        headers = {"Accept": "text/event-stream"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        with self._transport.listen(STREAM_PATH, headers=headers, silence_seconds=SILENCE_SECONDS) as response:
            for event in read_events(response):
                self._last_id = event.id or self._last_id
                self._on_event(event.data)
                if stopping.is_set():
                    return


def read_events(response: HTTPResponse) -> Iterator[_Event]:
    """The events of a stream (HTML, section 9.2), each bounded; raises AnswerTooLarge."""
    fields: dict[str, bytes] = {}
    while line := response.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise AnswerTooLarge("a line of the stream is larger than a feed")
        text = line.rstrip(b"\r\n")
        if not text:
            if fields.get("data"):
                yield _Event(_read_id(fields), fields["data"])
            fields = {}
            continue
        name, _, value = text.partition(b":")
        _note(fields, name=name.decode("ascii", errors="replace"), value=value.removeprefix(b" "))


def _note(fields: dict[str, bytes], *, name: str, value: bytes) -> None:
    # A line that begins with a colon is a heartbeat; other names are for other readers.
    if name == "data":
        fields[name] = fields[name] + b"\n" + value if name in fields else value
        if len(fields[name]) > MAX_FEED_BYTES:
            raise AnswerTooLarge("an event of the stream is larger than a feed")
    elif name == "id":
        fields[name] = value


def _read_id(fields: Mapping[str, bytes]) -> str:
    text = fields.get("id", b"")
    # It goes into a header of the next request.
    return text.decode("ascii") if text.isdigit() and len(text) <= 20 else ""
