"""What taking a whole publisher down touches: each plugin's reach, and people and bots counted once across all.
Reads only; the account goes with its plugins, and comes back with them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from governance.takedowns.models import Takedown
from governance.takedowns.queries import exposure_start
from governance.takedowns.scope import Scope, preview_scope
from plugins.models import Installation, Plugin, Publisher
from plugins.runtime.ranges import ANY_VERSION


@dataclass(frozen=True, slots=True)
class PublisherScope:
    """The reach over all plugins; `since` is from when each plugin's people count, by its id."""

    publisher_id: int
    publisher: str
    scopes: tuple[Scope, ...]
    since: dict[int, datetime]
    bots: int
    tenants: int
    owners: int
    exposed_owners: int


def preview_publisher(publisher_id: int, *, now: datetime) -> PublisherScope:
    """Count what stands to be taken down: every plugin with versions that is not already down as a whole."""
    publisher = Publisher.objects.get(pk=publisher_id)
    plugins = Plugin.objects.filter(publisher=publisher, versions__isnull=False).exclude(_is_down()).distinct()
    since = {plugin.pk: _exposed_since(plugin, now=now) for plugin in plugins.order_by("pk")}
    scopes = tuple(preview_scope(pk, versions=ANY_VERSION, exposed_since=at) for pk, at in since.items())
    installations = Installation.objects.filter(plugin_id__in=since)
    running = installations.filter(ended_at=None).aggregate(
        bots=Count("bot", distinct=True),
        tenants=Count("bot__tenant", distinct=True),
        owners=Count("bot__owner", distinct=True),
    )
    exposed = installations.aggregate(n=Count("bot__owner", distinct=True))
    return PublisherScope(publisher.pk, publisher.slug, scopes, since, exposed_owners=exposed["n"], **running)


def _is_down() -> Q:
    whole = Takedown.objects.filter(versions=ANY_VERSION, artifact_sha256=[]).exclude(state=Takedown.State.REINSTATED)
    return Q(pk__in=whole.values("plugin_id"))


def _exposed_since(plugin: Plugin, *, now: datetime) -> datetime:
    return exposure_start(tuple(plugin.versions.values_list("pk", flat=True)), now=now)
