"""kill -9 of the process that delivers notices, at random moments: nobody unnotified, at most one duplicate a kill.

Each delivering process is forked from this one, which holds no connection of its own meanwhile."""

import email
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from governance.flows.outbox import deliver_outbox
from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.outbox import Draft, queue_notices
from governance.playbook import playbook
from governance.stack.applications import pick_free_port
from governance.stack.paths import CHECKOUT

NOTICES_A_KILL = 12
SHORTEST, LONGEST = 0.01, 0.12  # seconds that a delivering process lives
ROUNDS_LEFT = 20


def strike_deliveries(*, kills: int, seed: int) -> dict[str, Any]:
    """Kill `kills` delivering processes one after the other, let the next finish, and count."""
    call_command("migrate", verbosity=0, interactive=False)
    chance = random.Random(seed)  # noqa: S311  moments to strike at, no secret
    cause, begun_at = f"chaos:{uuid.uuid4()}", timezone.now()
    queued = kills * NOTICES_A_KILL
    _queue(queued, cause=cause, now=begun_at)
    with tempfile.TemporaryDirectory(prefix="nexus-chaos-") as folder, _mail_server(Path(folder)) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        now, struck = begun_at, 0
        for _ in range(kills):
            struck += _deliver_and_strike(chance.uniform(SHORTEST, LONGEST), now=now)
            now = _after_lease(now)
        for _ in range(ROUNDS_LEFT):
            deliver_outbox(clock=_clock(now), seconds=60.0)
            now = _after_lease(now)
        return _count(cause, queued=queued, struck=struck, folder=Path(folder))


def _queue(number: int, *, cause: str, now: datetime) -> None:
    due = now + timedelta(days=365)
    queue_notices(
        (Draft("chaos", cause, f"p{n}@d{n % 20}.invalid", "Switched off", "Hello.\n", due) for n in range(number)),
        now=now,
    )


def _deliver_and_strike(seconds: float, *, now: datetime) -> int:
    """Fork a process that delivers; 1 when it was killed at its work, 0 when it had ended before."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        deliver_outbox(clock=_clock(now), seconds=60.0)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return int(os.WIFSIGNALED(status))


def _clock(start: datetime) -> Any:
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def _after_lease(now: datetime) -> datetime:
    return now + timedelta(seconds=playbook().marketplace.notices.lease_seconds + 300)


def _count(cause: str, *, queued: int, struck: int, folder: Path) -> dict[str, Any]:
    rows = Notice.objects.filter(kind="chaos", cause=cause)
    delivered = rows.filter(state=Notice.State.DELIVERED).count()
    arrived = Counter(email.message_from_bytes(path.read_bytes())["Message-ID"] for path in folder.glob("*.eml"))
    twice = {message_id for message_id, times in arrived.items() if times > 1}
    doubtful = DeliveryAttempt.objects.filter(notice__in=rows, is_doubtful=True)
    in_doubt = {str(notice) for notice in doubtful.values_list("notice_id", flat=True)}
    duplicates = sum(arrived.values()) - len(arrived)
    undetected = [message_id for message_id in twice if message_id.partition("@")[0].lstrip("<") not in in_doubt]
    return {
        "kills": struck,
        "queued": queued,
        "delivered": delivered,
        "arrived": len(arrived),
        "duplicates": duplicates,
        "most_of_one": max(arrived.values(), default=0),
        "in_doubt": len(in_doubt),
        "undetected": len(undetected),
        "holds": delivered == len(arrived) == queued
        and duplicates <= struck
        and max(arrived.values(), default=0) <= 2
        and not undetected,
    }


@contextmanager
def _mail_server(folder: Path) -> Iterator[int]:
    port = pick_free_port()
    command = [sys.executable, "-m", "governance.stack.mailbox", "--port", str(port), "--directory", str(folder)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError("the mail server did not start")
        try:
            yield port
        finally:
            process.terminate()
