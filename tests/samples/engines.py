"""Stands in for the scan engine where a test is about what follows from its report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanners.cache import Cache
from scanners.report import Confidence, FileRecord, Finding, Kind, ScanReport, Severity, Verdict

RULESET = "f" * 64


def make_finding(rule_id: str = "exec-of-text", *, severity: Severity = Severity.MEDIUM, path: str = "a.py") -> Finding:
    """One thing an engine might have seen."""
    return Finding(
        rule_id=rule_id,
        engine="semgrep",
        severity=severity,
        confidence=Confidence.HIGH,
        path=path,
        line=1,
        end_line=1,
        title="Runs text as code",
        why="What runs is decided elsewhere.",
        fix="Write the code out.",
        snippet="exec(text)",
        technique="dynamic-code",
    )


def make_report(
    verdict: Verdict, *, findings: Sequence[Finding] = (), files: Sequence[str] = ("greeter.py",)
) -> ScanReport:
    """A whole report with this verdict."""
    return ScanReport(
        artifact_sha256="0" * 64,
        verdict=verdict,
        score=0,
        explanation=(),
        findings=tuple(findings),
        files=tuple(FileRecord(path, "1" * 64, 60, Kind.PYTHON) for path in files),
        engines=(),
        errors=(),
        ruleset_digest=RULESET,
        seconds=0.1,
    )


@dataclass
class FakeEngine:
    """Answers every scan with `report`, after doing whatever `meanwhile` does; `error` is raised instead."""

    report: ScanReport = field(default_factory=lambda: make_report(Verdict.CLEAN))
    meanwhile: Callable[[], object] | None = None
    error: Exception | None = None
    scans: int = 0

    def __call__(self, path: Path, *, cache: Cache) -> ScanReport:
        self.scans += 1
        if self.meanwhile is not None:
            self.meanwhile()
        if self.error is not None:
            raise self.error
        return self.report

    def finds(self, verdict: Verdict, *findings: Finding) -> None:
        """Report this from now on."""
        self.report = make_report(verdict, findings=findings)
