"""Makes the report of a scan out of what a look and semgrep said.

Judges through the verdict alone. An archive that was refused and a look that failed get a report like any other.
"""

from collections.abc import Mapping

from scanners import limits
from scanners.answers import Looked
from scanners.engines import EngineResult
from scanners.errors import ArchiveRefused
from scanners.report import Finding, ScanReport
from scanners.rules import load_rules, ruleset_digest
from scanners.switches import Switch
from scanners.verdict import judge


def make_report(
    looked: Looked,
    *,
    semgrep: EngineResult | None,
    digest: str,
    switches: Mapping[str, Switch],
    seconds: float,
) -> ScanReport:
    """Return the report on one artifact."""
    if looked.refused is not None:
        return refuse(looked, digest=digest, switches=switches, seconds=seconds)
    results = [*looked.results, *([semgrep] if semgrep is not None else [])]
    runs = tuple(result.run for result in results)
    findings = [*looked.findings, *(finding for result in results for finding in result.findings)]
    errors = (*looked.errors, *(f"{run.name}: {error}" for run in runs for error in run.errors))
    needed = tuple(error for error in errors if is_needed(error, switches=switches))
    ordered = tuple(sorted(findings, key=order_of))
    judgement = judge(ordered, engines=runs, errors=needed, switches=switches)
    return ScanReport(
        artifact_sha256=digest,
        verdict=judgement.verdict,
        score=judgement.score,
        explanation=judgement.explanation,
        findings=ordered,
        files=looked.files,
        engines=runs,
        errors=errors,
        ruleset_digest=ruleset_digest(),
        seconds=seconds,
        capabilities=looked.capabilities,
        sandbox=looked.layers,
    )


def order_of(finding: Finding) -> tuple[str, int, str, int, str, tuple[str, ...]]:
    """Return where a finding stands in a report."""
    return finding.path, finding.line, finding.rule_id, finding.end_line, finding.snippet, finding.trace


def is_needed(error: str, *, switches: Mapping[str, Switch]) -> bool:
    """Say whether an error leaves a gap: it is not one of an engine that may fail."""
    switch = switches.get(error.partition(":")[0])
    return switch is None or switch.is_required


def refuse(looked: Looked, *, digest: str, switches: Mapping[str, Switch], seconds: float) -> ScanReport:
    """Return the report on an archive that was not opened.

    The verdict is incomplete, not malicious: nothing inside was looked at, so nothing about intent is proven. The
    finding says how grave it is: what only a forger writes is critical.
    """
    code, detail = looked.refused or ("", "")
    refused = ArchiveRefused(code, detail)
    finding = load_rules()[refused.rule_id].make_finding(
        path="", line=0, snippet=refused.detail[: limits.SNIPPET_CHARACTERS]
    )
    errors = (f"archive: {refused.code}",)
    judgement = judge((finding,), engines=(), errors=errors, switches=switches)
    return ScanReport(
        artifact_sha256=digest,
        verdict=judgement.verdict,
        score=judgement.score,
        explanation=judgement.explanation,
        findings=(finding,),
        files=(),
        engines=(),
        errors=errors,
        ruleset_digest=ruleset_digest(),
        seconds=seconds,
        sandbox=looked.layers,
    )
