"""Makes a report fit to be kept as evidence: bounded, and free of what a database cannot store.
Never changes a verdict, a rule or a place, and says in the report what it left out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scanners.report import Finding, ScanReport, Severity

MOST_FINDINGS = 1_000  # more than a person reads; a hostile plugin can make the engine say tens of thousands
MOST_STEPS = 20
STEP_CHARACTERS = 500
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # neither a text column nor a JSON column takes these
RANKS = {severity: rank for rank, severity in enumerate(reversed(Severity))}


def make_evidence(report: ScanReport) -> ScanReport:
    """Return the report as it is stored: the gravest findings, short traces, storable text; the same for the same."""
    kept = _gravest(report.findings)
    left_out = len(report.findings) - len(kept)
    said = (f"{left_out} further findings, none graver than those shown, were weighed and are not kept",)
    fitting = replace(
        report,
        findings=tuple(replace(finding, trace=_shorten(finding.trace)) for finding in kept),
        explanation=report.explanation + (said if left_out else ()),
    )
    return ScanReport.from_dict(_storable(fitting.to_dict()))


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    if len(findings) <= MOST_FINDINGS:
        return list(findings)
    order = sorted(range(len(findings)), key=lambda at: (not findings[at].conclusive, RANKS[findings[at].severity], at))
    return [findings[at] for at in sorted(order[:MOST_FINDINGS])]


def _shorten(trace: Sequence[str]) -> tuple[str, ...]:
    steps = [step if len(step) <= STEP_CHARACTERS else f"{step[:STEP_CHARACTERS]}…" for step in trace]
    if len(steps) <= MOST_STEPS:
        return tuple(steps)
    # Where it starts and where it ends matter most.
    half = MOST_STEPS // 2
    return (*steps[:half], f"… {len(steps) - MOST_STEPS} steps between …", *steps[-half:])


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    return value
