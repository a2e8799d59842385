"""Liveness, readiness with each need named, and the figures Prometheus reads."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from governance.celery import app
from governance.obligations.actions import open_obligation
from governance.screening.models import Scan
from tests.samples.factories import PublisherActor, make_published, make_version

CHECKS = ("database", "broker", "storage", "signing_key", "feed_key", "playbook")


def read_metrics(api: Client) -> dict[tuple[str, str], float]:
    text = api.get("/metrics").content.decode()
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_living_process_says_so_without_a_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_process_names_every_check(api: Client) -> None:
    response = api.get("/readyz")
    assert response.json() == {"status": "ready", "checks": dict.fromkeys(CHECKS, "ok")}
    assert response.status_code == 200


def test_key_that_may_not_sign_the_feed_is_named(api: Client, settings: Any) -> None:
    (settings.FEED_DIR / "root-1.json").unlink()
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {**dict.fromkeys(CHECKS, "ok"), "feed_key": "failed"}


def test_missing_signing_key_is_named(api: Client, settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEY_FILE = tmp_path / "missing"
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {**dict.fromkeys(CHECKS, "ok"), "signing_key": "failed"}
    assert str(tmp_path) not in response.content.decode()


def test_storage_that_cannot_be_written_is_named(api: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file where a folder should be")
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["storage"] == "failed"


def test_unreachable_broker_is_named(api: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", f"redis+socket://{tmp_path}/nothing.sock")
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["broker"] == "failed"


def test_readiness_leaves_no_probe_behind(api: Client, tmp_path: Path) -> None:
    api.get("/readyz")
    assert [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == []


def test_metrics_answer_on_an_empty_database(api: Client) -> None:
    figures = read_metrics(api)
    assert figures["nexus_versions", "submitted"] == 0
    assert figures["nexus_queue_depth", "notices"] == 0
    assert figures["nexus_feed_sequence", ""] == 0
    assert figures["nexus_feed_key_seconds_left", ""] > 0
    assert figures["nexus_switch_orders_stuck", ""] == 0


def test_metrics_count_versions_and_what_waits(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    make_version(ada, now=now - timedelta(minutes=10), number="2.0.0")
    figures = read_metrics(api)
    assert figures["nexus_versions", "published"] == 1
    assert figures["nexus_versions", "submitted"] == 1
    assert figures["nexus_queue_depth", "versions"] == 1
    assert 600 <= figures["nexus_queue_oldest_age_seconds", "versions"] < 660


def test_metrics_give_the_last_days_scan_durations(api: Client, ada: PublisherActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    for seconds, days in ((4, 0), (15, 0), (3, 2)):
        Scan.objects.create(
            version=version,
            cause="submission",
            state="complete",
            attempt=1,
            lease_token="00000000-0000-4000-8000-000000000000",
            lease_until=now,
            started_at=now - timedelta(days=days, seconds=seconds),
            finished_at=now - timedelta(days=days),
            verdict="clean",
            request_id="r",
        )
    figures = read_metrics(api)
    assert figures["nexus_scan_duration_seconds_count", ""] == 2
    assert figures["nexus_scan_duration_seconds_sum", ""] == 19
    assert figures["nexus_scan_duration_seconds_bucket", "5.0"] == 1
    assert figures["nexus_scan_duration_seconds_bucket", "20.0"] == 2


def test_metrics_count_deadlines_due_soon_and_missed(api: Client, db: None, now: datetime) -> None:
    for kind, due_at in (("review", now + timedelta(minutes=30)), ("appeal", now + timedelta(days=2))):
        open_obligation(kind, subject="version:1", owner_role="reviewer", due_at=due_at, now=now)
    figures = read_metrics(api)
    assert figures["nexus_obligations", "running"] == 2
    assert figures["nexus_obligations", "due_within_hour"] == 1
    assert figures["nexus_obligations", "missed"] == 0
    assert 1700 < figures["nexus_obligation_nearest_due_seconds", ""] <= 1800


def test_metrics_name_no_publisher_and_no_plugin(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    text = api.get("/metrics").content
    assert b"ada" not in text
    assert b"greeter" not in text


def test_metrics_cost_the_same_for_one_version_and_for_many(
    api: Client, ada: PublisherActor, now: datetime, django_assert_num_queries: Any
) -> None:
    make_version(ada, now=now)
    with django_assert_num_queries(16):
        api.get("/metrics")
    for minor in range(1, 5):
        make_version(ada, now=now, number=f"1.{minor}.0")
    with django_assert_num_queries(16):
        api.get("/metrics")
