"""The straight line of a scan: hash, look in a confined process, run semgrep over what was staged, judge.

Answers every hostile input with a report. Raises only when the artifact itself cannot be opened by us.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from scanners import limits, warm
from scanners.answers import Looked, read_look
from scanners.archive import hash_artifact
from scanners.cache import Cache, NoCache, make_key
from scanners.engines import EngineResult, Stage
from scanners.engines.semgrep import run_semgrep_batch
from scanners.errors import ArchiveRefused, ToolFailed
from scanners.folder import copy_folder
from scanners.kept import UNREADABLE, Kept
from scanners.report import EngineState, ScanReport
from scanners.reports import make_report
from scanners.rules import ruleset_digest
from scanners.sandbox_scratch import make_scratch, remove_tree
from scanners.switches import Switch, load_switches, switch_off

NO_CACHE: Final = NoCache()
NOT_LOOKED: Final = Looked()


@dataclass(frozen=True, slots=True)
class Options:
    """How a scan is asked for: whether a manifest is due, and engines that are left out to measure the others."""

    needs_manifest: bool = True
    without: frozenset[str] = frozenset()

    @property
    def switches(self) -> Mapping[str, Switch]:
        """Return the engines' switches under these options."""
        return switch_off(self.without) if self.without else load_switches()


@dataclass(frozen=True, slots=True)
class Subject:
    """One artifact or folder under way; `report` is there already when it was known or could not be looked at."""

    digest: str
    scratch: Path | None
    started: float
    deadline: float
    looked: Looked = NOT_LOOKED
    report: ScanReport | None = None


DEFAULT: Final = Options()


def scan_artifact(
    path: Path, *, deadline_seconds: float | None = None, options: Options = DEFAULT, cache: Cache = NO_CACHE
) -> ScanReport:
    """Scan one artifact or folder within `deadline_seconds` of wall clock (the engine's own limit when None).

    Raises OSError when it cannot be read or our disk is full, and RulesInvalid when our own rules are broken.
    """
    return next(scan_artifacts([path], deadline_seconds=deadline_seconds, options=options, cache=cache))


def scan_artifacts(
    paths: Sequence[Path],
    *,
    deadline_seconds: float | None = None,
    options: Options = DEFAULT,
    workers: int = 1,
    cache: Cache = NO_CACHE,
) -> Iterator[ScanReport]:
    """Scan many artifacts, `workers` at a time, and yield their reports in order; the deadline is each one's own.

    While semgrep reads one batch the next one is looked at; alone, an artifact waits for nobody.
    """
    seconds = limits.SCAN_SECONDS if deadline_seconds is None else min(deadline_seconds, limits.SCAN_SECONDS)
    line = Line(options=options, cache=cache, seconds=seconds)
    with ThreadPoolExecutor(max_workers=workers) as lookers, ThreadPoolExecutor(max_workers=1) as reader:
        under_way: Future[list[ScanReport]] | None = None
        for start in range(0, len(paths), limits.SCAN_BATCH):
            subjects = list(lookers.map(line.look, paths[start : start + limits.SCAN_BATCH]))
            if under_way is not None:
                yield from under_way.result()
            under_way = reader.submit(line.finish, subjects)
        if under_way is not None:
            yield from under_way.result()


class Line:
    """The stations of a scan under one set of options."""

    def __init__(self, *, options: Options, cache: Cache, seconds: float) -> None:
        self.options = options
        self.cache = cache
        self.seconds = seconds
        self.kept = Kept(cache)

    def look(self, path: Path) -> Subject:
        """Hash one artifact, and look into it unless its report is known; raises OSError."""
        started = time.monotonic()
        if path.is_dir():
            return self.look_at_folder(path, started=started)
        digest = hash_artifact(path)
        subject = Subject(digest, None, started, started + self.seconds)
        if (report := self.recall(digest)) is not None:
            return replace(subject, report=report)
        return self.look_inside(replace(subject, scratch=make_folder()), message={}, files={"artifact": path})

    def look_at_folder(self, path: Path, *, started: float) -> Subject:
        """Copy a folder and look into it unless its report is known; raises OSError."""
        scratch = make_folder()
        subject = Subject("", scratch, started, started + self.seconds)
        try:
            copy = copy_folder(path, into=scratch / "members")
        except ArchiveRefused as refused:
            return replace(subject, looked=Looked(refused=(refused.code, refused.detail)))
        except OSError:
            clear(scratch)
            raise
        subject = replace(subject, digest=copy.digest)
        if (report := self.recall(copy.digest)) is not None:
            return replace(subject, report=report)
        return self.look_inside(subject, message={"folder": copy.to_message()}, files={})

    def look_inside(self, subject: Subject, *, message: dict[str, Any], files: dict[str, Path]) -> Subject:
        """Let a confined process look at a subject; raises OSError."""
        scratch = subject.scratch or make_folder()
        engines = sorted(name for name, switch in self.options.switches.items() if switch.is_enabled)
        try:
            answer = warm.call(
                "look",
                {**message, "needs_manifest": self.options.needs_manifest, "engines": engines},
                scratch=scratch,
                seconds=min(limits.LOOK_SECONDS, subject.deadline - time.monotonic()),
                files=files,
                on_ask=self.kept.answer,
            )
        except OSError:
            clear(scratch)
            raise
        return replace(subject, looked=read_look(answer, scratch=scratch))

    def finish(self, subjects: list[Subject]) -> list[ScanReport]:
        """Run semgrep over a batch, and return the report of each; removes their scratch folders."""
        try:
            results = self.run_semgrep(subjects)
            return [self.report_on(subject, results.get(number)) for number, subject in enumerate(subjects)]
        finally:
            for subject in subjects:
                if subject.scratch is not None:
                    clear(subject.scratch)

    def run_semgrep(self, subjects: list[Subject]) -> dict[int, EngineResult]:
        """Return semgrep's result for each subject that has something staged."""
        stages = {
            number: subject.looked.stage
            for number, subject in enumerate(subjects)
            if subject.looked.stage is not None and self.options.switches["semgrep"].is_enabled
        }
        found: dict[int, EngineResult] = {}
        for numbers in group_by_size(stages):
            left = max(subjects[number].deadline for number in numbers) - time.monotonic()
            with make_scratch(prefix="semgrep-") as scratch:
                results = run_semgrep_batch(
                    [stages[number] for number in numbers],
                    scratch=scratch,
                    # In a long batch the wait for others is not an artifact's own time.
                    seconds=limits.TOOL_SECONDS if len(subjects) > 1 else max(0.0, min(limits.TOOL_SECONDS, left)),
                    cache=self.cache,
                )
            found |= dict(zip(numbers, results, strict=True))
        return found

    def report_on(self, subject: Subject, semgrep: EngineResult | None) -> ScanReport:
        """Return the report on one subject, and keep what was found when nothing went wrong."""
        if subject.report is not None:
            return replace(subject.report, seconds=time.monotonic() - subject.started)
        report = make_report(
            subject.looked,
            semgrep=semgrep,
            digest=subject.digest,
            switches=self.options.switches,
            seconds=time.monotonic() - subject.started,
        )
        if not report.errors and all(run.state is EngineState.OK for run in report.engines):
            self.remember(subject, report=report)
        return report

    def recall(self, digest: str) -> ScanReport | None:
        """Return the report on the same bytes under the same rules and options, when it is known."""
        key = self.key_of(digest)
        entry = self.cache.get_many([key]).get(key)
        if entry is None:
            return None
        try:
            return ScanReport.from_dict(json.loads(entry))
        except (*UNREADABLE, KeyError):
            return None

    def remember(self, subject: Subject, *, report: ScanReport) -> None:
        """Keep a whole report, and what the engines said file by file."""
        entry = json.dumps(report.to_dict(), separators=(",", ":")).encode()
        self.cache.put_many({self.key_of(subject.digest): entry})
        self.kept.store(subject.looked.kept or {})

    def key_of(self, digest: str) -> str:
        """Return the cache's key for the report on an artifact with this digest."""
        extra = (str(self.options.needs_manifest), *sorted(self.options.without))
        return make_key("report", engine_digest=ruleset_digest(), content_sha256=digest, extra=extra)


def make_folder() -> Path:
    """Make a private scratch folder; raises OSError when there is no room for it."""
    return Path(tempfile.mkdtemp(prefix="scan-"))


def group_by_size(stages: Mapping[int, Stage]) -> Iterator[list[int]]:
    """Yield the stages that are read together; a big one is read alone."""
    group: list[int] = []
    size = 0
    for number, stage in stages.items():
        own = sum((stage.root / file.name).stat().st_size for file in stage.files)
        if group and size + own > limits.SEMGREP_BATCH_BYTES:
            yield group
            group, size = [], 0
        group.append(number)
        size += own
    if group:
        yield group


def clear(scratch: Path) -> None:
    """Remove a scratch folder; a rest that cannot be removed costs disk, not the verdict."""
    with contextlib.suppress(OSError, ToolFailed):
        remove_tree(scratch)
