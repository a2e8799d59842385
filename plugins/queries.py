"""Reads of the catalogue: look-ups that refuse by name, what is published, and what the blocklist covers."""

from plugins.artifact_files import artifacts_holding, holds_any
from plugins.errors import UnknownPlugin, UnknownVersion, VersionBlocked, VersionUnavailable
from plugins.models import BlocklistEntry, Plugin, Version
from plugins.runtime.ranges import InvalidRange, InvalidVersion, matches


def find_plugin(publisher_slug: str, plugin_name: str) -> Plugin:
    """Return the plugin of that publisher; raises UnknownPlugin."""
    plugin = (
        Plugin.objects.select_related("publisher")
        .filter(publisher__slug=publisher_slug, name=plugin_name)
        .order_by("retired_at")
        .last()
    )
    if plugin is None:
        raise UnknownPlugin(f"no plugin {plugin_name} of publisher {publisher_slug}")
    return plugin


def find_version(publisher_slug: str, plugin_name: str, number: str) -> Version:
    """Return the version of that plugin; raises UnknownPlugin or UnknownVersion."""
    plugin = find_plugin(publisher_slug, plugin_name)
    version = (
        Version.objects.select_related("plugin__publisher", "artifact").filter(plugin=plugin, number=number).first()
    )
    if version is None:
        raise UnknownVersion(f"{plugin_name} has no version {number}")
    return version


def published_version(publisher_slug: str, plugin_name: str, number: str) -> Version:
    """Return a version that may be installed; raises VersionBlocked or VersionUnavailable when it may not."""
    version = find_version(publisher_slug, plugin_name, number)
    if version.status in {Version.Status.QUARANTINED, Version.Status.REMOVED}:
        raise VersionBlocked(f"{plugin_name} {number} was taken down; install another version or plugin")
    if version.status != Version.Status.PUBLISHED:
        raise VersionUnavailable(f"{plugin_name} {number} is {version.status}; install a published version")
    return version


def list_published() -> list[Version]:
    """Every published version, by publisher and plugin, newest first within a plugin."""
    return list(
        Version.objects.select_related("plugin__publisher", "artifact")
        .filter(status=Version.Status.PUBLISHED)
        .order_by("plugin__publisher__slug", "plugin__name", "-submitted_at", "-pk")
    )


def live_blocks(plugin_id: int) -> list[BlocklistEntry]:
    """The entries in force against a plugin, oldest first."""
    return list(BlocklistEntry.objects.filter(plugin_id=plugin_id, lifted_at__isnull=True).order_by("sequence"))


def covering_blocks(plugin_id: int, *, number: str, sha256: str) -> list[BlocklistEntry]:
    """Every entry in force that covers this version of the plugin, oldest first."""
    return [block for block in live_blocks(plugin_id) if _covers(block, number=number, sha256=sha256)]


def covering_block(plugin_id: int, *, number: str, sha256: str) -> BlocklistEntry | None:
    """Return the first entry in force that covers this version of the plugin, or None."""
    return next(iter(covering_blocks(plugin_id, number=number, sha256=sha256)), None)


def blocked_versions(plugin_id: int) -> list[int]:
    """The ids of a plugin's versions that any entry in force covers."""
    meant = [(block, artifacts_holding(block.file_sha256)) for block in live_blocks(plugin_id)]
    return [
        version.pk
        for version in Version.objects.filter(plugin_id=plugin_id).order_by("pk")
        if any(
            is_in_range(version.number, block.versions)
            and (is_whole_range(block) or version.artifact_id in {*block.artifact_sha256, *holding})
            for block, holding in meant
        )
    ]


def is_whole_range(block: BlocklistEntry) -> bool:
    """Whether an entry blocks every version in its range, and not only those of certain bytes."""
    return not (block.artifact_sha256 or block.file_sha256)


def is_in_range(number: str, versions: str) -> bool:
    """Whether a version number lies in a range; an unreadable range covers everything, so that a block holds."""
    try:
        return matches(versions, number)
    except (InvalidRange, InvalidVersion):
        return True


def _covers(block: BlocklistEntry, *, number: str, sha256: str) -> bool:
    if not is_in_range(number, block.versions):
        return False
    return is_whole_range(block) or sha256 in block.artifact_sha256 or holds_any(sha256, block.file_sha256)
