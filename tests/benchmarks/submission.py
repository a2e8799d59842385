"""Bench `submission`: twenty real plugins through the running stack, beside the scanners' own command lines.

The peer gets the same sources, unpacked, and the same rules; it unpacks, judges and records nothing."""

import io
import os
import shutil
import tarfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.demo.actors import Publisher, Submission
from governance.demo.catalogue import Archive, repack_distributions
from governance.demo.errors import TooSlow
from governance.demo.packing import Kind
from governance.demo.stage import Stage, open_stage
from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.peers import COMMAND_LINES, run_command_lines, write_rules
from tests.benchmarks.usage import Spent, measure_children, stack_cpu_seconds

COUNT = 20
VERDICT_SECONDS = 120
LOOK_SECONDS = 0.05
SETTLED = frozenset({"published", "in_review", "held"})
TARGET = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for one submission on average, from 202 to verdict, and of processor time in the whole stack."""

    one_by_one: float
    at_once: float
    cpu: float


def run_submission(var: Path) -> list[Figure]:
    """Measure the stack in `var`, then the command lines on the same archives."""
    with open_stage({**os.environ, "NEXUS_VAR": str(var)}) as stage:
        measured = _measure_stack(stage)
    peer = _measure_peer(repack_distributions(suffix="peer", count=COUNT), folder=var / "peer")
    seconds, cpu_seconds = (COMMAND_LINES, peer.seconds / COUNT), (COMMAND_LINES, peer.cpu_seconds / COUNT)
    return [
        _compare("202 to verdict, one by one", value=measured.one_by_one, against=seconds),
        _compare("202 to verdict, all at once", value=measured.at_once, against=seconds),
        _compare("processor time", value=measured.cpu, against=cpu_seconds),
    ]


def _compare(metric: str, *, value: float, against: tuple[str, float]) -> Figure:
    return compare("submission", metric=metric, value=value, unit="s", against=against, target=TARGET)


def _measure_stack(stage: Stage) -> Measured:
    publisher = Publisher(stage.base_url, slug=f"bench-{stage.suffix}", member="Ada")
    publisher.register()
    publisher.confirm(stage.mailbox)
    # The first scan pays for what every later one finds loaded.
    _follow(publisher, publisher.submit(repack_distributions(suffix=f"warm-{stage.suffix}", count=COUNT)[0]))
    before = stack_cpu_seconds(stage.stack)
    archives = repack_distributions(suffix=f"one-{stage.suffix}", count=COUNT)
    one_by_one = sum(_time_alone(publisher, archive) for archive in archives) / COUNT
    cpu = (stack_cpu_seconds(stage.stack) - before) / COUNT
    other = Publisher(stage.base_url, slug=f"bench-two-{stage.suffix}", member="Bo")
    other.register()
    other.confirm(stage.mailbox)
    began = time.perf_counter()
    archives = repack_distributions(suffix=f"all-{stage.suffix}", count=COUNT)
    for submission in [other.submit(archive) for archive in archives]:
        _follow(other, submission)
    return Measured(one_by_one=one_by_one, at_once=(time.perf_counter() - began) / COUNT, cpu=cpu)


def _time_alone(publisher: Publisher, archive: Archive) -> float:
    """Seconds from the answer 202 to the moment of the verdict, by the platform's own record of it."""
    submission = publisher.submit(archive)
    accepted = datetime.now(tz=UTC)
    moves = _follow(publisher, submission)["moves"]
    return (datetime.fromisoformat(moves[-1]["at"]) - accepted).total_seconds()


def _follow(publisher: Publisher, submission: Submission) -> dict[str, Any]:
    deadline = time.monotonic() + VERDICT_SECONDS
    while True:
        told = publisher.read_status(submission)
        if told["status"] in SETTLED:
            return told
        if time.monotonic() > deadline:
            raise TooSlow(f"{submission.archive.plugin} had no verdict after {VERDICT_SECONDS} s")
        time.sleep(LOOK_SECONDS)


def _measure_peer(archives: Sequence[Archive], *, folder: Path) -> Spent:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rules = write_rules(folder / "rules.yml")
    trees = [_unpack(archive, into=folder / archive.plugin) for archive in archives]
    with measure_children() as spent:
        for tree in trees:
            run_command_lines(tree, rules=rules)
    return spent


def _unpack(archive: Archive, *, into: Path) -> Path:
    for name, data in _read_members(archive).items():
        place = into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return into


def _read_members(archive: Archive) -> dict[str, bytes]:
    """The files of an archive that was packed a moment ago, so that nothing in it is hostile."""
    if archive.kind is Kind.ZIP:
        with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
            return {name: opened.read(name) for name in opened.namelist()}
    with tarfile.open(fileobj=io.BytesIO(archive.data)) as opened_tar:
        files = {member.name: opened_tar.extractfile(member) for member in opened_tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}
