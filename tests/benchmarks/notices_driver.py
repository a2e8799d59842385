"""Measures delivery to a mail server that takes everything, beside a bare loop; prints one JSON object.

The bench `notices` starts it in a process of its own, after Django is set up."""

import argparse
import json
import os
import smtplib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from governance.flows.outbox import deliver_outbox
from governance.notifications.claims import claim_batch
from governance.notifications.models import Letter, Notice
from governance.stack.applications import pick_free_port
from governance.stack.paths import CHECKOUT

PROCESSES = 3
PARAGRAPH = "What we did: we ordered it off in every bot that runs it. It cannot be loaded again.\n"
QUEUE_SQL = """
INSERT INTO notifications_notice (
       id, kind, cause, recipient, subject, body, letter_id, items, items_total, state, channel, turn,
       queued_at, deadline_at, next_attempt_at, attempts, bounces, request_id)
SELECT gen_random_uuid(), 'bench', %(cause)s, 'p' || n || '@d' || n %% 60 || %(domain)s, '', '', %(letter)s,
       '[["running", "greeter", "1.0.0", "2026-01-01"]]', 1, 'queued', 'email', n,
       %(now)s, %(due)s, %(now)s, 0, 0, ''
  FROM generate_series(1, %(n)s) AS n
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=2, help="the quickest of each counts")
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0, interactive=False)
    runs: dict[str, list[float]] = {"bare": [], "recorded": [], "one_process": [], "processes": []}
    with _sink() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        for _ in range(chosen.rounds):
            runs["bare"].append(_run_bare(chosen.notices, port=port, is_recorded=False))
            runs["recorded"].append(_run_bare(chosen.notices, port=port, is_recorded=True))
            runs["one_process"].append(_run_ours(chosen.notices, processes=1))
            runs["processes"].append(_run_ours(chosen.notices, processes=PROCESSES))
    runs["claims"] = [_run_claims(chosen.notices)]
    print(json.dumps({name: min(seconds) / chosen.notices for name, seconds in runs.items()}), flush=True)


def _run_bare(notices: int, *, port: int, is_recorded: bool) -> float:
    """One connection, one message for all; where it is recorded, with one durable row an answer and no more."""
    text = f"From: a@nexus.invalid\nTo: p@d.invalid\nSubject: Off\n\n{PARAGRAPH * 12}"
    message = text.replace("\n", "\r\n").encode()
    with smtplib.SMTP("127.0.0.1", port) as mail, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_answers (number bigint, answer text)")
        began = time.perf_counter()
        for number in range(notices):
            mail.sendmail("a@nexus.invalid", [f"p{number}@d.invalid"], message)
            if is_recorded:
                cursor.execute("INSERT INTO bench_answers VALUES (%s, '250 2.0.0 taken')", [number])
        return time.perf_counter() - began


def _run_ours(notices: int, *, processes: int) -> float:
    """Claimed, rendered, sent, and each answer recorded before the next is sent."""
    cause = _queue(notices)
    connections.close_all()
    began = time.perf_counter()
    children = [_fork_delivery() for _ in range(processes)]
    for child in children:
        os.waitpid(child, 0)
    seconds = time.perf_counter() - began
    if Notice.objects.filter(cause=cause, state=Notice.State.DELIVERED).count() != notices:
        raise RuntimeError("not every notice was delivered")
    return seconds


def _fork_delivery() -> int:
    child = os.fork()
    if child == 0:
        deliver_outbox(clock=timezone.now, seconds=600.0)
        os._exit(0)
    return child


def _run_claims(notices: int) -> float:
    """Claims alone, which what is behind them must not slow down."""
    _queue(notices)
    began = time.perf_counter()
    claimed = 0
    while batch := claim_batch(limit=500, now=timezone.now()).notices:
        claimed += len(batch)
    seconds = time.perf_counter() - began
    if claimed != notices:
        raise RuntimeError(f"{claimed} of {notices} were claimed")
    return seconds


def _queue(notices: int) -> str:
    now, cause = timezone.now(), f"bench:{uuid.uuid4()}"
    lines = {"running": "  - {0} (version {1}, running since {2})"}
    words = {"subject": "Off", "opening": PARAGRAPH * 6, "closing": PARAGRAPH * 6}
    letter = Letter.objects.create(kind="bench", cause=cause, language="en", lines=lines, **words)
    values: dict[str, Any] = {"cause": cause, "letter": letter.pk, "n": notices, "now": now}
    values |= {"due": now + timedelta(hours=24), "domain": f"-{cause[-12:]}.invalid"}
    with connection.cursor() as cursor:
        cursor.execute(QUEUE_SQL, values)
        cursor.execute("VACUUM ANALYZE notifications_notice")
    return cause


@contextmanager
def _sink() -> Iterator[int]:
    port = pick_free_port()
    command = [sys.executable, "-m", "tests.benchmarks.mail_sink", "--port", str(port)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise RuntimeError("the sink did not start")
        try:
            yield port
        finally:
            process.terminate()
