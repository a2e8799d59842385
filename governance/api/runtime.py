"""Bot runtimes at the door: enrol, fetch the signed feed, report installations, acknowledge orders.
A bot is believed for what its own key signed and nothing else; the rooms check the signature."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from governance import tasks
from governance.api.auth import TenantToken, TokenRequest, calling_tenant
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.feed_answers import FeedAnswers, Reply, answer_feed, since_of, unchanged
from governance.api.schemas import (
    AcknowledgementOut,
    BotIn,
    BotOut,
    FeedOut,
    InstallationOut,
    PresenceOut,
    StatementIn,
    StatementOut,
)
from governance.feed_folder import Publication
from governance.flows.feed import publish_feed
from governance.flows.runtime import receive_acknowledgement, receive_installation, receive_presence
from governance.keys import feed_root
from governance.takedowns.feed import base_data, current_feed, describe_feed
from plugins.installations import enrol_bot

JSON_REFUSALS = ("json_invalid", "body_too_large", "request_invalid")
STATEMENT_REFUSALS = (*JSON_REFUSALS, "statement_refused", "acknowledgement_foreign", "unknown_bot")

router = Router(tags=["runtime"])
router.add_decorator(limit_json_body, mode="view")


@router.post(
    "/bots",
    auth=TenantToken(),
    response={201: BotOut},
    openapi_extra=refuses(
        *JSON_REFUSALS,
        "token_invalid",
        "token_of_another_party",
        "bot_key_invalid",
        "bot_key_used",
        "feed_root_missing",
    ),
)
def enrol(request: TokenRequest, body: BotIn) -> BotOut:
    """Enrol a bot with the public half of the key its runtime signs with."""
    root = feed_root()
    bot = enrol_bot(
        calling_tenant(request),
        name=body.name,
        owner_email=body.owner_email,
        owner_name=body.owner_name,
        public_key=body.public_key,
        now=timezone.now(),
    )
    return BotOut(bot=bot.pk, root=StatementOut(**root.statement), feed_url=settings.FEED_URL)


@router.get(
    "/feed",
    response=FeedOut,
    openapi_extra=refuses("signing_key_missing", "feed_root_missing", "feed_key_not_listed", "feed_gap"),
)
def show_feed(request: HttpRequest, since: int | None = None) -> HttpResponse:
    """Send the signed kill-switch feed, or only what changed `since` a number; ask again with its ETag."""
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    etag = request.headers.get("If-None-Match", "")
    newest = _newest_feed()
    if newest is None:
        return _respond(_answers(settings.FEED_DIR).reply_feed(since=since, etag=etag, is_packed=is_packed))
    if etag == newest.etag:
        return _respond(unchanged(newest))
    return _respond(answer_feed(newest, since=since_of(newest, since=since), is_packed=is_packed))


@router.get("/bases/{sha256}", openapi_extra=refuses("not_found"))
def show_base(request: HttpRequest, sha256: str) -> HttpResponse:
    """Send every block in force at one number, by the digest a freshness statement names; it never changes."""
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    reply = _answers(settings.FEED_DIR).reply_base(sha256, is_packed=is_packed)
    data = base_data(sha256) if reply.status == 404 else None
    return _respond(reply) if data is None else HttpResponse(data, content_type="application/json")


@router.get("/roots/{version}", response=StatementOut, openapi_extra=refuses("not_found"))
def show_root(request: HttpRequest, version: int) -> HttpResponse:
    """Send a version of the root document, which lists the feed's keys; walk them one by one."""
    return _respond(_answers(settings.FEED_DIR).reply_root(version))


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
    openapi_extra=refuses(*STATEMENT_REFUSALS, "acknowledgement_replayed", "order_unknown", "block_foreign"),
)
def acknowledge(request: HttpRequest, body: StatementIn) -> AcknowledgementOut:
    """Take a bot's signed word that it switched a plugin off, or on again."""
    order = receive_acknowledgement(body.model_dump(), now=timezone.now())
    return AcknowledgementOut(takedown=order.takedown_id, action=order.action, recorded_at=order.settled_at)


@router.post("/presences", response={201: PresenceOut}, openapi_extra=refuses(*STATEMENT_REFUSALS))
def be_present(request: HttpRequest, body: StatementIn) -> PresenceOut:
    """Take a bot's signed word that it is there, and which number of the feed it has."""
    return PresenceOut(orders_delivered=receive_presence(body.model_dump(), now=timezone.now()))


@lru_cache(maxsize=4)
def _answers(folder: Path) -> FeedAnswers:
    return FeedAnswers(folder)


def _newest_feed() -> Publication | None:
    """The feed as the rows have it, or None while the database cannot be asked: then the files hold."""
    now = timezone.now()
    try:
        newest = describe_feed(current_feed(now=now))
    except (OperationalError, InterfaceError):
        return None
    lying = _answers(settings.FEED_DIR).newest()
    if lying is None or lying.etag != newest.etag:
        publish_feed(now=now)
    return newest


def _respond(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status)
    for name, value in reply.headers:
        response[name.decode()] = value.decode()
    return response
