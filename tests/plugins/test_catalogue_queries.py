"""Look-ups that refuse by name, and what the blocklist covers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.takedowns.actions import issue_reasons
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.models import Takedown
from governance.takedowns.reasons import CONTAINMENT, OWN_INITIATIVE, state_reasons
from plugins.errors import UnknownPlugin, UnknownVersion, VersionBlocked, VersionUnavailable
from plugins.models import BlocklistEntry, Plugin, Version
from plugins.queries import (
    blocked_versions,
    covering_block,
    covering_blocks,
    find_plugin,
    find_version,
    is_in_range,
    list_published,
    published_version,
)
from tests.samples.factories import PublisherActor, make_published, make_version

DIGEST = "a" * 64


@pytest.fixture
def published(ada: PublisherActor, now: datetime) -> Version:
    return make_published(ada, now=now)


@pytest.fixture
def block(published: Version, cleo: User, now: datetime) -> Any:
    """Writes an entry in force."""

    def write(versions: str, *, sequence: int = 1, digests: tuple[str, ...] = ()) -> BlocklistEntry:
        takedown = Takedown.objects.create(
            plugin=published.plugin,
            versions=versions,
            grounds="malware",
            statement="It steals.",
            exposed_since=now,
            ordered_by=cleo,
            contained_at=now,
        )
        reasons = state_reasons(
            GROUNDS["malware"],
            restriction=CONTAINMENT,
            facts="It steals.",
            source=OWN_INITIATIVE,
            automatic_cause="",
            appeal_days=184,
        )
        issue_reasons(takedown, reasons=reasons, now=now)
        return BlocklistEntry.objects.create(
            takedown=takedown,
            plugin=published.plugin,
            publisher=published.plugin.publisher,
            versions=versions,
            artifact_sha256=list(digests),
            reason="malware",
            sequence=sequence,
            blocked_at=now,
        )

    return write


def test_version_is_found_by_publisher_name_and_number(published: Version) -> None:
    assert find_version("ada-labs", "greeter", "1.0.0") == published


def test_what_is_not_there_is_refused_by_name(published: Version, eve: PublisherActor) -> None:
    with pytest.raises(UnknownPlugin):
        find_version("eve-tools", "greeter", "1.0.0")
    with pytest.raises(UnknownPlugin):
        find_version("ada-labs", "Greeter", "1.0.0")
    with pytest.raises(UnknownVersion):
        find_version("ada-labs", "greeter", "1.0.1")


def test_plugin_that_holds_the_name_now_is_found_before_a_retired_one(published: Version, now: datetime) -> None:
    Plugin.objects.filter(pk=published.plugin_id).update(retired_at=now)
    assert find_plugin("ada-labs", "greeter").pk == published.plugin_id

    heir = Plugin.objects.create(
        publisher=published.plugin.publisher, name="greeter", title="Heir", created_at=now + timedelta(days=1)
    )

    assert find_plugin("ada-labs", "greeter") == heir


@pytest.mark.parametrize("status", [status for status in Version.Status if status != Version.Status.PUBLISHED])
def test_only_a_published_version_may_be_installed(published: Version, status: Version.Status) -> None:
    Version.objects.filter(pk=published.pk).update(status=status)
    is_taken_down = status in {Version.Status.QUARANTINED, Version.Status.REMOVED}

    with pytest.raises(VersionBlocked if is_taken_down else VersionUnavailable):
        published_version("ada-labs", "greeter", "1.0.0")

    assert list_published() == []


def test_catalogue_lists_what_is_published_and_nothing_else(
    published: Version, ada: PublisherActor, now: datetime
) -> None:
    make_version(ada, now=now, number="2.0.0")

    assert list_published() == [published]
    assert published_version("ada-labs", "greeter", "1.0.0") == published


@pytest.mark.parametrize(
    ("versions", "number", "is_covered"),
    [
        ("*", "1.0.0", True),
        ("<1.0.0", "1.0.0", False),
        (">=1.0.0,<2.0.0", "1.9.9", True),
        (">=1.0.0,<2.0.0", "2.0.0", False),
        ("==1.0.0", "1.0.0+rebuilt", True),
        ("nonsense ~~", "1.0.0", True),
        ("*", "not a version", True),
        ("==1.0.0", "not a version", True),
    ],
)
def test_range_covers_what_it_says_and_everything_it_cannot_read(versions: str, number: str, is_covered: bool) -> None:
    assert is_in_range(number, versions) is is_covered


def test_entry_with_digests_blocks_only_those_bytes(published: Version, block: Any) -> None:
    entry = block("*", digests=(DIGEST,))

    assert covering_block(published.plugin_id, number="1.0.0", sha256=DIGEST) == entry
    assert covering_block(published.plugin_id, number="1.0.0", sha256="b" * 64) is None
    assert blocked_versions(published.plugin_id) == []


def test_every_entry_that_covers_is_named_oldest_first(published: Version, block: Any) -> None:
    second, first = block("*", sequence=8), block("<2.0.0", sequence=7)
    block(">=2.0.0", sequence=9)

    assert covering_blocks(published.plugin_id, number="1.0.0", sha256=DIGEST) == [first, second]
    assert blocked_versions(published.plugin_id) == [published.pk]


def test_lifted_entry_covers_nothing(published: Version, block: Any, now: datetime) -> None:
    entry = block("*")
    BlocklistEntry.objects.filter(pk=entry.pk).update(lifted_at=now, lifted_sequence=2)

    assert covering_blocks(published.plugin_id, number="1.0.0", sha256=DIGEST) == []


def test_entry_against_another_plugin_covers_nothing(
    published: Version, block: Any, ada: PublisherActor, now: datetime
) -> None:
    block("*")
    other = make_published(ada, now=now, name="counter")

    assert covering_block(other.plugin_id, number="1.0.0", sha256=DIGEST) is None
