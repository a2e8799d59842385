"""What every engine takes and gives: one stage of neutral files in, findings and an account of what was read out.

Holds no engine. An engine that raises is a fault; an engine that fails says so in its state.
"""

from dataclasses import dataclass
from pathlib import Path

from scanners import limits
from scanners.errors import ToolFailed, ToolTimedOut
from scanners.report import EngineRun, EngineState, Finding, Kind
from scanners.rules import Rule, load_rules
from scanners.sandbox import ToolRun

CANARY_STEM = "m000000"
# What reading a wrong, half or hostile answer of a tool can raise; each means that the tool has not looked.
UNREADABLE_ANSWER = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file under a neutral name; `lines` maps its lines (from 1) to the plugin's, empty when they agree.

    A guess is text that may or may not be code: it need not parse. `acts` are the acts and labels of the file's facts,
    None when no pass has looked for them. Unless an own pass `is_parsed` it, semgrep must parse it.
    """

    name: str
    path: str
    kind: Kind
    is_guess: bool
    lines: tuple[int, ...] = ()
    acts: frozenset[str] | None = None
    is_parsed: bool = False

    def line_in_plugin(self, line: int) -> int:
        """Return the plugin's line for a staged line."""
        if not self.lines or line < 1:
            return line
        return self.lines[min(line, len(self.lines)) - 1]


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder of staged files that the engines read, far from any checkout and any name the plugin chose."""

    root: Path
    files: tuple[StagedFile, ...]

    def of_kind(self, *kinds: Kind) -> tuple[StagedFile, ...]:
        """Return the staged files of these kinds."""
        return tuple(file for file in self.files if file.kind in kinds)


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What an engine found, and how it did."""

    findings: tuple[Finding, ...]
    run: EngineRun


def fail_engine(
    name: str, *, version: str, digest: str, error: str, seconds: float = 0.0, state: EngineState = EngineState.FAILED
) -> EngineResult:
    """Return the result of an engine that did not finish its work: no findings count, and the scan is incomplete."""
    run = EngineRun(
        name=name, version=version, ruleset_digest=digest, state=state, files_read=0, errors=(error,), seconds=seconds
    )
    return EngineResult(findings=(), run=run)


def quote_line(text_lines: list[str], line: int) -> str:
    """Return one line of a source as a snippet, shortened; empty when there is no such line."""
    if not 1 <= line <= len(text_lines):
        return ""
    return text_lines[line - 1].strip()[: limits.SNIPPET_CHARACTERS]


def cap_findings(findings: list[Finding]) -> tuple[Finding, ...]:
    """Drop doubles and all but the first few of one rule in one file; the order is by place."""
    counts: dict[tuple[str, str], int] = {}
    seen: set[tuple[str, str, int, str, str]] = set()
    kept = []
    for finding in sorted(findings, key=lambda item: (item.path, item.line, item.rule_id, item.snippet)):
        place = (finding.rule_id, finding.path, finding.line, finding.snippet, finding.title)
        group = (finding.rule_id, finding.path)
        if place in seen or counts.get(group, 0) >= limits.FINDINGS_PER_RULE_AND_FILE:
            continue
        seen.add(place)
        counts[group] = counts.get(group, 0) + 1
        kept.append(finding)
    return tuple(kept)


def select_rules(engine: str) -> dict[str, Rule]:
    """Return the rules of one engine by id."""
    return {rule.id: rule for rule in load_rules().values() if rule.engine == engine}


def check_run(run: ToolRun, *, allowed: tuple[int, ...]) -> None:
    """Raise ToolFailed unless the tool ended in time, by itself, with a known exit code and its whole answer."""
    if run.is_timed_out:
        raise ToolTimedOut("no answer within its time")
    if run.returncode not in allowed:
        raise ToolFailed(f"ended with {run.returncode}: {run.stderr[-200:]}")
    if run.is_output_cut:
        raise ToolFailed("answered with more than is read")


def state_of(error: ToolFailed) -> EngineState:
    """Return the state a failure leaves an engine in."""
    return EngineState.TIMED_OUT if isinstance(error, ToolTimedOut) else EngineState.FAILED


def find_missed(staged: tuple[StagedFile, ...], *, read: set[str]) -> list[str]:
    """Return an error for every staged file that a tool does not say it read."""
    return [f"{file.path}: not read" for file in staged if file.name not in read]
