"""Bench `notices`: delivered to a mail server that takes everything, beside a bare loop with one reused connection.

Each of ours is claimed, rendered and durably recorded before the next is sent; the second floor records too."""

import json
import os
import subprocess
import sys
from pathlib import Path

from governance.stack.paths import CHECKOUT
from governance.stack.supervisor import Servers
from tests.benchmarks.figures import Figure, compare

NOTICES = 2_000
BARE = "bare loop"
RECORDED = "bare loop, one durable row an answer"
START = "import django; django.setup(); from tests.benchmarks.notices_driver import main; main()"


def run_notices(var: Path) -> list[Figure]:
    """Measure on servers of its own in `var`."""
    with Servers(var, {**os.environ, "NEXUS_VAR": str(var)}) as servers:
        environment = {**servers.environment(), "DJANGO_SETTINGS_MODULE": "governance.settings"}
        command = [sys.executable, "-c", START, "--notices", str(NOTICES)]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            check=True,
        )  # fmt: skip
    found: dict[str, float] = {name: seconds * 1_000 for name, seconds in json.loads(done.stdout).items()}
    one = found["one_process"]
    return [
        _compare("three processes", value=found["processes"], against=(BARE, found["bare"]), target=8.0),
        _compare("one process", value=one, against=(BARE, found["bare"]), target=15.0),
        _compare("one process, recorded", value=one, against=(RECORDED, found["recorded"]), target=3.5),
        _compare("claim", value=found["claims"], against=("one process", one), target=0.2),
    ]


def _compare(metric: str, *, value: float, against: tuple[str, float], target: float) -> Figure:
    return compare("notices", metric=metric, value=value, unit="ms", against=against, target=target)
