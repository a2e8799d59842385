"""Hands notices to a person's own program, signed after Standard Webhooks 1.0.0; the id is the notice's, at each try.
What such a program answers decides only about this notice, and nothing it says is followed."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from governance.notifications.errors import DeliveryDeferred, DeliveryRefused, WebhookUnsafe
from governance.notifications.models import Notice, Webhook
from governance.notifications.public_hosts import check_url, find_public_address, post
from governance.notifications.rendering import render_notice
from plugins.models import BotOwner

SECRET_PREFIX = "whsec_"  # noqa: S105  Standard Webhooks marks secrets with it
TRY_AGAIN = frozenset({408, 425, 429})


class WebhookChannel:
    """Sends to the webhook of a notice's recipient."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        find_address: Callable[[str, int], str] = find_public_address,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._find_address = find_address
        self._context = context or ssl.create_default_context()

    def send(self, notice: Notice) -> str:
        """Post one notice; returns the status that was answered. Raises DeliveryRefused or DeliveryDeferred."""
        hook = Webhook.objects.filter(owner__email=notice.recipient, is_active=True).first()
        if hook is None:
            raise DeliveryRefused("there is no webhook any more")
        body = make_payload(notice)
        try:
            parts = check_url(hook.url)
            address = self._find_address(parts.hostname or "", parts.port or 443)
        except WebhookUnsafe as error:
            raise DeliveryRefused(str(error)) from error
        headers = sign_webhook(notice, body=body, secret=secret_of(hook), now=self._clock())
        answer = post(parts, address=address, body=body, headers=headers, context=self._context)
        if 200 <= answer.status < 300:
            return f"{answer.status} {answer.reason}".strip()
        if answer.status >= 500 or answer.status in TRY_AGAIN:
            raise DeliveryDeferred(f"the webhook answered {answer.status}")
        # A redirect too: what it points at was never judged.
        raise DeliveryRefused(f"the webhook answered {answer.status}")


def set_webhook(owner: BotOwner, *, url: str, now: datetime) -> str:
    """Take notices at this address from now on; returns the secret they are signed with. Raises WebhookUnsafe."""
    check_url(url)
    known = Webhook.objects.filter(owner=owner).first()
    generation = known.generation + 1 if known else 1
    hook, _ = Webhook.objects.update_or_create(
        owner=owner, defaults={"url": url, "generation": generation, "changed_at": now, "is_active": True}
    )
    return SECRET_PREFIX + base64.b64encode(secret_of(hook)).decode()


def remove_webhook(owner: BotOwner, *, now: datetime) -> None:
    """Send nothing there any more."""
    Webhook.objects.filter(owner=owner).update(is_active=False, changed_at=now)


def make_payload(notice: Notice) -> bytes:
    """The body of a notice as JSON, the same bytes at every try."""
    subject, text = render_notice(notice)
    payload = {
        "type": notice.kind.replace("_", "."),
        "timestamp": notice.queued_at.isoformat(),
        "data": {"notice": str(notice.pk), "about": notice.cause, "subject": subject, "text": text},
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def sign_webhook(notice: Notice, *, body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: id, time, and an HMAC-SHA256 over both and the body."""
    webhook_id, timestamp = f"msg_{notice.pk.hex}", str(int(now.timestamp()))
    signed = hmac.new(secret, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "nexus-governance",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def secret_of(hook: Webhook) -> bytes:
    """Derived, not stored: who reads the table learns no secret."""
    name = f"webhook:{hook.owner_id}:{hook.generation}"
    return hmac.new(settings.SECRET_KEY.encode(), name.encode(), hashlib.sha256).digest()
