"""Dev's bot beside a small platform: what every test of the client begins with."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plugins.runtime.client import Enrolment, RuntimeClient, WhenExpired
from plugins.runtime.signing import SigningKey
from plugins.runtime.state import Installed
from tests.plugins.runtime.fake_platform import Clock, FakePlatform, serve


@dataclass
class DevsBot:
    """A runtime that remembers what it was told to switch; `restart` begins again from the state file."""

    platform: FakePlatform
    state_path: Path
    bot_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    key: SigningKey = field(default_factory=SigningKey.generate)
    switched: list[tuple[str, str, bool]] = field(default_factory=list)
    after_switching: Callable[[Installed], None] = lambda _installed: None
    when_expired: WhenExpired = WhenExpired.WARN
    feed_url: str = ""

    def __post_init__(self) -> None:
        self.platform.bot_keys[self.key.key_id] = self.key.public_base64
        self.client = self.restart()

    def restart(self) -> RuntimeClient:
        self.client = RuntimeClient(
            self.platform.base_url,
            enrolment=Enrolment(self.bot_id, self.platform.root, self.feed_url),
            key=self.key,
            state_path=self.state_path,
            switch=self.switch,
            clock=self.platform.clock,
            when_expired=self.when_expired,
        )
        return self.client

    def switch(self, installed: Installed, is_on: bool) -> None:
        self.switched.append((installed.plugin, installed.version, is_on))
        self.after_switching(installed)


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with serve(FakePlatform(Clock())) as running:
        yield running


@pytest.fixture
def bot(platform: FakePlatform, tmp_path: Path) -> DevsBot:
    return DevsBot(platform, tmp_path / "bot.json")
