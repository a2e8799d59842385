"""`python -m tests.fuzz [--archives N] [--files N] [--seed S]`: the long run; exit 1 with the number that fails."""

import argparse
import time
from collections import Counter
from collections.abc import Callable

from tests.fuzz.targets import fuzz_archives, fuzz_files


def main() -> int:
    """Run as many inputs as asked for and print what became of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--archives", type=int, default=20_000, metavar="N", help="changed archives")
    parser.add_argument("--files", type=int, default=20_000, metavar="N", help="changed sources and data files")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="number of the first input")
    options = parser.parse_args()
    runs: tuple[tuple[str, Callable[[range], Counter[str]], int], ...] = (
        ("archives", fuzz_archives, options.archives),
        ("files", fuzz_files, options.files),
    )
    for name, fuzz, count in runs:
        started = time.monotonic()
        outcomes = fuzz(range(options.seed, options.seed + count))
        print(f"{name}: {count} in {time.monotonic() - started:.0f} s, from {options.seed}")
        for outcome, times in outcomes.most_common():
            print(f"  {times:8} {outcome}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
