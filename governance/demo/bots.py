"""Simulated bot runtimes: real processes that run the reference client, each for several bots.

Reads what they say on their standard output; never speaks for a bot that one of them runs."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from governance.demo.errors import RuntimeDied, TooSlow
from governance.stack.paths import CHECKOUT
from governance.stack.supervisor import Stack
from plugins.runtime.client import Enrolment, RuntimeClient
from plugins.runtime.signing import SigningKey
from plugins.runtime.state import Installed

POLL_SECONDS = 1.0
LOOK_SECONDS = 0.1
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Bot:
    """One enrolled bot: its key file, its owner's address, and what it installs (publisher/plugin==version)."""

    bot: str
    name: str
    owner: str
    tenant: str
    key_file: Path
    root: Mapping[str, str]
    feed_url: str
    installs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line that a runtime printed."""

    event: str
    bot: str
    plugin: str
    facts: Mapping[str, Any]


class Fleet:
    """The runtime processes of the story; `folder` takes their states and logs."""

    def __init__(self, stack: Stack, *, folder: Path) -> None:
        self.folder = folder
        self._stack = stack
        self._running = ExitStack()
        self._processes: list[tuple[subprocess.Popen[bytes], Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def start(self, bots: Sequence[Bot]) -> None:
        """Start one process for these bots; it installs what each of them wants, then polls."""
        name = f"runtime-{len(self._processes) + 1}"
        config = self.folder / f"{name}.json"
        entries = [{"bot": bot.bot, "key_file": str(bot.key_file), "install": list(bot.installs)} for bot in bots]
        said = {"root": dict(bots[0].root), "feed_url": bots[0].feed_url, "bots": entries}
        config.write_text(json.dumps(said), encoding="utf-8")
        words = ("--base-url", self._stack.base_url, "--config", str(config))
        places = ("--state", str(self.folder / name), "--interval", str(POLL_SECONDS))
        log = self.folder / f"{name}.jsonl"
        with log.open("wb") as output, log.with_suffix(".err").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "plugins.runtime", *words, *places],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                process_group=0,
            )
        self._running.callback(_end, process)
        self._running.enter_context(self._stack.watch(process.pid))
        self._processes.append((process, log))

    def events(self, event: str, *, plugin: str = "") -> list[Event]:
        """Every line of one kind so far, of one plugin or of all; raises RuntimeDied when a process has ended."""
        found: list[Event] = []
        for process, log in self._processes:
            if process.poll() is not None:
                raise RuntimeDied(f"a runtime ended with {process.returncode}: see {log.with_suffix('.err')}")
            found += [line for line in _read_events(log) if line.event == event and plugin in {"", line.plugin}]
        return found

    def wait_for(self, is_reached: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until the runtimes have come so far; raises TooSlow or RuntimeDied."""
        deadline = time.monotonic() + seconds
        while not is_reached():
            if time.monotonic() > deadline:
                raise TooSlow(f"{what} took longer than {seconds:.0f} s; the runtimes' words are in {self.folder}")
            time.sleep(LOOK_SECONDS)

    @property
    def size(self) -> int:
        """How many processes run."""
        return len(self._processes)


def make_key(folder: Path, *, name: str) -> tuple[Path, str]:
    """A new key for one bot: its file, and the public half in base64."""
    key = SigningKey.generate()
    path = folder / f"{name}.key"
    key.save(path)
    return path, key.public_base64


def try_and_drop(bot: Bot, *, base_url: str, folder: Path) -> None:
    """Install what the bot wants and take it off again: somebody who is affected by what is over."""
    client = RuntimeClient(
        base_url,
        enrolment=Enrolment(bot.bot, bot.root, bot.feed_url),
        key=SigningKey.load(bot.key_file),
        state_path=folder / f"{bot.name}.json",
        switch=_load_nothing,
        clock=lambda: datetime.now(tz=UTC),
    )
    for wanted in bot.installs:
        address, _, version = wanted.partition("==")
        publisher, _, plugin = address.partition("/")
        client.install(publisher, plugin, version)
        client.uninstall(publisher, plugin)


def _load_nothing(installed: Installed, is_on: bool) -> None:
    """This bot loads no plugin, so there is nothing to switch."""


def _read_events(log: Path) -> list[Event]:
    # The last line may be half written; what follows the last line's end is read the next time.
    complete = log.read_text(encoding="utf-8").rpartition("\n")[0]
    lines = (json.loads(line) for line in complete.splitlines())
    return [Event(line["event"], line.get("bot", ""), line.get("plugin", ""), line) for line in lines]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
