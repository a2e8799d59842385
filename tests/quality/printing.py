"""Prints what was measured, as tables for a person or as one JSON object a line for a program.

Decides nothing.
"""

import dataclasses
import json
import sys
from collections.abc import Iterable
from typing import Any

from tests.quality.intervals import Share
from tests.quality.measure import Outcome, Row
from tests.quality.targets import Target


def print_rows(title: str, rows: Iterable[Row], *, as_json: bool) -> None:
    """Print one table of verdicts."""
    if as_json:
        for row in rows:
            shares = {name: to_dict(getattr(row, name)) for name in ("malicious", "suspicious", "incomplete", "native")}
            say({"kind": "row", "table": title, "name": row.name, **shares, "held": to_dict(row.held)})
        return
    sys.stdout.write(f"\n{title}\n")
    for row in rows:
        sys.stdout.write(
            f"  {row.name:42.42} malicious {row.malicious!s:36} suspicious or worse {row.alarmed!s:36} "
            f"incomplete {row.incomplete.hits} (native alone {row.native.hits})\n"
        )


def print_outcome(outcome: Outcome, *, reason: str | None, as_json: bool) -> None:
    """Print one artifact that should have been judged otherwise, with its heaviest findings."""
    artifact, report = outcome.artifact, outcome.report
    findings = [
        f"{f.rule_id} ({f.engine}, {f.severity}/{f.confidence}) at {f.path}:{f.line}: {f.snippet[:100]}"
        for f in outcome.heaviest
    ]
    if as_json:
        fields = {"name": artifact.name, "stratum": artifact.stratum, "verdict": report.verdict, "score": report.score}
        say({"kind": "artifact", **fields, "findings": findings, "errors": list(report.errors), "reason": reason})
        return
    known = "" if reason is None else f" ({reason})"
    sys.stdout.write(f"  {report.verdict} {report.score}: {artifact.name} [{artifact.stratum}]{known}\n")
    for line in (*findings, *report.errors[:3]):
        sys.stdout.write(f"      {line}\n")


def print_targets(targets: Iterable[Target], *, as_json: bool) -> None:
    """Print the promises and whether they hold."""
    if not as_json:
        sys.stdout.write("\nTargets\n")
    for target in targets:
        if as_json:
            say({"kind": "target", "name": target.name, "share": to_dict(target.share), "bound": target.bound,
                 "is_upper": target.is_upper, "holds": target.holds})  # fmt: skip
        else:
            sign = "at most" if target.is_upper else "at least"
            answer = "yes" if target.holds else "no"
            sys.stdout.write(f"  {target.name:46} {target.share!s:36} {sign} {target.bound:.1%}: holds {answer}\n")


def to_dict(share: Share) -> dict[str, Any]:
    """Return a share as JSON-ready values."""
    return {**dataclasses.asdict(share), "value": share.value}


def say(fields: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()
