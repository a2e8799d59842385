"""A bot runtime in small: `python -m plugins.runtime` polls for one bot or many and prints one JSON line an event.
Ends on SIGTERM; what it had not yet delivered waits in its state files for the next start."""

import argparse
import json
import re
import signal
import sys
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from .bot import Bot, Emit, Wanted
from .canonical import parse_json
from .errors import RuntimeTrustError
from .moments import format_moment
from .signing import SigningKey

MAX_CONFIG_BYTES = 4 * 1024 * 1024
BOTS_AT_ONCE = 8
UNUSABLE = 2
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
        bots = _read_bots(options, emit=emit)
    except (RuntimeTrustError, OSError, KeyError, TypeError, ValueError) as error:
        sys.stderr.write(f"the configuration cannot be used: {error!r}\n")
        return UNUSABLE
    _run(bots, interval=options.interval, stopping=stopping, emit=emit)
    return 0


def _run(bots: Sequence[tuple[Bot, list[Wanted]]], *, interval: float, stopping: threading.Event, emit: Emit) -> None:
    def start(entry: tuple[Bot, list[Wanted]]) -> None:
        if not stopping.is_set():
            entry[0].start(entry[1])

    def poll(entry: tuple[Bot, list[Wanted]]) -> None:
        if not stopping.is_set():
            entry[0].poll()

    with ThreadPoolExecutor(max_workers=BOTS_AT_ONCE) as pool:
        list(pool.map(start, bots))
        emit("started", bots=len(bots))
        while not stopping.is_set():
            list(pool.map(poll, bots))
            stopping.wait(interval)
    emit("stopped", bots=len(bots))


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m plugins.runtime", description="Run bots in small.")
    parser.add_argument("--base-url", required=True, help="the platform, such as http://127.0.0.1:8000")
    parser.add_argument("--config", required=True, type=Path, help="JSON: feed_keys, bots (see the docs)")
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


def _read_bots(options: argparse.Namespace, *, emit: Emit) -> list[tuple[Bot, list[Wanted]]]:
    config = parse_json(options.config.read_bytes(), max_bytes=MAX_CONFIG_BYTES)
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [
        (
            Bot(
                options.base_url,
                # The id names a file: only a UUID may.
                bot_id=(bot_id := str(uuid.UUID(entry["bot"]))),
                key=SigningKey.load(options.config.parent / entry["key_file"]),
                feed_keys=config["feed_keys"],
                state_path=options.state / f"{bot_id}.json",
                emit=emit,
            ),
            [*options.install, *map(_read_wanted, entry.get("install", []))],
        )
        for entry in config["bots"]
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
