"""`python -m scanners PATH...`: scan artifacts and folders, and say what was found, to a person or to a program.

Needs no database and no settings. The exit code is the worst verdict of all paths.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from scanners.cache import Cache, DirectoryCache, NoCache
from scanners.printing import make_visible, print_report
from scanners.report import EXIT_CODES, ScanReport
from scanners.sandbox_status import sandbox_status
from scanners.sarif import to_sarif
from scanners.scan import Options, scan_artifacts
from scanners.switches import ENGINES
from scanners.verdict import worst_of

USAGE_EXIT = 64  # EX_USAGE of sysexits.h


class UsageParser(argparse.ArgumentParser):
    """Ends with 64 where argparse would end with 2, which here means malicious."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_EXIT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan what is named and return the exit code."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.sandbox_status:
        return print_status()
    if not options.paths:
        parser.error("name at least one archive or folder")
    for path in options.paths:
        if not path.exists():
            parser.error(f"{path}: no such file or folder")
    reports = scan_artifacts(
        options.paths,
        options=Options(needs_manifest=not options.no_manifest, without=frozenset(options.without)),
        workers=options.jobs,
        cache=choose_cache(options.cache),
    )
    try:
        return say(follow(zip(options.paths, reports, strict=True), total=len(options.paths)), options=options)
    except OSError as error:
        parser.error(f"{error.filename or 'input'}: {error.strerror or error}")


def print_status() -> int:
    """Print the layers that contain a scan and what was tried against them; returns 0 when all of it was blocked."""
    status = sandbox_status()
    for layer in status.layers:
        sys.stdout.write(f"{layer.label}: {'in force' if layer.is_in_force else f'not in force, {layer.detail}'}\n")
    for probe in status.probes:
        sys.stdout.write(
            f"  {'blocked' if probe.is_blocked else 'GOT THROUGH'}: {probe.name}  {make_visible(probe.detail)}\n"
        )
    sys.stdout.write(f"{status.blocked} of {len(status.probes)} probes blocked\n")
    if status.refusal:
        sys.stdout.write(f"hostile input is not read here: {status.refusal}\n")
    return 0 if status.probes and status.blocked == len(status.probes) else 1


def make_parser() -> UsageParser:
    """Return the parser of the command line."""
    parser = UsageParser(
        prog="python -m scanners", description="Scan plugin archives (.zip, .nxp, .whl, .tar.gz) and unpacked folders."
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="an archive or a folder to scan")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object a path, each on one line")
    shape.add_argument("--sarif", action="store_true", help="print one SARIF 2.1.0 log of all paths")
    parser.add_argument(
        "--no-manifest", action="store_true", help="judge code alone: no manifest is expected or compared with"
    )
    parser.add_argument("--jobs", metavar="N", type=read_count, default=1, help="paths looked at at a time (default 1)")
    parser.add_argument("--cache", metavar="FOLDER", type=Path, help="keep results there and use them again")
    parser.add_argument(
        "--without", metavar="ENGINE", action="append", default=[], choices=ENGINES,
        help="leave an engine out, to see what it adds; the verdict no longer waits for it",
    )  # fmt: skip
    parser.add_argument("--sandbox-status", action="store_true", help="print which layers contain a scan, and end")
    return parser


def read_count(text: str) -> int:
    """Return a number of workers; raises ArgumentTypeError."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")
    return int(text)


def choose_cache(folder: Path | None) -> Cache:
    """Return the cache in a folder, or none."""
    return NoCache() if folder is None else DirectoryCache(folder)


def follow(pairs: Iterable[tuple[Path, ScanReport]], *, total: int) -> Iterator[tuple[Path, ScanReport]]:
    """Pass the reports on while a bar on the terminal grows; no bar for one path, or where nobody watches."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True, disable=total < 2 or not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        line = bar.add_task("scanning", total=total)
        for pair in pairs:
            yield pair
            bar.advance(line)


def say(pairs: Iterable[tuple[Path, ScanReport]], *, options: argparse.Namespace) -> int:
    """Print every report in the chosen shape and return the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    verdicts, kept = [], []
    for path, report in pairs:
        verdicts.append(report.verdict)
        if options.sarif:
            kept.append((str(path), report))
        elif options.json:
            sys.stdout.write(json.dumps(summarise(report, path=path)) + "\n")
            sys.stdout.flush()
        else:
            print_report(report, path=path, console=console)
    if options.sarif:
        sys.stdout.write(json.dumps(to_sarif(kept)) + "\n")
    return EXIT_CODES[worst_of(verdicts)]


def summarise(report: ScanReport, *, path: Path) -> dict[str, Any]:
    """Return what `--json` prints for one path."""
    fields = report.to_dict()
    return {
        "path": str(path),
        "verdict": report.verdict,
        "score": report.score,
        "findings": [
            {
                "rule_id": finding.rule_id,
                "engine": finding.engine,
                "severity": finding.severity,
                "path": finding.path,
                "line": finding.line,
            }
            for finding in report.findings
        ],
        "engines": fields["engines"],
        "errors": list(report.errors),
        "seconds": round(report.seconds, 3),
        "explanation": list(report.explanation),
        "capabilities": fields["capabilities"],
        "sandbox": list(report.sandbox),
        "artifact_sha256": report.artifact_sha256,
        "ruleset_digest": report.ruleset_digest,
    }


if __name__ == "__main__":
    sys.exit(main())
