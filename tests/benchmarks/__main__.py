"""`python -m tests.benchmarks [NAME ...] [--json]`: figures against a peer or a limit; exit 1 if one fails."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from governance.stack.paths import var_dir
from tests.benchmarks.bandit_driver import run_bandit_driver
from tests.benchmarks.demo import run_demo
from tests.benchmarks.feed import run_feed_poll, run_feed_push, run_feed_size
from tests.benchmarks.figures import Figure, print_figures
from tests.benchmarks.memory import run_memory
from tests.benchmarks.notices import run_notices
from tests.benchmarks.rescan import run_one_rule, run_rescan
from tests.benchmarks.scan import run_latency, run_scan_large, run_scan_memory, run_scan_small
from tests.benchmarks.submission import run_submission
from tests.benchmarks.takedown import run_takedown

BENCHES: Mapping[str, Callable[[Path], list[Figure]]] = {
    "submission": run_submission,
    "memory": run_memory,
    "demo": run_demo,
    "bandit_driver": run_bandit_driver,
    "scan_small": run_scan_small,
    "scan_large": run_scan_large,
    "rescan": run_rescan,
    "one_rule": run_one_rule,
    "scan_memory": run_scan_memory,
    "latency": run_latency,
    "feed_push": run_feed_push,
    "feed_poll": run_feed_poll,
    "feed_size": run_feed_size,
    "takedown": run_takedown,
    "notices": run_notices,
}


def main() -> int:
    """Run the benches that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; all without any")
    parser.add_argument("--json", action="store_true", help="print one JSON object a figure, each on one line")
    parser.add_argument("--installations", type=int, help="how large a takedown the bench of that name measures")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no bench is called {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in options.names or BENCHES:
        bench = BENCHES[name]
        if name == "takedown" and options.installations:
            bench = partial(run_takedown, installations=options.installations)
        found = bench(var_dir(os.environ) / "bench")
        figures += found
        if options.json:
            for figure in found:
                print(figure.to_json(), flush=True)
    if not options.json:
        print_figures(figures)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
