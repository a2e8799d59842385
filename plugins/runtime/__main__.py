"""A bot runtime in small: `python -m plugins.runtime` listens and polls for its bots and prints one JSON line an event.
Ends on SIGTERM; what it had not yet delivered waits in its state files for the next start."""

import argparse
import json
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from .bot import Bot, Emit, Wanted
from .canonical import parse_json
from .client import Enrolment, WhenExpired
from .errors import RuntimeTrustError
from .listening import Listener
from .moments import format_moment
from .signing import SigningKey

MAX_CONFIG_BYTES = 4 * 1024 * 1024
BOTS_AT_ONCE = 8
UNUSABLE = 2
LOOK_UP_SECONDS = 0.5
_WANTED = re.compile(r"(?P<publisher>[^/=\s]+)/(?P<plugin>[^/=\s]+)==(?P<version>[^/=\s]+)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 when stopped by one, 2 when the configuration cannot be used."""
    options = _parse_arguments(arguments)
    emit = _make_emitter()
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        config = _read_config(options.config)
        bots = _make_bots(config, options=options, emit=emit)
    except (RuntimeTrustError, OSError, KeyError, TypeError, ValueError) as error:
        sys.stderr.write(f"the configuration cannot be used: {error!r}\n")
        return UNUSABLE
    heard = _Heard(stopping)
    listener = Listener(config.feed_url or options.base_url, on_event=heard.note)
    # A daemon, since it may sit in a read for as long as the platform is silent.
    threading.Thread(target=listener.run, args=[stopping], daemon=True).start()
    _run(bots, interval=options.interval, stopping=stopping, heard=heard, emit=emit)
    return 0


class _Heard:
    """The newest feed that was pushed and not yet taken."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._arrived = threading.Event()
        self._newest: bytes | None = None

    def note(self, data: bytes) -> None:
        self._newest = data
        self._arrived.set()

    def wait(self, seconds: float) -> bytes | None:
        """The newest one, or None when none came in time; looks up now and then, for a signal does not wake it."""
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0 and not self._stopping.is_set():
            if self._arrived.wait(min(left, LOOK_UP_SECONDS)):
                break
        if not self._arrived.is_set():
            return None
        self._arrived.clear()
        return self._newest


def _run(
    bots: Sequence[tuple[Bot, list[Wanted]]],
    *,
    interval: float,
    stopping: threading.Event,
    heard: _Heard,
    emit: Emit,
) -> None:
    def each(pool: ThreadPoolExecutor, act: Callable[[Bot, list[Wanted]], None]) -> None:
        def run(entry: tuple[Bot, list[Wanted]]) -> None:
            if not stopping.is_set():
                act(*entry)

        list(pool.map(run, bots))

    with ThreadPoolExecutor(max_workers=BOTS_AT_ONCE) as pool:
        each(pool, lambda bot, wanted: bot.start(wanted))
        emit("started", bots=len(bots))
        while not stopping.is_set():
            each(pool, lambda bot, _wanted: bot.poll())
            poll_at = time.monotonic() + interval
            while not stopping.is_set() and (data := heard.wait(poll_at - time.monotonic())) is not None:
                each(pool, lambda bot, _wanted, data=data: bot.take(data))  # type: ignore[misc]
    emit("stopped", bots=len(bots))


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m plugins.runtime", description="Run bots in small.")
    parser.add_argument("--base-url", required=True, help="the platform, such as http://127.0.0.1:8000")
    parser.add_argument("--config", required=True, type=Path, help="JSON: root, bots (see the docs)")
    parser.add_argument("--state", required=True, type=Path, help="a folder for the bots' states")
    parser.add_argument("--interval", type=float, default=30.0, help="seconds between two polls")
    parser.add_argument(
        "--install",
        type=_read_wanted,
        action="append",
        default=[],
        metavar="PUBLISHER/PLUGIN==VERSION",
        help="installed in every bot at the start; repeat it for more",
    )
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class _Config:
    root: Mapping[str, str]
    feed_url: str
    when_expired: WhenExpired
    bots: list[dict[str, Any]]


def _read_config(path: Path) -> _Config:
    values = parse_json(path.read_bytes(), max_bytes=MAX_CONFIG_BYTES)
    return _Config(
        root=values["root"],
        feed_url=values.get("feed_url", ""),
        when_expired=WhenExpired(values.get("when_expired", WhenExpired.WARN)),
        bots=values["bots"],
    )


def _make_bots(config: _Config, *, options: argparse.Namespace, emit: Emit) -> list[tuple[Bot, list[Wanted]]]:
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [
        (
            Bot(
                options.base_url,
                # The id names a file: only a UUID may.
                enrolment=Enrolment(bot_id := str(uuid.UUID(entry["bot"])), config.root, config.feed_url),
                key=SigningKey.load(options.config.parent / entry["key_file"]),
                when_expired=config.when_expired,
                state_path=options.state / f"{bot_id}.json",
                emit=emit,
            ),
            [*options.install, *map(_read_wanted, entry.get("install", []))],
        )
        for entry in config.bots
    ]


def _read_wanted(text: str) -> Wanted:
    match = _WANTED.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not publisher/plugin==version")
    return match["publisher"], match["plugin"], match["version"]


def _make_emitter() -> Emit:
    lock = threading.Lock()

    def emit(event: str, **facts: Any) -> None:
        line = json.dumps({"event": event, "at": format_moment(datetime.now(tz=UTC)), **facts})
        with lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    return emit


if __name__ == "__main__":
    sys.exit(main())
