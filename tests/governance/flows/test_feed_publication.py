"""The feed from rows to files: signed at commit, numbered without a gap, served on when the database is gone."""

import json
import time
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from governance.api import runtime
from governance.errors import FeedKeyNotListed, FeedRootMissing
from governance.feed_folder import list_roots, publish_files, read_publication, root_path
from governance.flows.feed import publish_feed, refresh_feed, watch_keys
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns import feed as room
from governance.takedowns.errors import FeedGap
from governance.takedowns.feed import current_feed, describe_feed, keep_base
from governance.takedowns.models import FeedBase, FeedChange, FeedSnapshot, Takedown
from governance.takedowns.root_documents import add_feed_key, revoke_feed_key
from plugins.models import BlocklistEntry, FeedHead, Version
from plugins.runtime.canonical import canonical_json
from plugins.runtime.content import EMPTY, read_base
from plugins.runtime.freshness import Freshness, read_freshness
from plugins.runtime.root import Root, read_first_root
from plugins.runtime.signing import SigningKey
from tests.governance.flows.conftest import Contain, Reinstate
from tests.samples.factories import PublisherActor, make_published
from tests.samples.feed_process import run_feed_process
from tests.samples.races import run_at_once

pytestmark = pytest.mark.django_db

FEED = "/api/v1/runtime/feed"
MINUTE = timedelta(minutes=1)


def read_fresh(snapshot: FeedSnapshot) -> Freshness:
    root = read_first_root(json.loads((_folder() / "root-1.json").read_bytes()))
    return read_freshness(snapshot.statement, keys=root.public_keys)


def _folder() -> Path:
    return Path(django_settings.FEED_DIR)


@pytest.mark.django_db(transaction=True)
def test_order_is_signed_and_written_when_it_commits(version: Version, contain: Contain, settings: Settings) -> None:
    takedown = contain(version)
    published = read_publication(settings.FEED_DIR)
    assert published is not None
    assert published.sequence == takedown.blocks.get().sequence
    assert str(takedown.pk).encode() in published.changes[-1]


@pytest.mark.django_db(transaction=True)
def test_end_of_a_takedown_is_signed_and_written_when_it_commits(
    version: Version, contain: Contain, reinstate: Reinstate, settings: Settings
) -> None:
    takedown = contain(version)
    reinstate(takedown)
    published = read_publication(settings.FEED_DIR)
    assert published is not None
    assert json.loads(published.changes[-1]) == {
        "sequence": published.sequence,
        "action": "lift",
        "lifts": str(takedown.blocks.get().pk),
    }


@pytest.mark.django_db(transaction=True)
def test_order_commits_also_when_nothing_can_be_signed_or_pushed(
    version: Version, contain: Contain, settings: Settings, now: datetime
) -> None:
    settings.FEED_KEY_FILES, kept = [], settings.FEED_KEY_FILES
    takedown = contain(version)
    assert Takedown.objects.get().pk == takedown.pk
    assert read_publication(settings.FEED_DIR) is None
    settings.FEED_KEY_FILES = kept
    publish_feed(now=now)
    assert read_publication(settings.FEED_DIR) is not None


@pytest.mark.django_db(transaction=True)
def test_order_reaches_a_listening_runtime_within_a_second_of_its_commit(
    version: Version, contain: Contain, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    publish_feed(now=now)
    with run_feed_process(settings.FEED_DIR, var=tmp_path / "feed-var", broker_url=settings.BROKER_URL) as address:
        connection = HTTPConnection(*address, timeout=10)
        connection.request("GET", "/api/v1/runtime/stream?since=0")
        with connection.getresponse() as stream:
            _read_data(stream)
            takedown = contain(version)
            began = time.monotonic()
            told = _read_data(stream)
            assert time.monotonic() - began < 1.0
        connection.close()
    assert told["changes"][0]["block"]["takedown"] == str(takedown.pk)


def _read_data(stream: HTTPResponse) -> dict[str, Any]:
    while not (line := stream.readline()).startswith(b"data: "):
        assert line, "the stream ended"
    found: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return found


def test_every_number_is_one_change_and_leads_to_the_signed_digest(
    ada: PublisherActor, version: Version, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    other = make_published(ada, now=now, name="second")
    first = contain(version)
    contain(other)
    reinstate(first)
    fresh = read_fresh(current_feed(now=now))
    content = EMPTY.extend(list(FeedChange.objects.order_by("sequence").values_list("change", flat=True)))
    assert (content.sequence, content.digest) == (fresh.sequence, fresh.digest) == (3, content.digest)
    assert [block.plugin for block in content.blocks.values()] == ["second"]


def test_what_was_signed_is_never_told_otherwise(version: Version, contain: Contain, now: datetime) -> None:
    contain(version)
    before = read_fresh(current_feed(now=now))
    version.plugin.publisher.slug = "another-name"
    version.plugin.publisher.save()
    after = read_fresh(current_feed(now=now + 11 * MINUTE))
    assert (after.sequence, after.digest) == (before.sequence, before.digest)


def test_number_that_stands_for_nothing_is_not_signed_over(now: datetime) -> None:
    FeedHead.objects.create(pk=1, sequence=3)
    with pytest.raises(FeedGap):
        current_feed(now=now)


def test_signing_costs_the_same_queries_for_one_block_and_for_many(
    version: Version, ada: PublisherActor, contain: Contain, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        contain(make_published(ada, now=now, name=f"many-{number}"))
    current_feed(now=now)
    contain(version)
    with django_assert_max_num_queries(16):
        current_feed(now=now)


def test_base_is_written_when_enough_has_changed_and_holds_what_is_in_force(
    ada: PublisherActor,
    contain: Contain,
    reinstate: Reinstate,
    now: datetime,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "playbook", lambda: _playbook_with(rebase_after_changes=3))
    takedowns = [contain(make_published(ada, now=now, name=f"plugin-{number}")) for number in range(3)]
    current_feed(now=now)
    base = keep_base(now=now)
    assert base is not None
    assert keep_base(now=now) is None, "nothing has changed since"
    reinstate(takedowns[0])
    publish_feed(now=now)
    published = read_publication(settings.FEED_DIR)
    assert published is not None
    assert (published.base_sequence, published.first, len(published.changes)) == (3, 1, 4)
    data = (settings.FEED_DIR / f"base-{base.sha256}.json").read_bytes()
    content = read_base(data, sha256=base.sha256).extend([json.loads(published.changes[-1])])
    fresh = read_fresh(current_feed(now=now))
    assert (content.sequence, content.digest) == (fresh.sequence, fresh.digest)
    assert {block.plugin for block in content.blocks.values()} == {"plugin-1", "plugin-2"}
    assert fresh.base.size_bytes == len(data)


def test_newest_two_bases_are_kept(
    ada: PublisherActor, contain: Contain, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "playbook", lambda: _playbook_with(rebase_after_changes=1))
    for number in range(4):
        contain(make_published(ada, now=now, name=f"plugin-{number}"))
        current_feed(now=now)
        assert keep_base(now=now) is not None
    assert set(FeedBase.objects.values_list("sequence", flat=True)) == {3, 4}


def _playbook_with(**changes: int) -> Any:
    class Book:
        class marketplace:  # noqa: N801  as the playbook spells it
            class feed:  # noqa: N801
                valid_minutes = playbook().marketplace.feed.valid_minutes
                refresh_every_minutes = playbook().marketplace.feed.refresh_every_minutes

    for name, value in changes.items():
        setattr(Book.marketplace.feed, name, value)
    return Book


def test_slower_writer_does_not_undo_a_newer_publication(
    version: Version, contain: Contain, now: datetime, settings: Settings
) -> None:
    older = describe_feed(current_feed(now=now))
    contain(version)
    newer = describe_feed(current_feed(now=now))
    assert publish_files(settings.FEED_DIR, newer, base=None)
    assert not publish_files(settings.FEED_DIR, older, base=None)
    read = read_publication(settings.FEED_DIR)
    assert read is not None
    assert read.sequence == newer.sequence


@pytest.mark.django_db(transaction=True)
def test_many_publishers_at_once_end_with_the_newest_and_one_signature(
    version: Version, contain: Contain, now: datetime, settings: Settings
) -> None:
    contain(version)
    outcome = run_at_once([partial(publish_feed, now=now + 20 * MINUTE) for _ in range(10)])
    assert outcome.raised == []
    assert len({snapshot.pk for snapshot in outcome.returned}) == 1
    read = read_publication(settings.FEED_DIR)
    assert read is not None
    assert read.statement == outcome.returned[0].statement


def test_old_content_is_removed_and_no_partial_file_stays(
    ada: PublisherActor, contain: Contain, now: datetime, settings: Settings
) -> None:
    for number in range(5):
        contain(make_published(ada, now=now, name=f"plugin-{number}"))
        publish_feed(now=now)
    names = {path.name for path in settings.FEED_DIR.iterdir()}
    assert names == {".lock", "root-1.json", "freshness.json", "changes-1-4.json", "changes-1-5.json"}


def test_feed_is_answered_from_its_files_while_the_database_is_down(
    client: Client, version: Version, contain: Contain, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    contain(version)
    publish_feed(now=now)
    with_database = client.get(FEED)

    def fail(**_given: object) -> FeedSnapshot:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(runtime, "current_feed", fail)
    without = client.get(FEED)
    assert (without.status_code, without.json()) == (200, with_database.json())
    assert client.get(FEED, headers={"If-None-Match": without.headers["ETag"]}).status_code == 304


def test_feed_is_delta_packed_and_named_by_its_etag(
    client: Client, ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    for number in range(6):
        contain(make_published(ada, now=now, name=f"plugin-{number}"))
    whole, delta = client.get(FEED), client.get(f"{FEED}?since=5")
    assert [change["sequence"] for change in delta.json()["changes"]] == [6]
    assert len(whole.json()["changes"]) == 6
    assert whole.headers["ETag"] == delta.headers["ETag"]
    assert len(delta.content) < 1024
    packed = client.get(FEED, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(whole.content)


def test_root_is_served_by_version(client: Client) -> None:
    assert client.get("/api/v1/runtime/roots/1").json()["payload"].startswith('{"expires_at"')
    assert client.get("/api/v1/runtime/roots/2").status_code == 404
    assert client.get(f"/api/v1/runtime/bases/{'0' * 64}").status_code == 404


def test_without_a_root_nothing_is_signed(settings: Settings, now: datetime) -> None:
    (settings.FEED_DIR / "root-1.json").unlink()
    with pytest.raises(FeedRootMissing):
        current_feed(now=now)


def test_key_that_the_root_does_not_list_signs_nothing(settings: Settings, tmp_path: Path, now: datetime) -> None:
    SigningKey.generate().save(tmp_path / "another")
    settings.FEED_KEY_FILES = [tmp_path / "another"]
    with pytest.raises(FeedKeyNotListed):
        current_feed(now=now)


def _publish_root(folder: Path, root: Root) -> None:
    root_path(folder, root.version).write_bytes(canonical_json(dict(root.statement)))


def test_next_key_takes_over_when_it_begins_and_the_last_one_signs_until_then(
    settings: Settings, tmp_path: Path, platform_key_file: Path, now: datetime
) -> None:
    new = SigningKey.generate()
    new.save(tmp_path / "next")
    settings.FEED_KEY_FILES = [*settings.FEED_KEY_FILES, tmp_path / "next"]
    root_key = SigningKey.load(platform_key_file.with_name("root_ed25519"))
    first = read_first_root(json.loads((settings.FEED_DIR / "root-1.json").read_bytes()))
    start = now + timedelta(hours=1)
    second = add_feed_key(
        first, root_key=root_key, feed_public=new.public_base64, start=start, key_days=90, root_days=90, now=now
    )
    _publish_root(settings.FEED_DIR, second)
    assert current_feed(now=now).statement["key_id"] == SigningKey.load(platform_key_file).key_id
    assert current_feed(now=start + MINUTE).statement["key_id"] == new.key_id
    assert list_roots(settings.FEED_DIR) == [1, 2]


def test_revoked_key_is_replaced_at_once_although_its_feed_was_in_date(
    settings: Settings, tmp_path: Path, platform_key_file: Path, now: datetime
) -> None:
    new = SigningKey.generate()
    new.save(tmp_path / "next")
    settings.FEED_KEY_FILES = [*settings.FEED_KEY_FILES, tmp_path / "next"]
    stolen = current_feed(now=now).statement["key_id"]
    root_key = SigningKey.load(platform_key_file.with_name("root_ed25519"))
    first = read_first_root(json.loads((settings.FEED_DIR / "root-1.json").read_bytes()))
    days = {"root_days": 90}
    second = add_feed_key(
        first, root_key=root_key, feed_public=new.public_base64, start=now, key_days=90, now=now, **days
    )
    third = revoke_feed_key(second, root_key=root_key, key_id=stolen, now=now, **days)
    for root in (second, third):
        _publish_root(settings.FEED_DIR, root)
    assert current_feed(now=now).statement["key_id"] == new.key_id


def test_key_that_nears_its_end_has_a_deadline_and_a_longer_one_meets_it(
    settings: Settings, platform_key_file: Path, now: datetime
) -> None:
    root_key = SigningKey.load(platform_key_file.with_name("root_ed25519"))
    first = read_first_root(json.loads((settings.FEED_DIR / "root-1.json").read_bytes()))
    end = max(key.valid_until for key in first.feed_keys.values())
    refresh_feed(now=now)
    obligation = Obligation.objects.get(kind="feed_key_renewed")
    assert obligation.owner_role == "security_lead"
    assert obligation.due_at == end - timedelta(days=playbook().marketplace.feed.key_overlap_days)
    second = add_feed_key(
        first,
        root_key=root_key,
        feed_public=SigningKey.generate().public_base64,
        start=now,
        key_days=30_000,
        root_days=40_000,
        now=now,
    )
    _publish_root(settings.FEED_DIR, second)
    watch_keys(now=now)
    obligation.refresh_from_db()
    assert obligation.met_at == now
    assert Obligation.objects.filter(kind="feed_key_renewed", met_at=None).count() == 1


def test_blocks_that_were_in_force_before_the_chain_are_in_it(
    version: Version, contain: Contain, now: datetime
) -> None:
    contain(version)
    assert not FeedChange.objects.exists()
    current_feed(now=now)
    assert FeedChange.objects.get().change["block"]["id"] == str(BlocklistEntry.objects.get().pk)
