"""The API as a program meets it, and what every refusal must look like."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from governance.api.problems import PROBLEM_MEDIA_TYPE, PROBLEM_TYPES

# Rows Django itself keeps; a migration or a framework may touch them at any time.
FRAMEWORK_TABLES = ("contenttypes", "auth", "sessions", "admin")

Refusal = Callable[..., dict[str, Any]]


@pytest.fixture
def api(db: None) -> Client:
    """A caller with no token and no cookie."""
    return Client()


@pytest.fixture
def refused() -> Refusal:
    """Check that an answer is a problem with this code in the table's shape; return the problem."""

    def check(response: Any, *, code: str) -> dict[str, Any]:
        kind = PROBLEM_TYPES[code]
        assert response.headers["Content-Type"] == PROBLEM_MEDIA_TYPE, response.content
        problem: dict[str, Any] = response.json()
        assert (problem["code"], response.status_code, problem["status"]) == (code, kind.status, kind.status)
        assert problem["type"] == f"{settings.PUBLIC_URL}/docs/errors#{code}"
        assert problem["title"] == kind.title
        assert problem["detail"]
        assert problem["advice"] == kind.advice
        assert problem["request_id"] == response.headers["X-Request-Id"]
        return problem

    return check


@pytest.fixture
def leaves_nothing(db: None) -> Iterator[None]:
    """Everything the test does after this fixture's own set-up may neither add a row nor leave a file."""
    rows, files = count_rows(), list_files()
    yield
    assert count_rows() == rows
    assert list_files() == files


def count_rows() -> dict[str, int]:
    """Rows of every table of ours."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label not in FRAMEWORK_TABLES
    }


def list_files() -> set[Path]:
    """Files among the staged uploads and the stored artifacts."""
    folders = (Path(settings.UPLOAD_DIR), Path(settings.STORAGES["artifacts"]["OPTIONS"]["location"]))
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}
