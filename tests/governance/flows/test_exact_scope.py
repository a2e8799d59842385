"""A takedown reaches exactly the bytes it means: never a name alone, never a clean version, all of a bad publisher."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from governance.flows.names import pass_plugin_name
from governance.flows.submission import screen_version
from governance.flows.takedown import carry_out, sign_removal
from governance.keys import trusted_keys
from governance.takedowns.containment import Containment
from governance.takedowns.errors import AlreadyContained, DigestUnreadable, RangeEmpty
from governance.takedowns.feed import changes_between, current_feed
from governance.takedowns.kin import find_dependants, find_kin
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.scope import preview_scope
from plugins.artifact_files import record_files
from plugins.errors import NameHeld, PluginOwnedByAnother, VersionBlocked
from plugins.models import BlocklistEntry, Plugin, Version
from plugins.queries import published_version
from plugins.runtime.content import EMPTY
from plugins.runtime.freshness import read_freshness
from scanners.report import FileRecord, Kind, Verdict
from tests.governance.flows.conftest import Contain, Reinstate, install
from tests.samples.engines import FakeEngine, make_report
from tests.samples.factories import (
    MANIFEST,
    BotActor,
    PublisherActor,
    make_published,
    make_version,
    pack_plugin,
    publish_version,
)

Status = Version.Status
BAD, GOOD, SHARED = "b" * 64, "9" * 64, "5" * 64
Order = Callable[..., Takedown]


def holds(version: Version, *digests: str, size: int = 2000) -> Version:
    """As a scan lists it: the version's artifact holds these files."""
    record_files(version.artifact_id, [FileRecord(f"f{n}.py", d, size, Kind.PYTHON) for n, d in enumerate(digests)])
    return version


def statuses(plugin: Plugin) -> dict[str, str]:
    return dict(plugin.versions.values_list("number", "status"))


def is_blocked(version: Version, *, now: datetime) -> bool:
    """What a runtime makes of the feed, by its own reading."""
    fresh = read_freshness(current_feed(now=now).statement, keys=trusted_keys())
    content = EMPTY.extend(list(changes_between(0, fresh.sequence)))
    assert content.digest == fresh.digest
    found = content.find_blocks(
        publisher=version.plugin.publisher.slug,
        plugin=version.plugin.name,
        version=version.number,
        artifact_sha256=version.artifact_id,
    )
    return bool(found)


@pytest.fixture
def order(cleo: User, now: datetime) -> Order:
    """Cleo contains what she names."""

    def carry(version: Version, **given: Any) -> Takedown:
        values: dict[str, Any] = {
            "versions": "*",
            "grounds": "malware",
            "statement": "It steals.",
            "exposed_since": now,
        }
        return carry_out(Containment(plugin_id=version.plugin_id, **(values | given)), actor=cleo, now=now)

    return carry


def test_artifact_digest_takes_down_those_bytes_alone(
    ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, order: Order, now: datetime
) -> None:
    good, bad = (make_published(ada, now=now, number=number) for number in ("1.0.0", "1.1.0"))
    install(dev_bot, good, now=now)
    install(dev_second_bot, bad, now=now)

    order(bad, artifact_sha256=(bad.artifact_id,))

    assert statuses(bad.plugin) == {"1.0.0": "published", "1.1.0": "quarantined"}
    assert [row.bot for row in SwitchOrder.objects.all()] == [dev_second_bot.bot]
    assert (is_blocked(good, now=now), is_blocked(bad, now=now)) == (False, True)
    assert published_version("ada-labs", "greeter", make_published(ada, now=now, number="1.2.0").number)


def test_file_digest_takes_down_every_version_that_holds_it_and_those_to_come(
    ada: PublisherActor, order: Order, engine: FakeEngine, now: datetime
) -> None:
    clean, first, second = (make_published(ada, now=now, number=number) for number in ("1.0.0", "1.1.0", "1.2.0"))
    holds(clean, SHARED)
    for version in (first, second):
        holds(version, SHARED, BAD)

    takedown = order(first, file_sha256=(BAD,))

    assert statuses(first.plugin) == {"1.0.0": "published", "1.1.0": "quarantined", "1.2.0": "quarantined"}
    assert takedown.artifact_sha256 == sorted([first.artifact_id, second.artifact_id])
    assert [is_blocked(version, now=now) for version in (clean, first, second)] == [False, True, True]
    for number, digest, status in (("1.3.0", BAD, Status.HELD), ("1.4.0", GOOD, Status.PUBLISHED)):
        files = (FileRecord("greeter.py", digest, 9, Kind.PYTHON),)
        engine.report = replace(make_report(Verdict.CLEAN), files=files)
        later = make_version(ada, now=now, number=number)
        screen_version(later.pk, clock=lambda: now)
        later.refresh_from_db()
        assert later.status == status, number


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"artifact_sha256": ("greeter",)}, DigestUnreadable),
        ({"file_sha256": ("B" * 64,)}, DigestUnreadable),
        ({"artifact_sha256": (BAD,)}, RangeEmpty),
        ({"file_sha256": (GOOD,)}, RangeEmpty),
        ({"versions": "greeter"}, RangeEmpty),
    ],
)
def test_digest_that_means_nothing_contains_nothing(
    ada: PublisherActor, order: Order, now: datetime, given: dict[str, Any], error: type[Exception]
) -> None:
    version = holds(make_published(ada, now=now), BAD)

    with pytest.raises(error):
        order(version, **given)

    assert (Takedown.objects.count(), BlocklistEntry.objects.count()) == (0, 0)


def test_one_mistyped_digest_among_right_ones_is_not_passed_over(
    ada: PublisherActor, order: Order, now: datetime
) -> None:
    version = make_published(ada, now=now)

    with pytest.raises(RangeEmpty, match=GOOD):
        order(version, artifact_sha256=(version.artifact_id, GOOD))


def test_same_bytes_are_contained_once(ada: PublisherActor, order: Order, now: datetime) -> None:
    version = make_published(ada, now=now)
    order(version, artifact_sha256=(version.artifact_id,))

    with pytest.raises(AlreadyContained):
        order(version, artifact_sha256=(version.artifact_id,))


def test_base_refuses_a_block_of_files_that_would_reach_runtimes_as_a_whole_range(
    ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    version = make_published(ada, now=now)
    block = contain(version).blocks.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        BlocklistEntry.objects.create(
            takedown=block.takedown, plugin=version.plugin, publisher=ada.publisher, versions="*",
            file_sha256=[BAD], reason="malware", sequence=99, blocked_at=now,
        )  # fmt: skip


def test_rightful_owners_clean_release_under_a_once_malicious_name_installs(
    ada: PublisherActor, eve: PublisherActor, dev_bot: BotActor, order: Order, cleo: User, now: datetime
) -> None:
    """As when a name was squatted: what was blocked forever under it must not block its rightful owner."""
    squatted = make_published(eve, now=now, name="weather-card", number="1.0.0")
    install(dev_bot, squatted, now=now)
    takedown = order(squatted)
    passing = partial(
        pass_plugin_name, squatted.plugin_id, to=ada.publisher, actor=cleo, reason="It is her mark.", now=now
    )
    with pytest.raises(NameHeld):
        passing()
    sign_removal(takedown.pk, actor=cleo, reason="Its code is proven.", now=now)

    passing()
    rightful = make_published(ada, now=now, name="weather-card", number="1.0.0")

    assert published_version("ada-labs", "weather-card", "1.0.0") == rightful
    assert install(dev_bot, rightful, now=now).is_allowed
    assert (is_blocked(rightful, now=now), is_blocked(squatted, now=now)) == (False, True)
    with pytest.raises(VersionBlocked):
        published_version("eve-tools", "weather-card", "1.0.0")
    with pytest.raises(PluginOwnedByAnother):
        make_version(eve, now=now, name="weather-card", number="2.0.0")


def test_clean_older_versions_of_a_plugin_with_one_bad_release_keep_working(
    ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, contain: Contain, now: datetime
) -> None:
    """As when a maintainer's account was used for one release: nobody on the others is touched."""
    old, bad = (make_published(ada, now=now, number=number) for number in ("1.4.0", "1.4.1"))
    install(dev_bot, old, now=now)
    install(dev_second_bot, bad, now=now)

    contain(bad, versions="==1.4.1")

    assert statuses(bad.plugin) == {"1.4.0": "published", "1.4.1": "quarantined"}
    assert [row.bot for row in SwitchOrder.objects.all()] == [dev_second_bot.bot]
    assert not is_blocked(old, now=now)
    assert install(dev_second_bot, old, now=now).is_allowed
    assert preview_scope(bad.plugin_id, versions="==1.4.1", exposed_since=now).last_good_version == "1.4.0"
    fixed = make_published(ada, now=now, number="1.4.2")
    assert install(dev_bot, fixed, now=now).is_allowed


def test_same_bytes_under_another_publisher_are_not_blocked_by_a_range(
    ada: PublisherActor, eve: PublisherActor, contain: Contain, now: datetime
) -> None:
    bad = make_published(eve, now=now, name="counter")
    other = make_published(ada, now=now, name="greeter")

    contain(bad)

    assert not is_blocked(other, now=now)
    assert statuses(other.plugin) == {"1.0.0": "published"}


def test_preview_counts_who_ran_it_before_and_names_the_highest_good_version(
    ada: PublisherActor, dev_bot: BotActor, eve_bot: BotActor, now: datetime
) -> None:
    for number in ("1.10.0", "1.9.0"):
        make_published(ada, now=now, number=number)
    bad = make_published(ada, now=now, number="2.0.0")
    install(dev_bot, bad, now=now)
    install(eve_bot, bad, now=now)
    install(eve_bot, bad, now=now, action="uninstalled")

    scope = preview_scope(bad.plugin_id, versions="==2.0.0", exposed_since=now - timedelta(days=1))

    assert (scope.bots, scope.tenants, scope.owners, scope.exposed_owners, scope.past_owners) == (1, 1, 1, 2, 1)
    assert scope.last_good_version == "1.10.0", "by precedence, not by the letters and not by the day"


def test_kin_are_plugins_with_the_same_telling_files_and_the_publishers_others(
    ada: PublisherActor, eve: PublisherActor, dev_bot: BotActor, now: datetime
) -> None:
    bad = holds(make_published(eve, now=now, name="weather-card"), BAD, SHARED)
    holds(make_published(eve, now=now, name="sibling"), GOOD)
    twin = holds(make_published(ada, now=now, name="twin"), BAD)
    install(dev_bot, twin, now=now)
    holds(make_published(ada, now=now, name="stranger"), GOOD)
    alike = make_published(ada, now=now, name="alike-by-an-empty-file")
    holds(bad, "e" * 64, size=0)
    holds(alike, "e" * 64, size=0)

    kin = find_kin(preview_scope(bad.plugin_id, versions="*", exposed_since=now))

    assert [(k.publisher, k.plugin, k.shared_files, k.is_same_publisher, k.bots) for k in kin] == [
        ("ada-labs", "twin", 1, False, 1),
        ("eve-tools", "sibling", 0, True, 0),
    ]


def test_file_that_stands_in_very_many_plugins_makes_nobody_kin(
    ada: PublisherActor, eve: PublisherActor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.takedowns.kin.MOST_PLUGINS", 2)
    bad = holds(make_published(eve, now=now, name="weather-card"), SHARED)
    for name in ("one", "two"):
        holds(make_published(ada, now=now, name=name), SHARED)

    assert find_kin(preview_scope(bad.plugin_id, versions="*", exposed_since=now)) == []


def test_dependants_are_offered_versions_whose_manifest_names_the_plugin(ada: PublisherActor, now: datetime) -> None:
    bad = make_published(ada, now=now, name="weather-card")
    manifest = MANIFEST.format(name='"reader"', title='"Reader"', version='"1.0.0"')
    needs = pack_plugin("reader", manifest=f'{manifest}\n[dependencies]\nWeather_Card = "*"\n')
    reader = make_version(ada, now=now, name="reader", archive=needs)
    scope = preview_scope(bad.plugin_id, versions="*", exposed_since=now)
    assert find_dependants(scope) == [], "it is not offered yet"

    publish_version(reader, now=now)

    assert [(d.publisher, d.plugin, d.number) for d in find_dependants(scope)] == [("ada-labs", "reader", "1.0.0")]


def test_undone_file_block_gives_everything_back(
    ada: PublisherActor, order: Order, reinstate: Reinstate, now: datetime
) -> None:
    clean, bad = (make_published(ada, now=now, number=number) for number in ("1.0.0", "1.1.0"))
    holds(clean, SHARED)
    holds(bad, BAD)

    reinstate(order(bad, file_sha256=(BAD,)))

    assert statuses(bad.plugin) == {"1.0.0": "published", "1.1.0": "published"}
    assert not is_blocked(bad, now=now)


def test_preview_names_versions_whose_files_nobody_has_listed(ada: PublisherActor, now: datetime) -> None:
    bad = holds(make_published(ada, now=now, number="1.0.0"), BAD)
    for number in ("1.1.0", "2.0.0"):
        make_published(ada, now=now, number=number)
    look = partial(preview_scope, bad.plugin_id, versions="<2.0.0", exposed_since=now)

    assert look(file_sha256=(BAD,)).unlisted == ("1.1.0",)
    assert look().unlisted == ()
