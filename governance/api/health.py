"""Whether this process lives, and whether it can do its work: each thing it needs is tried and named.
Never says why a check failed to the caller; the log does."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from kombu.exceptions import KombuError

from governance.celery import app
from governance.errors import GovernanceError
from governance.keys import feed_key, platform_key
from governance.playbook import playbook

BROKER_SECONDS = 2
PROBE_NAME = "probes/ready"

log = logging.getLogger(__name__)


def show_alive(request: HttpRequest) -> JsonResponse:
    """Answer at all; touches nothing."""
    return JsonResponse({"status": "alive"})


def show_ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every check holds, else 503, naming each check."""
    checks = {name: _holds(name, check=check) for name, check in CHECKS.items()}
    is_ready = all(checks.values())
    answer = {
        "status": "ready" if is_ready else "not_ready",
        "checks": {name: "ok" if holds else "failed" for name, holds in checks.items()},
    }
    return JsonResponse(answer, status=200 if is_ready else 503)


def _holds(name: str, *, check: Callable[[], None]) -> bool:
    try:
        check()
    except (OSError, DatabaseError, KombuError, GovernanceError) as error:
        log.warning("not_ready", exc_info=error, extra={"check": name})
        return False
    return True


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_broker() -> None:
    with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)


def _check_storage() -> None:
    storage = storages["artifacts"]
    name = storage.save(PROBE_NAME, ContentFile(b"ready"))
    storage.delete(name)


def _check_signing_key() -> None:
    platform_key()


def _check_feed_key() -> None:
    now = timezone.now()
    feed_key(until=now + timedelta(minutes=playbook().marketplace.feed.valid_minutes), now=now)


def _check_playbook() -> None:
    playbook()


CHECKS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "database": _check_database,
        "broker": _check_broker,
        "storage": _check_storage,
        "signing_key": _check_signing_key,
        "feed_key": _check_feed_key,
        "playbook": _check_playbook,
    }
)
