"""Bot runtimes at the door: enrol, fetch the signed feed, report installations, acknowledge orders.
A bot is believed for what its own key signed and nothing else; the rooms check the signature."""

import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from ninja import Router

from governance import tasks
from governance.api.auth import TenantToken, TokenRequest, calling_tenant
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.schemas import (
    AcknowledgementOut,
    BotIn,
    BotOut,
    InstallationOut,
    StatementIn,
    StatementOut,
)
from governance.flows.runtime import receive_acknowledgement, receive_installation
from governance.keys import trusted_keys
from governance.takedowns.feed import current_feed
from plugins.installations import enrol_bot

# Every runtime may share one answer; longer than this would hold back the kill switch.
FEED_MAX_AGE_SECONDS = 5
JSON_REFUSALS = ("json_invalid", "body_too_large", "request_invalid")
STATEMENT_REFUSALS = (*JSON_REFUSALS, "statement_refused", "acknowledgement_foreign", "unknown_bot")

router = Router(tags=["runtime"])
router.add_decorator(limit_json_body, mode="view")


@router.post(
    "/bots",
    auth=TenantToken(),
    response={201: BotOut},
    openapi_extra=refuses(*JSON_REFUSALS, "token_invalid", "token_of_another_party", "bot_key_invalid", "bot_key_used"),
)
def enrol(request: TokenRequest, body: BotIn) -> BotOut:
    """Enrol a bot with the public half of the key its runtime signs with."""
    bot = enrol_bot(
        calling_tenant(request),
        name=body.name,
        owner_email=body.owner_email,
        owner_name=body.owner_name,
        public_key=body.public_key,
        now=timezone.now(),
    )
    return BotOut(bot=bot.pk, feed_keys=trusted_keys())


@router.get("/feed", response=StatementOut, openapi_extra=refuses("signing_key_missing"))
def show_feed(request: HttpRequest) -> HttpResponse:
    """Send the signed kill-switch feed; ask again with its ETag."""
    statement = current_feed(now=timezone.now()).statement
    etag = f'"{hashlib.sha256(statement["signature"].encode()).hexdigest()}"'
    response = JsonResponse(statement)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={FEED_MAX_AGE_SECONDS}"
    return get_conditional_response(request, etag=etag, response=response) or response


@router.post(
    "/installations",
    response={201: InstallationOut},
    openapi_extra=refuses(*STATEMENT_REFUSALS, "unknown_plugin", "unknown_version", "installation_time_invalid"),
)
def report_installation(request: HttpRequest, body: StatementIn) -> InstallationOut:
    """Take a bot's signed word that it installed or removed a version; the answer says whether it may run it."""
    outcome = receive_installation(body.model_dump(), now=timezone.now())
    tasks.wake(tasks.deliver_notices)
    return InstallationOut(
        installation=outcome.installation_id,
        is_allowed=outcome.is_allowed,
        block_ids=[outcome.block_id] if outcome.block_id else [],
    )


@router.post(
    "/acknowledgements",
    response={201: AcknowledgementOut},
    openapi_extra=refuses(*STATEMENT_REFUSALS, "acknowledgement_replayed", "order_unknown"),
)
def acknowledge(request: HttpRequest, body: StatementIn) -> AcknowledgementOut:
    """Take a bot's signed word that it switched a plugin off, or on again."""
    order = receive_acknowledgement(body.model_dump(), now=timezone.now())
    return AcknowledgementOut(takedown=order.takedown_id, action=order.action, recorded_at=order.settled_at)
