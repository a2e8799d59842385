"""A bots' owner at the door, with a token of their own: their notices, their language, their webhook.
Never another person's: the token says who asks, no field does."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Router

from governance.api.auth import OwnerToken, TokenRequest, calling_owner
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.schemas import LanguageIn, NoticeLineOut, NoticeOut, WebhookIn, WebhookOut
from governance.notifications.inbox import notices_of, read_notice
from governance.notifications.models import Notice
from governance.notifications.rendering import render_notice
from governance.notifications.webhooks import remove_webhook, set_webhook

NOTICES_LISTED = 100
TOKEN_REFUSALS = ("token_invalid", "token_of_another_party")
BODY_REFUSALS = ("json_invalid", "body_too_large", "request_invalid", *TOKEN_REFUSALS)

router = Router(tags=["owner"], auth=OwnerToken())
router.add_decorator(limit_json_body, mode="view")


@router.get("/notices", response=list[NoticeLineOut], openapi_extra=refuses(*TOKEN_REFUSALS))
def list_notices(request: TokenRequest) -> list[NoticeLineOut]:
    """List your newest notices."""
    return [NoticeLineOut(**_line(notice)) for notice in notices_of(calling_owner(request).email)[:NOTICES_LISTED]]


@router.get(
    "/notices/{notice_id}",
    response=NoticeOut,
    openapi_extra=refuses("request_invalid", "notice_unknown", *TOKEN_REFUSALS),
)
def show_notice(request: TokenRequest, notice_id: UUID) -> NoticeOut:
    """Read one of your notices; it counts as delivered from here on."""
    notice = read_notice(calling_owner(request).email, notice_id=notice_id, now=timezone.now())
    return NoticeOut(**_line(notice), text=render_notice(notice)[1])


@router.put("/language", response={204: None}, openapi_extra=refuses(*BODY_REFUSALS))
def set_language(request: TokenRequest, body: LanguageIn) -> None:
    """Choose the language of your notices; where there is no translation they are in English."""
    owner = calling_owner(request)
    owner.language = body.language
    owner.save(update_fields=["language"])


@router.put("/webhook", response=WebhookOut, openapi_extra=refuses(*BODY_REFUSALS, "webhook_unsafe"))
def put_webhook(request: TokenRequest, body: WebhookIn) -> WebhookOut:
    """Have notices that e-mail cannot reach you with posted to your own program; the answer holds a new secret."""
    return WebhookOut(url=body.url, secret=set_webhook(calling_owner(request), url=body.url, now=timezone.now()))


@router.delete("/webhook", response={204: None}, openapi_extra=refuses(*TOKEN_REFUSALS))
def delete_webhook(request: TokenRequest) -> None:
    """Have nothing posted any more."""
    remove_webhook(calling_owner(request), now=timezone.now())


def _line(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "kind": notice.kind,
        "about": notice.cause,
        "subject": render_notice(notice)[0],
        "queued_at": notice.queued_at,
        "delivered_at": notice.delivered_at,
    }
