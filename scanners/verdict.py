"""Decides clean, suspicious, malicious or incomplete from findings and engine states, and shows its arithmetic.

Pure: no file, no clock. An error can never make a verdict better, and size never makes a plugin worse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scanners.report import Confidence, EngineRun, EngineState, Finding, Severity, Verdict
from scanners.switches import Switch, load_switches

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
GRAVE_SCORE: Final = 75  # a critical finding that is likely ...
STRONG_SCORE: Final = 40  # ... and a certain high one of another technique in the same file conclude together
HIDDEN_SCORE: Final = 20  # a technique that hides, beside one that acts in the same file, ...
ACTING_SCORE: Final = 30
HIDING_SUM: Final = 60  # ... and together at least this: what needs hiding is not meant for readers
HIDING: Final = frozenset(["hiding", "hidden-text", "indirect-execution"])
ACTING: Final = frozenset(
    [
        "download-and-execute",
        "reverse-shell",
        "decode-then-execute",
        "environment-exfiltration",
        "credential-store-theft",
    ]
)
# Who arranges to be started again, what is fetched or decoded there: what stays is not what was reviewed.
STAYING: Final = "persistence"
BRINGING: Final = frozenset(
    ["download-and-execute", "command-text", "shell-text", "decode-then-execute", "reverse-shell"]
)
UNREAD_TECHNIQUE: Final = "unread-content"
SEVERITY_ORDER: Final = (Verdict.CLEAN, Verdict.SUSPICIOUS, Verdict.INCOMPLETE, Verdict.MALICIOUS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, its score in points, and the sentences that lead to both."""

    verdict: Verdict
    score: int
    explanation: tuple[str, ...]


def judge(
    findings: tuple[Finding, ...],
    *,
    engines: tuple[EngineRun, ...],
    errors: tuple[str, ...],
    switches: Mapping[str, Switch] | None = None,
) -> Judgement:
    """Return the verdict; malicious evidence outranks a gap, so that a broken file cannot soften it.

    `switches` are those of switches.toml unless others are given.
    """
    in_force = load_switches() if switches is None else switches
    counted = tuple(finding for finding in findings if counts(finding, switches=in_force))
    score, lines = add_up(counted)
    conclusive = find_conclusive(counted)
    gaps = find_gaps(findings, engines=engines, errors=errors, switches=in_force)
    if conclusive:
        verdict = Verdict.MALICIOUS
    elif gaps:
        verdict = Verdict.INCOMPLETE
    elif score >= SUSPICIOUS_SCORE:
        verdict = Verdict.SUSPICIOUS
    else:
        verdict = Verdict.CLEAN
    if shadow := len(findings) - len(counted):
        lines.append(f"0 for {shadow} findings of engines that are not enforced")
    lines.append(f"score {score} (suspicious from {SUSPICIOUS_SCORE})")
    return Judgement(verdict=verdict, score=score, explanation=(*lines, *conclusive, *gaps, f"verdict {verdict}"))


def counts(finding: Finding, *, switches: Mapping[str, Switch]) -> bool:
    """Say whether a finding weighs: its engine is enforced, or it comes from the unpacking that always is."""
    switch = switches.get(finding.engine)
    return switch is None or switch.is_enforced


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
    """Return why the findings prove intent: one conclusive chain, or a grave and a strong technique in one file."""
    reasons = [
        f"conclusive: {finding.rule_id} at {finding.path}:{finding.line}" for finding in findings if finding.conclusive
    ]
    points: dict[str, dict[str, int]] = {}
    for finding in findings:
        if finding.technique != UNREAD_TECHNIQUE:
            techniques = points.setdefault(finding.path, {})
            techniques[finding.technique] = max(points_of(finding), techniques.get(finding.technique, 0))
    for path, techniques in sorted(points.items()):
        strong = sorted(name for name, weight in techniques.items() if weight >= STRONG_SCORE)
        brought = sorted(name for name, weight in techniques.items() if weight >= ACTING_SCORE and name in BRINGING)
        if len(strong) > 1 and max(techniques.values()) >= GRAVE_SCORE:
            reasons.append(f"conclusive together in {path or 'the plugin'}: {', '.join(strong)}")
        elif brought and STAYING in strong:
            reasons.append(f"conclusive because it stays in {path or 'the plugin'}: {STAYING}, {', '.join(brought)}")
        elif hidden := find_hidden_act(techniques):
            reasons.append(f"conclusive because hidden in {path or 'the plugin'}: {', '.join(hidden)}")
    return sorted(set(reasons))


def find_hidden_act(techniques: Mapping[str, int]) -> list[str]:
    """Return the heaviest technique that hides and the heaviest that acts when they conclude together."""
    hides = max(((weight, name) for name, weight in techniques.items() if name in HIDING), default=(0, ""))
    acts = max(((weight, name) for name, weight in techniques.items() if name in ACTING), default=(0, ""))
    concludes = hides[0] >= HIDDEN_SCORE and acts[0] >= ACTING_SCORE and hides[0] + acts[0] >= HIDING_SUM
    return [hides[1], acts[1]] if concludes else []


def find_gaps(
    findings: tuple[Finding, ...],
    *,
    engines: tuple[EngineRun, ...],
    errors: tuple[str, ...],
    switches: Mapping[str, Switch],
) -> list[str]:
    """Return everything that was not looked at; one entry is enough to need a person."""
    gaps = [f"incomplete: {error}" for error in errors]
    gaps += [
        f"incomplete: engine {engine.name} {engine.state}"
        for engine in engines
        if (engine.state is not EngineState.OK or engine.errors) and is_required(engine.name, switches=switches)
    ]
    gaps += [
        f"incomplete: {finding.path or 'the archive'} cannot be read ({finding.rule_id})"
        for finding in findings
        if finding.technique == UNREAD_TECHNIQUE
    ]
    ran = {engine.name for engine in engines}
    gaps += [
        f"incomplete: engine {name} did not run"
        for name, switch in sorted(switches.items())
        if switch.is_required and name not in ran
    ]
    return sorted(set(gaps))


def is_required(name: str, *, switches: Mapping[str, Switch]) -> bool:
    """Say whether a scan needs this engine's whole work; one that no switch knows is needed."""
    switch = switches.get(name)
    return switch is None or switch.is_required


def worst_of(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of several verdicts; of none, incomplete."""
    return max(verdicts, key=SEVERITY_ORDER.index, default=Verdict.INCOMPLETE)
