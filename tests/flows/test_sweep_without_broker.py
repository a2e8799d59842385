"""`manage.py sweep` is the floor under broker and beat: it works from the rows alone, as a process of its own."""

import email
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings

from governance.flows.publisher import register_publisher
from governance.notifications.models import Notice
from governance.obligations.actions import open_obligation
from governance.obligations.models import Obligation
from governance.stack.applications import pick_free_port
from governance.stack.paths import CHECKOUT
from tests.samples.races import run_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

DEAD_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A mail server process and the folder it keeps what it accepts in."""
    port, folder = pick_free_port(), tmp_path / "mail"
    command = [sys.executable, "-m", "governance.stack.mailbox", "--port", str(port), "--directory", str(folder)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield port, folder
        finally:
            process.terminate()


def sweep(port: int) -> subprocess.CompletedProcess[str]:
    """One pass on this test's own database, with a broker nobody answers at."""
    database = settings.DATABASES["default"]["NAME"]
    chosen = {
        **os.environ,
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}",
        "BROKER_URL": DEAD_BROKER,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    command = [sys.executable, "manage.py", "sweep"]
    return subprocess.run(command, cwd=CHECKOUT, env=chosen, capture_output=True, text=True, timeout=60, check=False)


def test_notices_and_warnings_go_out_with_the_broker_down(mail: tuple[int, Path], now: datetime) -> None:
    port, folder = mail
    register_publisher(slug="ada-labs", display_name="Ada", email="ada@example.invalid", member_name="Ada", now=now)
    overdue = now - timedelta(hours=2)
    open_obligation("review", subject="review:7", owner_role="reviewer", due_at=now - timedelta(hours=1), now=overdue)

    assert sweep(port).returncode == 0, "what was due"
    assert sweep(port).returncode == 0, "the warnings the first pass has queued"

    assert Obligation.objects.get(subject="review:7").missed_at == now - timedelta(hours=1)
    assert set(Notice.objects.values_list("state", flat=True)) == {"delivered"}
    letters = [email.message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]
    assert len({letter["Message-ID"] for letter in letters}) == len(letters) == Notice.objects.count() == 5
    assert {letter["To"] for letter in letters} >= {"ada@example.invalid", "reviewer@nexus.invalid"}


def test_sweep_with_no_mail_server_keeps_every_notice(now: datetime) -> None:
    register_publisher(slug="ada-labs", display_name="Ada", email="ada@example.invalid", member_name="Ada", now=now)

    assert sweep(1).returncode == 0

    notice = Notice.objects.get()
    assert (notice.state, notice.attempts) == ("queued", 1)
    assert notice.next_attempt_at > now
    assert notice.delivery_attempts.count() == 1


def test_two_sweeps_at_once_deliver_each_notice_once(mail: tuple[int, Path], now: datetime) -> None:
    port, folder = mail
    for number in range(30):
        register_publisher(
            slug=f"ada-{chr(97 + number % 26)}{number}",
            display_name="Ada",
            email=f"ada{number}@example.invalid",
            member_name="Ada",
            now=now,
        )

    done = run_at_once([partial(sweep, port)] * 2).returned

    assert [process.returncode for process in done] == [0, 0]
    assert Notice.objects.filter(state="delivered").count() == 30
    assert len(list(folder.glob("*.eml"))) == 30
