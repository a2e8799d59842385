"""Decides clean, suspicious, malicious or incomplete from findings and engine states, and shows its arithmetic.

Pure: no file, no clock. An error can never make a verdict better, and size never makes a plugin worse.
"""

from dataclasses import dataclass
from typing import Final

from scanners.report import Confidence, EngineRun, EngineState, Finding, Severity, Verdict

WEIGHTS: Final = {
    Severity.CRITICAL: 100,
    Severity.HIGH: 40,
    Severity.MEDIUM: 20,
    Severity.LOW: 4,
    Severity.INFO: 0,
}
# Per cent of the weight that counts.
CERTAINTY: Final = {Confidence.HIGH: 100, Confidence.MEDIUM: 75, Confidence.LOW: 40}
SUSPICIOUS_SCORE: Final = 20  # one medium finding that is certain, or two that are likely
STRONG_SCORE: Final = 40  # a high finding that is certain ...
STRONG_TECHNIQUES: Final = 2  # ... and a second of another technique in the same file conclude together
REQUIRED_ENGINES: Final = ("bandit", "semgrep", "sources")  # a scan without one of them has not looked
UNREAD_TECHNIQUE: Final = "unread-content"
SEVERITY_ORDER: Final = (Verdict.CLEAN, Verdict.SUSPICIOUS, Verdict.INCOMPLETE, Verdict.MALICIOUS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, its score in points, and the sentences that lead to both."""

    verdict: Verdict
    score: int
    explanation: tuple[str, ...]


def judge(findings: tuple[Finding, ...], *, engines: tuple[EngineRun, ...], errors: tuple[str, ...]) -> Judgement:
    """Return the verdict; malicious evidence outranks a gap, so that a broken file cannot soften it."""
    score, lines = add_up(findings)
    conclusive = find_conclusive(findings)
    gaps = find_gaps(findings, engines=engines, errors=errors)
    if conclusive:
        verdict = Verdict.MALICIOUS
    elif gaps:
        verdict = Verdict.INCOMPLETE
    elif score >= SUSPICIOUS_SCORE:
        verdict = Verdict.SUSPICIOUS
    else:
        verdict = Verdict.CLEAN
    lines.append(f"score {score} (suspicious from {SUSPICIOUS_SCORE})")
    return Judgement(verdict=verdict, score=score, explanation=(*lines, *conclusive, *gaps, f"verdict {verdict}"))


def points_of(finding: Finding) -> int:
    """Return what one finding weighs."""
    return WEIGHTS[finding.severity] * CERTAINTY[finding.confidence] // 100


def add_up(findings: tuple[Finding, ...]) -> tuple[int, list[str]]:
    """Return the score and one line a technique: only the heaviest finding of a technique counts."""
    heaviest: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda item: (-points_of(item), item.rule_id, item.path, item.line)):
        heaviest.setdefault(finding.technique, finding)
    lines = [
        f"{points_of(finding)} {technique}: {finding.rule_id} at {finding.path}:{finding.line} "
        f"({finding.severity}, confidence {finding.confidence})"
        for technique, finding in sorted(heaviest.items(), key=lambda item: (-points_of(item[1]), item[0]))
        if points_of(finding)
    ]
    return sum(points_of(finding) for finding in heaviest.values()), lines


def find_conclusive(findings: tuple[Finding, ...]) -> list[str]:
    """Return why the findings prove intent: one conclusive chain, or two strong techniques in one file."""
    reasons = [
        f"conclusive: {finding.rule_id} at {finding.path}:{finding.line}" for finding in findings if finding.conclusive
    ]
    strong: dict[str, set[str]] = {}
    for finding in findings:
        if points_of(finding) >= STRONG_SCORE and finding.technique != UNREAD_TECHNIQUE:
            strong.setdefault(finding.path, set()).add(finding.technique)
    reasons += [
        f"conclusive together in {path}: {', '.join(sorted(techniques))}"
        for path, techniques in sorted(strong.items())
        if len(techniques) >= STRONG_TECHNIQUES
    ]
    return sorted(set(reasons))


def find_gaps(findings: tuple[Finding, ...], *, engines: tuple[EngineRun, ...], errors: tuple[str, ...]) -> list[str]:
    """Return everything that was not looked at; one entry is enough to need a person."""
    gaps = [f"incomplete: {error}" for error in errors]
    gaps += [
        f"incomplete: engine {engine.name} {engine.state}"
        for engine in engines
        if engine.state is not EngineState.OK or engine.errors
    ]
    gaps += [
        f"incomplete: {finding.path or 'the archive'} cannot be read ({finding.rule_id})"
        for finding in findings
        if finding.technique == UNREAD_TECHNIQUE
    ]
    ran = {engine.name for engine in engines}
    gaps += [f"incomplete: engine {name} did not run" for name in REQUIRED_ENGINES if name not in ran]
    return sorted(set(gaps))


def worst_of(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of several verdicts; of none, incomplete."""
    return max(verdicts, key=SEVERITY_ORDER.index, default=Verdict.INCOMPLETE)
