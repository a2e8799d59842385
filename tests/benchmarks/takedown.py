"""Bench `takedown`: from the click to every order and notice written, beside the bare SQL that writes the same rows.

And what others notice meanwhile: submissions, and a takedown of ten."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from governance.stack.paths import CHECKOUT
from governance.stack.supervisor import Servers
from tests.benchmarks.figures import Figure, compare

INSTALLATIONS = 50_000
ROUNDS = 2
SETTLED_BY_ONE_ROUND = 500_000
BARE = "bare SQL, same rows"
START = "import django; django.setup(); from tests.benchmarks.takedown_driver import main; main()"


def run_takedown(var: Path, installations: int = INSTALLATIONS) -> list[Figure]:
    """Measure on servers of its own in `var`."""
    found = _drive(var, installations=installations)
    size = f"{found['installations']:,} installations"
    return [
        _compare(f"{size}: all written", value=found["seconds"], against=(BARE, found["bare_seconds"]), target=1.5),
        _compare(
            f"{size}: block in force",
            value=found["in_force_seconds"],
            against=("all written", found["seconds"]),
            target=0.5,
        ),
        compare(
            "takedown",
            metric=f"{size}: memory of the process",
            value=max(found["memory_growth_mb"], 0.1),
            unit="MB",
            against=("limit", 20.0),
            target=1.0,
        ),
        _compare(
            "submission meanwhile",
            value=found["submission_during"],
            against=("alone", found["submission_alone"]),
            target=3.0,
        ),
        _compare(
            "takedown of ten meanwhile", value=found["few_during"], against=("alone", found["few_alone"]), target=5.0
        ),
    ]


def _compare(metric: str, *, value: float, against: tuple[str, float], target: float) -> Figure:
    return compare("takedown", metric=metric, value=value, unit="s", against=against, target=target)


def _drive(var: Path, *, installations: int) -> dict[str, Any]:
    rounds = ROUNDS if installations < SETTLED_BY_ONE_ROUND else 1
    command = [sys.executable, "-c", START, "--installations", str(installations), "--rounds", str(rounds)]
    with Servers(var, {**os.environ, "NEXUS_VAR": str(var)}) as servers:
        environment = {**servers.environment(), "DJANGO_SETTINGS_MODULE": "governance.settings"}
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured
