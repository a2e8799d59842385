"""Registering a publisher, confirming its address, and looking at it."""

import re
from typing import Any

import pytest
from django.test import Client

from governance.notifications.models import Notice
from plugins.models import Publisher
from tests.governance.api.conftest import Refusal
from tests.samples.factories import PublisherActor, TenantActor

ADA = {
    "slug": "ada-labs",
    "display_name": "Ada Labs",
    "email": "ada@example.invalid",
    "member_name": "Ada",
}


def register(api: Client, **changes: Any) -> Any:
    return api.post("/api/v1/publishers", {**ADA, **changes}, content_type="application/json")


def mailed_secret() -> str:
    found = re.search(r"Secret: (\S+)", Notice.objects.get(kind="email_challenge").body)
    assert found
    return found.group(1)


def test_registered_publisher_awaits_confirmation_by_mail(api: Client) -> None:
    response = register(api)
    assert response.status_code == 202
    assert response.json() == {"publisher": "ada-labs", "status": "awaiting_email_confirmation"}
    assert Notice.objects.get(kind="email_challenge").recipient == "ada@example.invalid"


def test_confirmed_address_gives_a_token_that_works(api: Client) -> None:
    register(api)
    response = api.post("/api/v1/publishers/confirm", {"secret": mailed_secret()}, content_type="application/json")
    assert response.status_code == 200
    bearer = {"Authorization": f"Bearer {response.json()['token']}"}
    assert api.get("/api/v1/publishers/me", headers=bearer).json() == {
        "slug": "ada-labs",
        "display_name": "Ada Labs",
        "level": "registered",
        "status": "active",
    }


def test_confirmation_is_spent_by_its_first_use(api: Client, refused: Refusal) -> None:
    register(api)
    for _ in range(2):
        response = api.post("/api/v1/publishers/confirm", {"secret": mailed_secret()}, content_type="application/json")
    refused(response, code="challenge_invalid")


def test_secret_can_be_asked_for_again_but_not_without_end(api: Client, ada: PublisherActor) -> None:
    asked = {"slug": ada.publisher.slug, "email": ada.publisher.members.get().email}
    for _ in range(3):
        response = api.post("/api/v1/publishers/confirmations", asked, content_type="application/json")
        assert response.status_code == 202
    assert Notice.objects.filter(kind="email_challenge").count() in {1, 2}  # 2 when ten minutes ended between


def test_stranger_asking_for_a_secret_learns_nothing(api: Client, ada: PublisherActor) -> None:
    asked = {"slug": ada.publisher.slug, "email": "eve@example.invalid"}
    response = api.post("/api/v1/publishers/confirmations", asked, content_type="application/json")
    assert response.status_code == 202
    assert not Notice.objects.filter(kind="email_challenge").exists()


def test_taken_slug_is_refused(api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal) -> None:
    refused(register(api), code="publisher_slug_taken")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Ada Labs"),
        ("slug", "-ada"),
        ("slug", "a" * 65),
        ("display_name", ""),
        ("display_name", "x" * 129),
        ("display_name", "Ada\x00Labs"),
        ("member_name", "Ada\r\nBcc: eve@example.invalid"),
        ("email", "not an address"),
        ("email", f"{'a' * 250}@example.invalid"),
        ("email", "ada@example.invalid\nBcc: eve@example.invalid"),
        ("email", 7),
    ],
)
def test_wrong_field_is_named(api: Client, field: str, value: Any, leaves_nothing: None, refused: Refusal) -> None:
    problem = refused(register(api, **{field: value}), code="request_invalid")
    assert [error["field"] for error in problem["errors"]] == [f"body.{field}"]


def test_lone_surrogate_is_a_wrong_field_not_a_crash(api: Client, leaves_nothing: None, refused: Refusal) -> None:
    body = '{"slug": "ada-labs", "display_name": "\\ud800", "email": "a@example.invalid", "member_name": "Ada"}'
    response = api.post("/api/v1/publishers", body, content_type="application/json")
    refused(response, code="request_invalid")


def test_unknown_and_missing_fields_are_named(api: Client, leaves_nothing: None, refused: Refusal) -> None:
    body = {"slug": "ada-labs", "display_name": "Ada Labs", "email": "ada@example.invalid", "is_admin": True}
    response = api.post("/api/v1/publishers", body, content_type="application/json")
    problem = refused(response, code="request_invalid")
    assert {error["field"] for error in problem["errors"]} == {"body.member_name", "body.is_admin"}


def test_refusal_does_not_repeat_what_was_sent(api: Client, leaves_nothing: None) -> None:
    response = register(api, slug="<script>secret-thing</script>")
    assert b"secret-thing" not in response.content


@pytest.mark.parametrize("body", ["{", "not json", "[" * 60_000, b"\xff\xfe"])
def test_wrong_json_is_refused(api: Client, body: Any, leaves_nothing: None, refused: Refusal) -> None:
    refused(api.post("/api/v1/publishers", body, content_type="application/json"), code="json_invalid")


@pytest.mark.parametrize("body", ["", "[]", '"text"', "null"])
def test_json_that_is_no_object_is_refused(api: Client, body: str, leaves_nothing: None, refused: Refusal) -> None:
    refused(api.post("/api/v1/publishers", body, content_type="application/json"), code="request_invalid")


def test_oversized_json_is_refused_by_its_length(api: Client, leaves_nothing: None, refused: Refusal) -> None:
    refused(register(api, display_name="x" * 65_536), code="body_too_large")


def test_missing_token_is_refused(api: Client, refused: Refusal) -> None:
    response = api.get("/api/v1/publishers/me")
    refused(response, code="token_invalid")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer nxg_wrong", "Bearer ", "Basic YWRhOmFkYQ==", "nxg_wrong"])
def test_wrong_token_is_refused(api: Client, header: str, refused: Refusal) -> None:
    refused(api.get("/api/v1/publishers/me", headers={"Authorization": header}), code="token_invalid")


def test_revoked_token_is_refused(api: Client, ada: PublisherActor, now: Any, refused: Refusal) -> None:
    ada.publisher.tokens.update(revoked_at=now)
    refused(api.get("/api/v1/publishers/me", headers=ada.headers), code="token_invalid")


def test_expired_token_is_refused(api: Client, ada: PublisherActor, now: Any, refused: Refusal) -> None:
    ada.publisher.tokens.update(expires_at=now)
    refused(api.get("/api/v1/publishers/me", headers=ada.headers), code="token_invalid")


def test_tenant_token_does_not_open_a_publishers_address(
    api: Client, dev_tenant: TenantActor, refused: Refusal
) -> None:
    response = api.get("/api/v1/publishers/me", headers=dev_tenant.headers)
    refused(response, code="token_of_another_party")


def test_session_of_a_logged_in_person_is_no_token(api: Client, ben: Any, refused: Refusal) -> None:
    api.force_login(ben)
    refused(api.get("/api/v1/publishers/me"), code="token_invalid")
    assert not Publisher.objects.exists()
