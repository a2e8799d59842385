"""What a takedown touches, counted before anyone clicks: versions, bots, tenants, people now and in the past.
Reads only; a plugin is named together with its publisher and a version range, never by name alone."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from governance.takedowns.errors import DigestUnreadable, RangeEmpty
from governance.takedowns.models import Takedown
from plugins.artifact_files import artifacts_holding
from plugins.models import Installation, Plugin, Version
from plugins.queries import is_in_range
from plugins.runtime.ranges import InvalidRange, matches, parse_version

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Scope:
    """The reach of a takedown. `owners` run the plugin now; `exposed_owners` ran it at any time in the window.

    `artifact_sha256` and `file_sha256` narrow the range to these bytes; both empty mean all of it. `unlisted` are
    versions in the range of which nobody knows whether they hold a named file: their scan listed none.
    """

    plugin_id: int
    plugin: str
    publisher: str
    publisher_id: int
    versions: str
    artifact_sha256: tuple[str, ...]
    file_sha256: tuple[str, ...]
    version_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    bots: int
    tenants: int
    owners: int
    exposed_owners: int
    last_good_version: str
    unlisted: tuple[str, ...] = ()

    @property
    def past_owners(self) -> int:
        """People who ran it in the window and do not any more."""
        return self.exposed_owners - self.owners


def preview_scope(
    plugin_id: int,
    *,
    versions: str,
    exposed_since: datetime,
    artifact_sha256: Collection[str] = (),
    file_sha256: Collection[str] = (),
) -> Scope:
    """Count the reach of `versions` (a range) of one plugin, or only of these bytes or files in it.

    Raises RangeEmpty or DigestUnreadable.
    """
    plugin = Plugin.objects.select_related("publisher").get(pk=plugin_id)
    covered = covered_versions(plugin, versions=versions, artifact_sha256=artifact_sha256, file_sha256=file_sha256)
    ids = tuple(version.pk for version in covered)
    now_running = Installation.objects.filter(version_id__in=ids, ended_at=None).aggregate(
        bots=Count("bot", distinct=True),
        tenants=Count("bot__tenant", distinct=True),
        owners=Count("bot__owner", distinct=True),
    )
    exposed = exposed_installations(ids, since=exposed_since).aggregate(n=Count("bot__owner", distinct=True))
    good = last_good_version(plugin.pk, excluded=ids)
    return Scope(
        plugin_id=plugin.pk,
        plugin=plugin.name,
        publisher=plugin.publisher.slug,
        publisher_id=plugin.publisher_id,
        versions=versions,
        artifact_sha256=_named_artifacts(covered, artifact_sha256=artifact_sha256, file_sha256=file_sha256),
        file_sha256=tuple(sorted(set(file_sha256))),
        version_ids=ids,
        numbers=tuple(version.number for version in covered),
        exposed_owners=exposed["n"],
        last_good_version=good.number if good else "",
        unlisted=_unlisted(plugin, versions=versions) if file_sha256 else (),
        **now_running,
    )


def scope_of(takedown: Takedown) -> Scope:
    """Count the reach of a takedown again, from the installations as they are now."""
    return preview_scope(
        takedown.plugin_id,
        versions=takedown.versions,
        exposed_since=takedown.exposed_since,
        artifact_sha256=takedown.artifact_sha256,
        file_sha256=takedown.file_sha256,
    )


def covered_versions(
    plugin: Plugin, *, versions: str, artifact_sha256: Collection[str] = (), file_sha256: Collection[str] = ()
) -> list[Version]:
    """The plugin's versions inside a range, of these bytes or files if any are named, oldest first.

    Raises RangeEmpty when there is none or the range is unreadable, or DigestUnreadable.
    """
    try:
        matches(versions, "0.0.0")
    except InvalidRange as error:
        raise RangeEmpty(f"the range {versions!r} cannot be read: {error}") from error
    for digest in (*artifact_sha256, *file_sha256):
        if not DIGEST.fullmatch(digest):
            raise DigestUnreadable(f"{digest[:80]!r} is not a SHA-256 in lower-case hex")
    covered = [version for version in plugin.versions.order_by("submitted_at") if is_in_range(version.number, versions)]
    if artifact_sha256 or file_sha256:
        # A digest mistyped among right ones would otherwise leave its version on, and nobody would see it.
        strange = {*artifact_sha256} - {version.artifact_id for version in covered}
        if strange:
            raise RangeEmpty(f"no version of {plugin.name} in {versions} is the artifact {min(strange)}")
        meant = {*artifact_sha256, *artifacts_holding(file_sha256)}
        covered = [version for version in covered if version.artifact_id in meant]
    if not covered:
        narrowed = " and holds these bytes" if artifact_sha256 or file_sha256 else ""
        raise RangeEmpty(f"no version of {plugin.name} lies in {versions}{narrowed}")
    return covered


def exposed_installations(version_ids: tuple[int, ...], *, since: datetime) -> QuerySet[Installation]:
    """Installations that ran one of these versions at any time since `since`, ended or not."""
    return Installation.objects.filter(version_id__in=version_ids).filter(Q(ended_at=None) | Q(ended_at__gte=since))


def last_good_version(plugin_id: int, *, excluded: Collection[int], below: str = "") -> Version | None:
    """The highest published version that is not among these and, if a number is given, lies below it."""
    good = Version.objects.filter(plugin_id=plugin_id, status=Version.Status.PUBLISHED).exclude(pk__in=excluded)
    ranked = [(parse_version(version.number), version) for version in good]
    ranked = [item for item in ranked if not below or item[0] < parse_version(below)]
    return max(ranked, key=lambda item: item[0])[1] if ranked else None


def _unlisted(plugin: Plugin, *, versions: str) -> tuple[str, ...]:
    unknown = plugin.versions.filter(artifact__files=None).order_by("submitted_at").values_list("number", flat=True)
    return tuple(number for number in unknown if is_in_range(number, versions))


def _named_artifacts(
    covered: list[Version], *, artifact_sha256: Collection[str], file_sha256: Collection[str]
) -> tuple[str, ...]:
    """The bytes runtimes are told of: those named, and those that hold a named file."""
    if not (artifact_sha256 or file_sha256):
        return ()
    return tuple(sorted({version.artifact_id for version in covered}))
