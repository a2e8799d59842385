"""Takedowns at the door: what is blocked and why, for everyone; no person is named."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from governance.api.described import refuses
from governance.api.schemas import TakedownOut
from governance.takedowns.errors import TakedownUnknown
from governance.takedowns.models import Takedown
from governance.takedowns.queries import progress

router = Router(tags=["takedowns"])


@router.get("/{takedown_id}", response=TakedownOut, openapi_extra=refuses("request_invalid", "takedown_unknown"))
def show_takedown(request: HttpRequest, takedown_id: UUID) -> TakedownOut:
    """Show a takedown: plugin, versions, grounds, and how many bots have confirmed it."""
    takedown = Takedown.objects.select_related("plugin__publisher").filter(pk=takedown_id).first()
    if takedown is None:
        raise TakedownUnknown("no takedown has this id")
    reached = progress(takedown_id)
    return TakedownOut(
        id=takedown.pk,
        publisher=takedown.plugin.publisher.slug,
        plugin=takedown.plugin.name,
        versions=takedown.versions,
        state=takedown.state,
        grounds=takedown.grounds,
        contained_at=takedown.contained_at,
        bots_ordered=reached.ordered,
        bots_confirmed=reached.confirmed,
    )
