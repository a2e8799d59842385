"""What a takedown touches, counted before anyone clicks: versions, bots, tenants, people now and in the past.
Reads only; a plugin is named together with its publisher and a version range, never by name alone."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from governance.takedowns.errors import RangeEmpty
from plugins.models import Installation, Plugin, Version
from plugins.queries import is_in_range
from plugins.runtime.ranges import InvalidRange, matches


@dataclass(frozen=True, slots=True)
class Scope:
    """The reach of a takedown. `owners` run the plugin now; `exposed_owners` ran it at any time in the window."""

    plugin_id: int
    plugin: str
    publisher: str
    versions: str
    version_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    bots: int
    tenants: int
    owners: int
    exposed_owners: int
    last_good_version: str


def preview_scope(plugin_id: int, *, versions: str, exposed_since: datetime) -> Scope:
    """Count the reach of `versions` (a range) of one plugin; raises RangeEmpty."""
    plugin = Plugin.objects.select_related("publisher").get(pk=plugin_id)
    covered = covered_versions(plugin, versions=versions)
    ids = tuple(version.pk for version in covered)
    now_running = Installation.objects.filter(version_id__in=ids, ended_at=None).aggregate(
        bots=Count("bot", distinct=True),
        tenants=Count("bot__tenant", distinct=True),
        owners=Count("bot__owner", distinct=True),
    )
    exposed = exposed_installations(ids, since=exposed_since).aggregate(n=Count("bot__owner", distinct=True))
    return Scope(
        plugin_id=plugin.pk,
        plugin=plugin.name,
        publisher=plugin.publisher.slug,
        versions=versions,
        version_ids=ids,
        numbers=tuple(version.number for version in covered),
        exposed_owners=exposed["n"],
        last_good_version=_last_good_version(plugin, excluded=ids),
        **now_running,
    )


def covered_versions(plugin: Plugin, *, versions: str) -> list[Version]:
    """The plugin's versions inside a range, oldest first; raises RangeEmpty when it matches none or is unreadable."""
    try:
        matches(versions, "0.0.0")
    except InvalidRange as error:
        raise RangeEmpty(f"the range {versions!r} cannot be read: {error}") from error
    covered = [version for version in plugin.versions.order_by("submitted_at") if is_in_range(version.number, versions)]
    if not covered:
        raise RangeEmpty(f"no version of {plugin.name} lies in {versions}")
    return covered


def exposed_installations(version_ids: tuple[int, ...], *, since: datetime) -> QuerySet[Installation]:
    """Installations that ran one of these versions at any time since `since`, ended or not."""
    return Installation.objects.filter(version_id__in=version_ids).filter(Q(ended_at=None) | Q(ended_at__gte=since))


def _last_good_version(plugin: Plugin, *, excluded: tuple[int, ...]) -> str:
    good = plugin.versions.filter(status=Version.Status.PUBLISHED).exclude(pk__in=excluded)
    newest = good.order_by("-submitted_at").first()
    return newest.number if newest else ""
