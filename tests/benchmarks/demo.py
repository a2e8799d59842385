"""Bench `demo`: the whole story as a person starts it, dependencies installed: its time, and its memory at rest."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from governance.stack.paths import CHECKOUT
from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.memory import LIMIT_MB

LIMIT_SECONDS = 90.0
PATIENCE_SECONDS = 600


def run_demo(var: Path) -> list[Figure]:
    """Play the story in `var`; raises CalledProcessError when it does not hold."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "governance.demo", "--json"],
        cwd=CHECKOUT,
        env={**os.environ, "NEXUS_VAR": str(var)},
        stdout=subprocess.PIPE,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    seconds = time.perf_counter() - began
    facts = json.loads(done.stdout.splitlines()[-1])
    return [
        compare("demo", metric="time", value=seconds, unit="s", against=("limit", LIMIT_SECONDS), target=1.0),
        compare(
            "demo",
            metric="idle after all the work",
            value=facts["memory_mb"],
            unit="MB",
            against=("limit", LIMIT_MB),
            target=1.0,
        ),
    ]
