"""What the journeys stand on: an engine that answers as told, and short ways to do what an actor does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.flows.takedown import contain_plugin
from governance.takedowns.models import Takedown
from plugins.models import Version
from tests.samples.engines import FakeEngine
from tests.samples.factories import make_person

Contain = Callable[..., Takedown]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """Stands in for the scan engine; it finds nothing until told otherwise."""
    fake = FakeEngine()
    monkeypatch.setattr("governance.flows.submission.scan_artifact", fake)
    return fake


@pytest.fixture
def second_moderator(db: None) -> User:
    """The other pair of eyes."""
    return make_person("clara", permissions=("contain_plugin", "remove_plugin", "reinstate_plugin"))


@pytest.fixture
def contain(cleo: User, now: datetime) -> Contain:
    """Cleo contains versions of a plugin."""

    def order(
        version: Version, *, versions: str = "*", actor: User = cleo, at: datetime = now, **given: Any
    ) -> Takedown:
        values: dict[str, Any] = {
            "grounds": "malware",
            "statement": "It steals tokens.",
            "exposed_since": at - timedelta(days=30),
            "report_ids": [],
        }
        return contain_plugin(plugin_id=version.plugin_id, versions=versions, actor=actor, now=at, **(values | given))

    return order
