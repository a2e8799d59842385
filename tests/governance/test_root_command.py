"""`manage.py root`: the feed's keys from the first to the next, made off line and published only when it follows."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from governance.feed_folder import list_roots, read_root
from governance.playbook import playbook
from plugins.runtime.root import read_first_root, read_next_root
from plugins.runtime.signing import SigningKey


def root(*words: str) -> str:
    out = StringIO()
    call_command("root", *words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def offline(tmp_path: Path, settings: Settings) -> Path:
    """Where the root key is; nothing is published yet."""
    (settings.FEED_DIR / "root-1.json").unlink()
    folder = tmp_path / "offline"
    folder.mkdir()
    root("key", str(folder / "root.key"))
    public = root("key", str(folder / "feed-1.key"))
    root("first", "--root-key", str(folder / "root.key"), "--feed-public", public, "-o", str(folder / "root-1.json"))
    return folder


def follow(offline: Path, action: str, *words: str, after: int, key: str = "root.key") -> Path:
    output = offline / f"root-{after + 1}.json"
    named = ("--root-key", str(offline / key), "--after", str(offline / f"root-{after}.json"), "-o", str(output))
    root(action, *words, *named)
    return output


def test_first_root_lists_one_key_for_as_long_as_the_playbook_says(offline: Path) -> None:
    first = read_first_root(json.loads((offline / "root-1.json").read_bytes()))
    (key,) = first.feed_keys.values()
    numbers = playbook().marketplace.feed
    assert key.valid_until - key.valid_from == timedelta(days=numbers.key_valid_days)
    assert key.is_valid(datetime.now(tz=UTC))
    assert "private" not in (offline / "root-1.json").read_text()


def test_key_is_rotated_with_overlap_and_published_in_order(offline: Path, settings: Settings) -> None:
    new = root("key", str(offline / "feed-2.key"))
    second = follow(offline, "add", "--feed-public", new, "--begins-after-days", "300", after=1)
    with pytest.raises(CommandError, match="not JSON"):
        root("publish", str(offline / "root.key"))
    root("publish", str(offline / "root-1.json"))
    root("publish", str(second))
    assert list_roots(settings.FEED_DIR) == [1, 2]
    shown = json.loads(root("show"))
    assert (shown["version"], len(shown["feed_keys"])) == (2, 2)
    listed = read_root(settings.FEED_DIR, version=2)
    first, last = sorted(listed.feed_keys.values(), key=lambda key: key.valid_from)
    assert last.valid_from < first.valid_until, "the two overlap"


def test_key_that_would_begin_too_late_is_refused(offline: Path) -> None:
    new = root("key", str(offline / "feed-2.key"))
    with pytest.raises(CommandError, match="overlap"):
        follow(offline, "add", "--feed-public", new, "--begins-after-days", "366", after=1)


def test_stolen_key_is_revoked_once_another_is_valid(offline: Path) -> None:
    stolen = SigningKey.load(offline / "feed-1.key").key_id
    with pytest.raises(CommandError, match="no other key is valid now"):
        follow(offline, "revoke", "--key-id", stolen, after=1)
    follow(offline, "add", "--feed-public", root("key", str(offline / "feed-2.key")), after=1)
    path = follow(offline, "revoke", "--key-id", stolen, after=2)
    assert stolen not in read_first_root(json.loads(path.read_bytes())).feed_keys


def test_root_key_is_changed_in_two_steps_that_every_runtime_can_walk(offline: Path) -> None:
    new = root("key", str(offline / "root-2.key"))
    follow(offline, "join", "--new-root-public", new, after=1)
    follow(offline, "leave", after=2, key="root-2.key")
    walked = read_first_root(json.loads((offline / "root-1.json").read_bytes()))
    for version in (2, 3):
        walked = read_next_root(json.loads((offline / f"root-{version}.json").read_bytes()), after=walked)
    assert set(walked.root_keys.values()) == {new}
    with pytest.raises(CommandError, match="not a root key"):
        follow(offline, "leave", after=3)


def test_version_that_does_not_follow_is_not_published(offline: Path, settings: Settings, tmp_path: Path) -> None:
    root("publish", str(offline / "root-1.json"))
    for path in (offline / "root-1.json", _strangers(tmp_path)):
        with pytest.raises(CommandError):
            root("publish", str(path))
    assert list_roots(settings.FEED_DIR) == [1]


def _strangers(folder: Path) -> Path:
    root("key", str(folder / "eve.key"))
    public = SigningKey.load(folder / "eve.key").public_base64
    root("first", "--root-key", str(folder / "eve.key"), "--feed-public", public, "-o", str(folder / "eve.json"))
    return folder / "eve.json"


def test_nothing_is_overwritten(offline: Path) -> None:
    with pytest.raises(CommandError):
        root("key", str(offline / "root.key"))
    with pytest.raises(CommandError):
        follow(offline, "leave", after=0)


def test_nothing_published_is_said(offline: Path) -> None:
    with pytest.raises(CommandError, match="no root document"):
        root("show")


@pytest.mark.django_db
def test_new_installation_gets_a_root_and_production_none(settings: Settings, offline: Path) -> None:
    settings.IS_PRODUCTION = True
    call_command("bootstrap", stdout=(said := StringIO()))
    assert list_roots(settings.FEED_DIR) == []
    assert "off line" in said.getvalue()
    settings.IS_PRODUCTION = False
    for _ in range(2):
        call_command("bootstrap", stdout=StringIO())
        assert list_roots(settings.FEED_DIR) == [1]
