"""Tells the story as it happens, and what came of it: to a person in a terminal, or to a program as JSON.

Measures every step; decides nothing about whether one holds."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from governance.demo.errors import DemoError, StepFailed
from governance.demo.outcome import Outcome
from governance.stack.errors import StackError
from plugins.runtime.errors import RuntimeTrustError

BAR_CHARACTERS = 30


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: when it began, in seconds from the start, and how long it took."""

    name: str
    began: float
    seconds: float


@dataclass(slots=True)
class Narrator:
    """Prints each step and keeps its time; on a terminal one line stays in motion below what was said."""

    console: Console
    steps: list[Step] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _status: Status | None = None

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Time one step; whatever goes wrong in it becomes StepFailed with the step's name."""
        began = time.monotonic()
        self.console.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
        try:
            with self._motion(title):
                yield
        except (DemoError, StackError, RuntimeTrustError) as error:
            raise StepFailed(name, reason=error.code, detail=str(error)) from error
        except (OSError, LookupError, ValueError) as error:
            # An answer without a field it promises ends the story like any other step that does not hold.
            raise StepFailed(name, reason="broken", detail=f"{type(error).__name__}: {error}") from error
        ended = time.monotonic()
        self.steps.append(Step(name, round(began - self._started, 2), round(ended - began, 2)))
        self.say(f"{ended - began:.1f} s", style="dim")

    def say(self, text: str, *, style: str = "") -> None:
        """Print a line of the story, as it is: what others wrote cannot colour it."""
        self.console.print(f"  {text}", style=style, markup=False, soft_wrap=True)

    def move(self, text: str) -> None:
        """Change the line in motion; without a terminal nothing is printed."""
        if self._status is not None:
            self._status.update(escape(text))

    def elapsed(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self._started

    @contextmanager
    def _motion(self, title: str) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(escape(title)) as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None


def print_timeline(outcome: Outcome, *, narrator: Narrator, seconds: float) -> None:
    """Print the measured steps, what was proven, and where every artefact is."""
    table = Table("step", "began at", "took", "", box=None, padding=(0, 2), title="Timeline", title_justify="left")
    longest = max(step.seconds for step in narrator.steps)
    for step in narrator.steps:
        bar = "▪" * round(BAR_CHARACTERS * step.seconds / longest)
        table.add_row(step.name, f"{step.began:6.1f} s", f"{step.seconds:6.1f} s", bar)
    narrator.console.print(table)
    for line in _list_facts(outcome):
        narrator.say(line)
    for name, place in outcome.artefacts.items():
        narrator.say(f"{name:<9} {place}")
    narrator.console.print(f"[bold]Everything held, in {seconds:.1f} s.[/]", soft_wrap=True)


def _list_facts(outcome: Outcome) -> list[str]:
    counts, emergency = outcome.counts, outcome.emergency
    versions = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.versions.items())
    return [
        *(f"{name.replace('_', ' ')}: {took:.1f} s" for name, took in emergency.durations.items()),
        f"versions: {versions}; {counts.malicious_published} of {counts.malicious_submitted} malicious published",
        (
            f"bots: {emergency.bots_confirmed} of {emergency.bots_ordered} confirmed off,"
            f" {outcome.bots_switched_on} back on"
        ),
        f"notices: {emergency.notices_delivered} of {emergency.notices_queued} delivered, one a person",
        f"proof: {outcome.proof.verdict.partition(chr(10))[0]}",
        f"one bit flipped: {outcome.proof.refusal}",
        outcome.ledger,
        (
            f"memory of the whole stack, idle: {outcome.memory_mb:.0f} MB, {outcome.memory_started_mb:.0f} MB"
            " right after its start"
        ),
    ]


def print_failure(failure: StepFailed, *, console: Console) -> None:
    """Print which step did not hold, and why."""
    console.print(f"\n[bold red]{escape(failure.step)} did not hold[/] ({failure.reason})", soft_wrap=True)
    console.print(f"  {escape(failure.detail)}", soft_wrap=True, highlight=False)


def as_json(outcome: Outcome, *, narrator: Narrator, seconds: float) -> str:
    """The same facts as one JSON object on one line."""
    steps = [asdict(step) for step in narrator.steps]
    return json.dumps({"holds": True, **outcome.to_dict(), "seconds": round(seconds, 2), "steps": steps})


def failure_as_json(failure: StepFailed, *, narrator: Narrator, seconds: float) -> str:
    """A failure as one JSON object on one line."""
    facts: dict[str, Any] = {"step": failure.step, "code": failure.reason, "detail": failure.detail}
    steps = [asdict(step) for step in narrator.steps]
    return json.dumps({"holds": False, "failed": facts, "seconds": round(seconds, 2), "steps": steps})
