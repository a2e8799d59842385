"""Publishers at the door: register, confirm the address, look at oneself."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from governance import tasks
from governance.api.auth import PublisherToken, TokenRequest, calling_publisher
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.schemas import (
    ConfirmationIn,
    ConfirmationOut,
    ConfirmationRequestIn,
    PublisherOut,
    RegistrationIn,
    RegistrationOut,
)
from governance.flows.publisher import confirm_email, register_publisher, request_confirmation
from governance.verification.queries import publisher_level

router = Router(tags=["publishers"])
router.add_decorator(limit_json_body, mode="view")
JSON_REFUSALS = ("json_invalid", "body_too_large", "request_invalid")


@router.post("", response={202: RegistrationOut}, openapi_extra=refuses(*JSON_REFUSALS, "publisher_slug_taken"))
def register(request: HttpRequest, body: RegistrationIn) -> RegistrationOut:
    """Register a publisher; a secret goes to the address given and confirms it."""
    publisher = register_publisher(
        slug=body.slug,
        display_name=body.display_name,
        email=body.email,
        member_name=body.member_name,
        now=timezone.now(),
    )
    tasks.wake(tasks.deliver_notices)
    return RegistrationOut(publisher=publisher.slug, status="awaiting_email_confirmation")


@router.post("/confirmations", response={202: RegistrationOut}, openapi_extra=refuses(*JSON_REFUSALS))
def ask_again(request: HttpRequest, body: ConfirmationRequestIn) -> RegistrationOut:
    """Mail a member a new secret, at most every ten minutes; the answer does not say whether there is such a member."""
    request_confirmation(slug=body.slug, email=body.email, now=timezone.now())
    tasks.wake(tasks.deliver_notices)
    return RegistrationOut(publisher=body.slug, status="awaiting_email_confirmation")


@router.post(
    "/confirm",
    response=ConfirmationOut,
    openapi_extra=refuses(*JSON_REFUSALS, "challenge_invalid", "already_attested"),
)
def confirm(request: HttpRequest, body: ConfirmationIn) -> ConfirmationOut:
    """Confirm the address with the mailed secret; the token in the answer is shown only this once."""
    token, secret = confirm_email(body.secret, now=timezone.now())
    publisher = token.publisher.slug if token.publisher else ""
    return ConfirmationOut(publisher=publisher, token=secret, expires_at=token.expires_at)


@router.get(
    "/me",
    auth=PublisherToken(),
    response=PublisherOut,
    openapi_extra=refuses("token_invalid", "token_of_another_party"),
)
def show_me(request: TokenRequest) -> PublisherOut:
    """Show the publisher the token speaks for, and the level its attestations make."""
    publisher = calling_publisher(request)
    level = publisher_level(publisher.pk, now=timezone.now())
    return PublisherOut(
        slug=publisher.slug, display_name=publisher.display_name, level=level.value, status=publisher.status
    )
