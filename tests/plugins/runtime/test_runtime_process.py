"""`python -m plugins.runtime`: many bots in one process, one JSON line an event, and a clean end."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.runtime.signing import SigningKey
from tests.plugins.runtime.fake_platform import ACKNOWLEDGEMENTS, INSTALLATIONS, FakePlatform

ROOT = Path(__file__).parents[3]


class Process:
    """The running command and the events it has printed so far."""

    def __init__(self, arguments: list[str], *, log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "plugins.runtime", *arguments], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT
            )

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [found for found in self.events if found["event"] == event]

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        for _ in range(400):
            if is_there():
                return
            assert self.child.poll() is None, self.log.read_text()
            time.sleep(0.05)
        pytest.fail(f"it did not happen in 20 s: {self.log.read_text()}")


@pytest.fixture
def live_platform(platform: FakePlatform) -> FakePlatform:
    """The process reads the machine's clock, so the platform's must show the same."""
    platform.clock.now = platform.clock.now.fromtimestamp(time.time(), tz=platform.clock.now.tzinfo)
    platform.publish("clock")
    return platform


@pytest.fixture
def arguments(live_platform: FakePlatform, tmp_path: Path) -> list[str]:
    bots = []
    for number in range(3):
        key = SigningKey.generate()
        key.save(tmp_path / f"{number}.key")
        live_platform.bot_keys[key.key_id] = key.public_base64
        bots.append({"bot": str(uuid.UUID(int=number + 1)), "key_file": f"{number}.key"})
    config = tmp_path / "bots.json"
    config.write_text(json.dumps({"root": live_platform.root, "bots": bots}))
    return [
        *("--base-url", live_platform.base_url, "--config", str(config), "--state", str(tmp_path / "state")),
        *("--interval", "0.1", "--install", "ada/clock==1.0.0"),
    ]


@pytest.fixture
def running(arguments: list[str], tmp_path: Path) -> Iterator[Process]:
    process = Process(arguments, log=tmp_path / "events.log")
    yield process
    process.child.kill()
    process.child.wait(timeout=10)


def test_three_bots_install_switch_off_and_on_and_confirm(live_platform: FakePlatform, running: Process) -> None:
    running.wait_for(lambda: len(running.named("installed")) == 3)
    block = live_platform.block("clock")
    running.wait_for(lambda: len(live_platform.said(ACKNOWLEDGEMENTS)) == 3)
    assert {said["bot"] for said in live_platform.said(ACKNOWLEDGEMENTS)} == {
        event["bot"] for event in running.named("switched_off")
    }
    live_platform.lift(block)
    running.wait_for(lambda: len(live_platform.said(ACKNOWLEDGEMENTS)) == 6)
    assert len(running.named("switched_on")) == 3
    assert len(live_platform.said(INSTALLATIONS)) == 3


def test_sigterm_ends_it_cleanly(running: Process) -> None:
    running.wait_for(lambda: len(running.named("started")) == 1)
    running.child.send_signal(signal.SIGTERM)
    assert running.child.wait(timeout=15) == 0
    assert running.events[-1]["event"] == "stopped"


def test_killed_runtime_finishes_its_acknowledgements_after_a_restart(
    live_platform: FakePlatform, arguments: list[str], running: Process, tmp_path: Path
) -> None:
    running.wait_for(lambda: len(running.named("installed")) == 3)
    live_platform.hang_up_on.add(ACKNOWLEDGEMENTS)
    live_platform.block("clock")
    running.wait_for(lambda: len(running.named("switched_off")) == 3)
    os.kill(running.child.pid, signal.SIGKILL)
    running.child.wait(timeout=10)
    live_platform.hang_up_on.clear()
    again = Process(arguments, log=tmp_path / "again.log")
    try:
        again.wait_for(lambda: len({said["bot"] for said in live_platform.said(ACKNOWLEDGEMENTS)}) == 3)
        again.wait_for(lambda: len(again.named("delivered")) == 3)
    finally:
        again.child.kill()
        again.child.wait(timeout=10)
    assert again.named("switched_off") == []
    assert len(live_platform.said(ACKNOWLEDGEMENTS)) == 3
    assert {event["code"] for event in again.named("install_failed")} == {"plugin_blocked"}


@pytest.mark.parametrize(
    "config",
    [
        "not json",
        "{}",
        '{"root":{},"bots":[{"bot":"../../x","key_file":"0.key"}]}',
        '{"root":{},"bots":[{"bot":"00000000-0000-0000-0000-000000000001","key_file":"nowhere.key"}]}',
        '{"root":{},"bots":[{"bot":"00000000-0000-0000-0000-000000000001","key_file":"0.key","install":["x"]}]}',
    ],
)
def test_configuration_that_cannot_be_used_ends_at_once(arguments: list[str], tmp_path: Path, config: str) -> None:
    (tmp_path / "bots.json").write_text(config)
    process = Process(arguments, log=tmp_path / "events.log")
    assert process.child.wait(timeout=20) == 2
    assert "the configuration cannot be used" in process.log.read_text()
