"""Scans a corpus and counts verdicts: per stratum, per technique, and with each engine left out in turn.

What an engine adds is found by judging the same findings without it; a test holds that to a scan that leaves it out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from scanners.report import EngineState, Finding, ScanReport, Verdict
from scanners.reports import is_needed
from scanners.scan import Options, scan_artifacts
from scanners.switches import ENGINES, switch_off
from scanners.verdict import UNREAD_TECHNIQUE, judge, points_of
from tests.quality.corpus import Artifact
from tests.quality.intervals import Share, measure_share

PROGRESS: Final = 32  # artifacts between two signs of life
HEAVIEST: Final = 3  # findings shown of an artifact that is not clean
ALARM: Final = frozenset([Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.INCOMPLETE])
NATIVE: Final = "unread-native"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan said of one artifact."""

    artifact: Artifact
    report: ScanReport

    @property
    def heaviest(self) -> tuple[Finding, ...]:
        """Return the findings that weigh most, the heaviest first."""
        weighing = [finding for finding in self.report.findings if points_of(finding)]
        return tuple(sorted(weighing, key=lambda f: (-f.conclusive, -points_of(f), f.path, f.line))[:HEAVIEST])

    @property
    def is_native_only(self) -> bool:
        """Say whether nothing but compiled programs that nobody can read keeps it from being clean."""
        if self.report.verdict is not Verdict.INCOMPLETE or self.report.errors:
            return False
        others = tuple(finding for finding in self.report.findings if finding.rule_id != NATIVE)
        return judge(others, engines=self.report.engines, errors=()).verdict is Verdict.CLEAN


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts of a group of artifacts."""

    name: str
    malicious: Share
    suspicious: Share
    incomplete: Share
    native: Share

    @property
    def alarmed(self) -> Share:
        """Return the share that is suspicious or worse, what is merely incomplete not counted."""
        return measure_share(self.malicious.hits + self.suspicious.hits, self.malicious.total)

    @property
    def held(self) -> Share:
        """Return the share that is not clean."""
        return measure_share(self.alarmed.hits + self.incomplete.hits, self.malicious.total)


def scan_corpus(artifacts: Iterable[Artifact], *, workers: int, say: Callable[[str], None]) -> Iterator[Outcome]:
    """Scan everything, those with a manifest against it; `say` is told of each beginning batch. Raises OSError."""
    for needs_manifest, group in groupby(sorted(artifacts, key=order_of), key=lambda item: item.needs_manifest):
        batch = list(group)
        say(f"scanning {len(batch)} artifacts {'with' if needs_manifest else 'without'} a manifest")
        options = Options(needs_manifest=needs_manifest)
        reports = scan_artifacts([artifact.path for artifact in batch], options=options, workers=workers)
        for number, (artifact, report) in enumerate(zip(batch, reports, strict=True), start=1):
            if number % PROGRESS == 0:
                say(f"{number} of {len(batch)}")
            if report.verdict is not Verdict.CLEAN and not artifact.is_malicious:
                # A measurement that is broken off has at least said this.
                say(f"  {report.verdict} {report.score}: {artifact.name}")
            yield Outcome(artifact, report)


def order_of(artifact: Artifact) -> tuple[bool, str, str]:
    """Return where an artifact stands among those to scan."""
    return artifact.needs_manifest, artifact.stratum, artifact.name


def count_verdicts(name: str, outcomes: Sequence[Outcome], *, without: str | None = None) -> Row:
    """Return the verdicts of a group, as they are or as they were without an engine."""
    verdicts = [judge_without(outcome.report, engine=without) for outcome in outcomes]
    total = len(verdicts)
    return Row(
        name=name,
        malicious=measure_share(verdicts.count(Verdict.MALICIOUS), total),
        suspicious=measure_share(verdicts.count(Verdict.SUSPICIOUS), total),
        incomplete=measure_share(verdicts.count(Verdict.INCOMPLETE), total),
        native=measure_share(sum(outcome.is_native_only for outcome in outcomes), total),
    )


def judge_without(report: ScanReport, *, engine: str | None) -> Verdict:
    """Return the verdict a report would have had without an engine."""
    if engine is None:
        return report.verdict
    switches = switch_off([engine])
    return judge(
        tuple(finding for finding in report.findings if finding.engine != engine),
        engines=tuple(run for run in report.engines if run.name != engine and run.state is not EngineState.SKIPPED),
        errors=tuple(error for error in report.errors if is_needed(error, switches=switches)),
        switches=switches,
    ).verdict


def count_by(outcomes: Sequence[Outcome], *, key: Callable[[Artifact], str]) -> list[Row]:
    """Return a row for each group, in the order of its names."""
    ordered = sorted(outcomes, key=lambda outcome: key(outcome.artifact))
    return [
        count_verdicts(name, list(group)) for name, group in groupby(ordered, key=lambda outcome: key(outcome.artifact))
    ]


def count_without_each(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return a row for each engine, of how it would be without it."""
    return [count_verdicts(f"without {engine}", outcomes, without=engine) for engine in ENGINES]


def count_by_engine(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return a row for each engine, of how it would be with the findings of no other; gaps count as they are."""
    return [
        count_verdicts(f"{engine} alone", [keep_engine(outcome, engine) for outcome in outcomes]) for engine in ENGINES
    ]


def keep_engine(outcome: Outcome, engine: str) -> Outcome:
    """Return an outcome as one engine's findings alone lead to it."""
    report = outcome.report
    findings = tuple(f for f in report.findings if f.engine == engine and f.technique != UNREAD_TECHNIQUE)
    verdict = judge(findings, engines=report.engines, errors=()).verdict
    return Outcome(outcome.artifact, replace(report, findings=findings, verdict=verdict))
