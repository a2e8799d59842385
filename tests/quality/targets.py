"""The promises a measurement is held to, and which alarms on benign artifacts somebody has explained.

A number without a target is no target: what could not be measured does not hold.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.quality.intervals import Share, measure_share
from tests.quality.measure import Outcome, count_verdicts
from tests.quality.permissions import Mutations

EXPLAINED: Final = Path(__file__).with_name("explained.toml")
ORDINARY_SUSPICIOUS: Final = 0.02
SYSTEM_SUSPICIOUS: Final = 0.075
RECALL_ALARMED: Final = 0.92
RECALL_MALICIOUS: Final = 0.75
DELETIONS_EXACT: Final = 0.99


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: the share that was measured, and the bound it must keep, from above or from below."""

    name: str
    share: Share
    bound: float
    is_upper: bool

    @property
    def holds(self) -> bool:
        """Say whether the measured share keeps the bound; nothing measured keeps none."""
        if not self.share.total:
            return False
        return self.share.value <= self.bound if self.is_upper else self.share.value >= self.bound


def check_benign(outcomes: Sequence[Outcome]) -> list[Target]:
    """Return the promises about benign artifacts, near misses of our own not counted among them."""
    every = count_verdicts("benign", outcomes)
    ordinary = count_verdicts(
        "ordinary", [o for o in outcomes if o.artifact.stratum.startswith(("installed", "ordinary"))]
    )
    system = count_verdicts("system", [o for o in outcomes if o.artifact.stratum.startswith("system")])
    return [
        Target("benign called malicious", every.malicious, 0.0, is_upper=True),
        Target("ordinary suspicious or worse", ordinary.alarmed, ORDINARY_SUSPICIOUS, is_upper=True),
        Target("bot, network and system suspicious or worse", system.alarmed, SYSTEM_SUSPICIOUS, is_upper=True),
    ]


def check_malicious(name: str, outcomes: Sequence[Outcome]) -> list[Target]:
    """Return the promises about malicious artifacts; one that is held as incomplete is not published either."""
    row = count_verdicts(name, outcomes)
    return [
        Target(f"{name} not clean", row.held, RECALL_ALARMED, is_upper=False),
        Target(f"{name} called malicious", row.malicious, RECALL_MALICIOUS, is_upper=False),
    ]


def check_samples(outcomes: Sequence[Outcome]) -> list[Target]:
    """Return the promises about our own samples: every positive is held, no near miss is called malicious."""
    positives = [outcome for outcome in outcomes if outcome.artifact.is_malicious]
    near_misses = [outcome for outcome in outcomes if not outcome.artifact.is_malicious]
    return [
        Target("own positives not clean", count_verdicts("", positives).held, 1.0, is_upper=False),
        Target("own near misses called malicious", count_verdicts("", near_misses).malicious, 0.0, is_upper=True),
    ]


def check_texts(outcomes: Sequence[Outcome]) -> list[Target]:
    """Return the promises about texts for a model: orders are held, honest texts full of their words are clean."""
    orders = [outcome for outcome in outcomes if outcome.artifact.is_malicious]
    honest = [outcome for outcome in outcomes if not outcome.artifact.is_malicious]
    return [
        Target("orders to a model not clean", count_verdicts("", orders).held, RECALL_ALARMED, is_upper=False),
        Target("trigger words not clean", count_verdicts("", honest).held, 0.0, is_upper=True),
    ]


def check_deletions(measured: Mutations) -> list[Target]:
    """Return the promises about manifests that lack one permission."""
    exact = sum(mutation.is_exact for mutation in measured.mutations)
    plugins = len({mutation.plugin for mutation in measured.mutations})
    return [
        Target(
            "deleted permissions found", measure_share(exact, len(measured.mutations)), DELETIONS_EXACT, is_upper=False
        ),
        Target("right manifests blamed", measure_share(len(measured.spurious), plugins), 0.0, is_upper=True),
    ]


def find_unexplained(outcomes: Iterable[Outcome]) -> tuple[list[tuple[Outcome, str]], list[Outcome]]:
    """Return the alarms that explained.toml gives a reason for, with it, and those without one."""
    reasons = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["explained"]
    explained, unexplained = [], []
    for outcome in outcomes:
        reason = explain(outcome, reasons=reasons)
        if reason is None:
            unexplained.append(outcome)
        else:
            explained.append((outcome, reason))
    return explained, unexplained


def explain(outcome: Outcome, *, reasons: dict[str, str]) -> str | None:
    """Return the reason written down for a name, whichever version and form of it was measured."""
    if outcome.is_native_only:
        return "holds compiled programs, which nobody can read here"
    name = outcome.artifact.name.casefold().replace("_", "-")
    matching = [known for known in reasons if name.startswith((f"{known}-", f"{known} ")) or name == known]
    return reasons[max(matching, key=len)] if matching else None
