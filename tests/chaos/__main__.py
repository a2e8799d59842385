"""`python -m tests.chaos [NAME ...] [--kills N] [--seed N]`: strikes real processes down and counts what is lost.

Each fault prints one JSON object; exit 1 when one of them found a promise broken."""

import argparse
import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

import django

django.setup()

from tests.chaos.notices import strike_deliveries  # noqa: E402  it needs Django to be set up

FAULTS = {"notices": strike_deliveries}


def main() -> int:
    """Cause the faults that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(FAULTS)}; all without any")
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(FAULTS)
    if unknown:
        parser.error(f"no fault is called {', '.join(sorted(unknown))}")
    is_broken = False
    for name in chosen.names or FAULTS:
        found = FAULTS[name](kills=chosen.kills, seed=chosen.seed)
        print(json.dumps({"fault": name, **found}), flush=True)
        is_broken = is_broken or not found["holds"]
    return 1 if is_broken else 0


if __name__ == "__main__":
    sys.exit(main())
