"""One id a request, in the answer and in one log line that gives nothing away."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from governance.request_ids import current_request_id
from tests.samples.factories import PublisherActor


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every log line written by the door, as an operator would read it."""
    written: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    root = logging.getLogger()
    collector = Collect()
    collector.setFormatter(root.handlers[0].formatter)
    logger = logging.getLogger("governance.api")
    logger.addHandler(collector)
    yield written
    logger.removeHandler(collector)


def test_callers_request_id_comes_back(client: Client) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": "ada-0001.test_id"})
    assert response.headers["X-Request-Id"] == "ada-0001.test_id"


@pytest.mark.parametrize("offered", ["short", "x" * 65, "with space here", "semi;colon;id", "höflich-id"])
def test_unfit_request_id_is_replaced(client: Client, offered: str) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": offered})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-Id"])


def test_two_requests_have_two_ids_and_none_stays_bound(client: Client) -> None:
    ids = {client.get("/healthz").headers["X-Request-Id"] for _ in range(2)}
    assert len(ids) == 2
    assert current_request_id() == ""


def test_request_is_one_line_with_route_status_and_time(client: Client, lines: list[str]) -> None:
    client.get("/healthz?password=hunter2", headers={"X-Request-Id": "ada-0001"})
    (line,) = lines
    fields = json.loads(line)
    assert fields["event"] == "request"
    assert (fields["method"], fields["route"], fields["status"]) == ("GET", "healthz", 200)
    assert fields["milliseconds"] >= 0
    assert fields["request_id"] == "ada-0001"


def test_log_holds_no_token_query_body_or_tracking_id(client: Client, ada: PublisherActor, lines: list[str]) -> None:
    tracking_id = "11111111-2222-4333-8444-555555555555"
    client.get(f"/api/v1/reports/{tracking_id}?password=hunter2", headers=ada.headers)
    client.post("/api/v1/publishers/confirm", {"secret": "mailed-secret"}, content_type="application/json")
    text = "\n".join(lines)
    assert len(lines) == 2
    for hidden in (tracking_id, "hunter2", ada.secret, "mailed-secret"):
        assert hidden not in text
