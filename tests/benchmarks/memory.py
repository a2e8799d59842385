"""Bench `memory`: what the whole embedded stack holds when it has started and nothing is asked of it."""

import os
from pathlib import Path

from governance.demo.stage import open_stage
from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.usage import wait_for_idle_memory

LIMIT_MB = 700.0
BYTES_A_MEGABYTE = 1_000_000


def run_memory(var: Path) -> list[Figure]:
    """Start the stack in `var` and measure its proportional set size once it is still."""
    with open_stage({**os.environ, "NEXUS_VAR": str(var)}) as stage:
        idle = wait_for_idle_memory(stage.stack) / BYTES_A_MEGABYTE
    return [compare("memory", metric="idle", value=idle, unit="MB", against=("limit", LIMIT_MB), target=1.0)]
