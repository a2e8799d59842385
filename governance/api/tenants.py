"""Tenants at the door: what is to be done with their bots when a version is taken down, and what is left to do."""

from django.utils import timezone
from ninja import Router

from governance.api.auth import TenantToken, TokenRequest, calling_tenant
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.schemas import PinOut, RemedyIn, RemedyOut
from governance.flows.remedies import choose_remedy
from governance.takedowns.models import Pin
from governance.takedowns.pins import open_pins
from plugins.models import Tenant

TOKEN_REFUSALS = ("token_invalid", "token_of_another_party")
MOST_PINS = 1000

router = Router(tags=["tenants"])
router.add_decorator(limit_json_body, mode="view")


@router.get("/remedy", auth=TenantToken(), response=RemedyOut, openapi_extra=refuses(*TOKEN_REFUSALS))
def show_remedy(request: TokenRequest) -> RemedyOut:
    """Show what becomes of a bot whose version is taken down."""
    return RemedyOut(remedy=calling_tenant(request).remedy)


@router.put(
    "/remedy",
    auth=TenantToken(),
    response=RemedyOut,
    openapi_extra=refuses("json_invalid", "body_too_large", "request_invalid", *TOKEN_REFUSALS),
)
def change_remedy(request: TokenRequest, body: RemedyIn) -> RemedyOut:
    """Choose: `disable` leaves the plugin off, `pin_back` also asks for the last good version."""
    tenant = calling_tenant(request)
    choose_remedy(tenant, remedy=Tenant.Remedy(body.remedy), now=timezone.now())
    return RemedyOut(remedy=body.remedy)


@router.get("/pins", auth=TenantToken(), response=list[PinOut], openapi_extra=refuses(*TOKEN_REFUSALS))
def show_pins(request: TokenRequest) -> list[PinOut]:
    """List the versions its bots should run instead; one leaves the list when its bot reports that version."""
    return [_describe(pin) for pin in open_pins(calling_tenant(request).pk)[:MOST_PINS]]


def _describe(pin: Pin) -> PinOut:
    version = pin.version
    return PinOut(
        takedown=pin.takedown_id,
        bot=pin.bot_id,
        direction=pin.direction,
        publisher=version.plugin.publisher.slug,
        plugin=version.plugin.name,
        from_version=pin.installation.version.number,
        to_version=version.number,
        artifact_sha256=version.artifact_id,
        ordered_at=pin.ordered_at,
    )
