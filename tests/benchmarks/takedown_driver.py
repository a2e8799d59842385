"""Measures large takedowns on the database of its environment and prints one JSON object.

The bench `takedown` starts it in a process of its own, after Django is set up."""

import argparse
import json
import resource
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from governance.flows.takedown import contain_plugin
from governance.flows.takedown_fan_out import write_next
from governance.flows.takedown_notices import OWNER_NOTICE
from governance.notifications.models import Notice
from governance.takedowns.models import SwitchOrder, Takedown
from plugins.models import Version
from tests.samples.factories import PublisherActor, make_publisher, make_tenant, make_version, publish_version

BOTS_EACH = 5
FEW = 10
SUBMISSIONS_ALONE = 40
MEANWHILE_MOST = 50_000
SQL_FOLDER = Path(__file__).with_name("sql")
WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Stand:
    """Who acts in a measurement, and what tells its rows from those of another."""

    ada: PublisherActor
    cleo: User
    suffix: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installations", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=2, help="the quickest of each counts")
    chosen = parser.parse_args()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("bootstrap", stdout=StringIO())
    now, suffix = timezone.now(), uuid.uuid4().hex[:8]
    ada = make_publisher(f"bench-{suffix}", member=f"Ada-{suffix}", now=now)
    stand = Stand(ada, User.objects.create_user(f"cleo-{suffix}"), suffix)
    measured = measure_alone(stand, installations=chosen.installations, rounds=chosen.rounds)
    measured |= measure_meanwhile(stand, installations=min(chosen.installations, MEANWHILE_MOST))
    print(json.dumps(measured), flush=True)


def measure_alone(stand: Stand, *, installations: int, rounds: int) -> dict[str, Any]:
    """Bare SQL, which also warms the database up, then the takedown; round by round, so that noise meets both."""
    bare, whole, in_force = [], [], []
    growth = 0
    for turn in range(rounds):
        large = _populate(stand, name=f"large-{turn}", installations=installations)
        bare.append(_run_bare(large, actor=stand.cleo))
        before = _peak_memory()
        began = time.perf_counter()
        takedown = _contain(large, actor=stand.cleo)
        in_force.append(time.perf_counter() - began)
        _finish_fan_out()
        whole.append(time.perf_counter() - began)
        growth = max(growth, _peak_memory() - before)
        _check(takedown, installations=installations)
    return {
        "installations": installations,
        "bare_seconds": min(bare),
        "seconds": min(whole),
        "in_force_seconds": min(in_force),
        "memory_growth_mb": growth / 1_000_000,
    }


def measure_meanwhile(stand: Stand, *, installations: int) -> dict[str, Any]:
    """What others notice of a large takedown: submissions, and a takedown of a few, each beside the same alone."""
    large = _populate(stand, name="large-meanwhile", installations=installations)
    few = [_populate(stand, name=f"few-{turn}", installations=FEW) for turn in range(2)]
    alone = [_time(partial(_submit, stand, name=f"alone-{n}")) for n in range(SUBMISSIONS_ALONE)]
    few_alone = _time(partial(_contain, few[0], actor=stand.cleo))
    with _submitting(stand) as during, _containing(few[1], actor=stand.cleo) as few_during:
        takedown = _contain(large, actor=stand.cleo)
        _finish_fan_out()
    _check(takedown, installations=installations)
    return {
        "submission_alone": statistics.median(alone),
        "submission_during": statistics.median(during),
        "submissions_during": len(during),
        "few_alone": few_alone,
        "few_during": few_during[0],
    }


def _finish_fan_out() -> None:
    while write_next(now=timezone.now()):
        continue


def _check(takedown: Takedown, *, installations: int) -> None:
    orders = SwitchOrder.objects.filter(takedown=takedown).count()
    people = Notice.objects.filter(kind=OWNER_NOTICE, cause=f"takedown:{takedown.pk}").count()
    if (orders, people) != (installations, -(-installations // BOTS_EACH)):
        raise RuntimeError(f"{orders} orders and {people} notices are not what {installations} installations need")


def _submit(stand: Stand, *, name: str) -> Version:
    return make_version(stand.ada, now=timezone.now(), name=f"{name}-{stand.suffix}")


def _contain(version: Version, *, actor: User) -> Takedown:
    now = timezone.now()
    return contain_plugin(
        plugin_id=version.plugin_id, versions="*", grounds="malware", statement="Measured.",
        exposed_since=now - WINDOW, report_ids=[], actor=actor, now=now,
    )  # fmt: skip


def _populate(stand: Stand, *, name: str, installations: int) -> Version:
    """A published plugin that many bots run."""
    now, suffix = timezone.now(), f"{name}-{stand.suffix}"
    version = publish_version(make_version(stand.ada, now=now, name=suffix), now=now)
    tenant = make_tenant(f"t-{suffix}", now=now).tenant
    values: dict[str, Any] = {"suffix": suffix, "n": installations, "each": BOTS_EACH, "tenant": tenant.pk, "now": now}
    values |= {"plugin": version.plugin_id, "version": version.pk}
    with connection.cursor() as cursor:
        for statement in (SQL_FOLDER / "populate.sql").read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
    _vacuum("plugins_botowner", "plugins_bot", "plugins_installation")
    return version


def _run_bare(version: Version, *, actor: User) -> float:
    """The least any program could do: the same rows in the same tables, two statements, one transaction."""
    orders, notices, _ = (SQL_FOLDER / "bare.sql").read_text().split(";\n")
    now, takedown = timezone.now(), uuid.uuid4()
    values: dict[str, Any] = {"takedown": takedown, "version": version.pk, "cause": f"bare:{takedown}", "now": now}
    with transaction.atomic(), connection.cursor() as cursor:
        Takedown.objects.create(
            pk=takedown, plugin_id=version.plugin_id, versions="*", grounds="malware", statement="Bare.",
            exposed_since=now - WINDOW, ordered_by=actor, contained_at=now,
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO notifications_letter (kind, cause, language, subject, opening, closing, lines)"
            " VALUES ('bare', %s, 'en', '', '', '', '{}') RETURNING id",
            [values["cause"]],
        )
        values["letter"] = cursor.fetchone()[0]
        began = time.perf_counter()
        cursor.execute(orders, values)
        cursor.execute(notices, values)
        # What a commit would check.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    _vacuum("takedowns_switchorder", "notifications_notice")
    return seconds


def _vacuum(*tables: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(tables)}")


@contextmanager
def _submitting(stand: Stand) -> Iterator[list[float]]:
    """Submit one version after the other in a thread; what is yielded fills with seconds each."""
    taken: list[float] = []
    is_over = threading.Event()

    def work() -> None:
        with closing(connection):
            while not is_over.wait(0.05):
                taken.append(_time(partial(_submit, stand, name=f"during-{len(taken)}")))

    with _in_thread(work, over=is_over):
        yield taken


@contextmanager
def _containing(version: Version, *, actor: User) -> Iterator[list[float]]:
    """Contain a plugin of a few bots while the block runs; what is yielded gets its seconds."""
    taken: list[float] = []

    def work() -> None:
        with closing(connection):
            time.sleep(0.3)
            taken.append(_time(partial(_contain, version, actor=actor)))

    with _in_thread(work, over=threading.Event()):
        yield taken


@contextmanager
def _in_thread(work: Callable[[], None], *, over: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
