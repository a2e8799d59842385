"""Takes people out of a proof bundle: `python -m governance.takedowns.redact bundle.zip -o redacted.zip`
Needs no key: what is left verifies under the same signature. Exits 0, or 64 when the bundle cannot be read."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from governance.takedowns.bundle import redact_data, write_atomically
from governance.takedowns.verify import MISUSE, read_bundle_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the redacted bundle; return the exit code."""
    options = argparse.ArgumentParser(
        prog="python -m governance.takedowns.redact", description="Take the people out of a takedown's proof bundle."
    )
    options.add_argument("bundle", type=Path)
    options.add_argument("-o", "--output", type=Path, required=True)
    chosen = options.parse_args(arguments)
    try:
        write_atomically(chosen.output, data=redact_data(read_bundle_file(chosen.bundle)))
    except (OSError, OverflowError, ValueError) as error:
        sys.stderr.write(f"the bundle cannot be redacted: {error}\n")
        return MISUSE
    sys.stdout.write(f"written: {chosen.output}; it names nobody and verifies as before\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
