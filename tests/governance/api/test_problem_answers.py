"""The table of refusals is whole, documented, and the only shape in which anything under /api/ refuses."""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import Client

import governance
import plugins
import scanners
from governance.api import bodies
from governance.api.errors import DoorError
from governance.api.problems import INTERNAL_ERROR, PROBLEM_TYPES, render_page
from governance.errors import GovernanceError
from plugins.errors import CatalogueError
from scanners.errors import ArchiveRefused, ScannerError
from tests.governance.api.conftest import Refusal
from tests.samples.factories import PublisherActor, make_published

FAMILIES = (CatalogueError, GovernanceError, ScannerError)
# Raised only where no request waits for an answer: at start, in workers, by scanners, or on the reviewers' desk.
NEVER_AT_THIS_DOOR = frozenset(
    {
        "already_contained",
        "authority_clock_unknown",
        "channel_down",
        "delivery_deferred",
        "delivery_doubtful",
        "digest_unreadable",
        "nothing_to_contain",
        "plugin_name_held",
        "publisher_contained",
        "signoff_differs",
        "delivery_refused",
        "grounds_unfit",
        "grounds_unknown",
        "cache_unsafe",
        "known_file_unknown",
        "known_in_future",
        "member_missing",
        "playbook_invalid",
        "range_matches_nothing",
        "report_settled",
        "review_claimed",
        "root_refused",
        "review_settled",
        "review_unknown",
        "translation_incomplete",
        "records_unreadable",
        "rules_invalid",
        "sandbox_missing",
        "signoff_repeated",
        "statement_missing",
        "statement_of_reasons_missing",
        "takedown_not_in_force",
        "tool_failed",
        "tool_timed_out",
    }
)


def error_classes() -> Iterator[type[Exception]]:
    """Every error class of ours."""
    for root in (governance, plugins, scanners):
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            if module.name.endswith(".errors") and not module.name.startswith("governance.stack"):
                for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                    if issubclass(found, FAMILIES) and found.__module__ == module.name:
                        yield found


def test_every_error_class_has_a_row_or_never_meets_this_door() -> None:
    concrete = set(error_classes()) - {*FAMILIES, DoorError, ArchiveRefused}
    codes = {found.code for found in concrete}  # type: ignore[attr-defined]  # every family has one
    assert len(codes) > 30
    assert codes - set(PROBLEM_TYPES) == NEVER_AT_THIS_DOOR


def test_every_code_an_archive_can_be_refused_with_has_a_row() -> None:
    source = "".join(path.read_text() for path in Path(scanners.__path__[0]).glob("archive*.py"))
    raised = set(re.findall(r'"(archive_[a-z0-9_]+)"', source))
    assert "archive_truncated" in raised
    assert raised == {code for code in PROBLEM_TYPES if code.startswith("archive_")}


def test_every_row_tells_what_to_do_in_a_sentence() -> None:
    for code, kind in PROBLEM_TYPES.items():
        assert kind.advice.endswith("."), code
        assert not kind.title.endswith("."), code
        assert 400 <= kind.status < 600, code
        assert kind.is_private or kind.status < 500, f"{code}: our own faults keep their words to themselves"


def test_errors_page_of_the_docs_is_the_table() -> None:
    written = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    assert written == render_page(), "run python -m governance.api.problems > docs/errors.md"


def test_served_errors_page_has_an_anchor_for_each_type(client: Client) -> None:
    page = client.get("/docs/errors").content.decode()
    for code in PROBLEM_TYPES:
        assert f'id="{code}"' in page


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/api/v1/publishers/me/more", "/api/v1"])
def test_unknown_address_under_the_api_is_a_problem(api: Client, path: str, refused: Refusal) -> None:
    refused(api.get(path), code="not_found")


def test_page_outside_the_api_keeps_djangos_answer(api: Client) -> None:
    response = api.get("/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_wrong_method_is_a_problem_that_names_the_right_ones(api: Client, refused: Refusal) -> None:
    response = api.delete("/api/v1/publishers/me")
    refused(response, code="method_not_allowed")
    assert response.headers["Allow"] == "GET"


def test_foreign_host_name_is_a_problem(api: Client, refused: Refusal) -> None:
    refused(api.get("/api/v1/catalogue", headers={"Host": "eve.example.invalid"}), code="bad_request")


def test_fault_of_ours_tells_nothing_but_the_request_id(
    api: Client, ada: PublisherActor, now: datetime, refused: Refusal, caplog: pytest.LogCaptureFixture
) -> None:
    version = make_published(ada, now=now)
    storages["artifacts"].delete(version.artifact.storage_key)
    response = api.get("/api/v1/catalogue/ada-labs/greeter/versions/1.0.0/artifact")
    problem = refused(response, code=INTERNAL_ERROR)
    assert problem["detail"] == PROBLEM_TYPES[INTERNAL_ERROR].advice
    assert version.artifact_id.encode() not in response.content
    assert "FileNotFoundError" in caplog.text


def test_every_documented_answer_is_openapi_three_one(client: Client) -> None:
    schema = json.loads(client.get("/api/v1/openapi.json").content)
    assert schema["openapi"].startswith("3.1")
    operations = [
        operation
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method in {"get", "post"}
    ]
    assert len(operations) >= 16
    for operation in operations:
        problems = [answer for status, answer in operation["responses"].items() if int(status) >= 400]
        assert problems, operation["operationId"]
        for answer in problems:
            assert answer["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert schema["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(PROBLEM_TYPES)


def test_every_reference_of_the_description_resolves(client: Client) -> None:
    text = client.get("/api/v1/openapi.json").content.decode()
    schema = json.loads(text)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= set(schema["components"]["schemas"])


def test_docs_page_asks_no_outside_host(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page) == []
    for asset in re.findall(r"""(?:src|href)=["'](/static/[^"']+)""", page):
        assert b"".join(client.get(asset)).strip(), asset


def test_body_limit_is_what_the_documents_say() -> None:
    assert bodies.JSON_MAX_BYTES == 64 * 1024
    assert "64 KiB" in PROBLEM_TYPES["body_too_large"].advice
