"""`python -m scanners PATH...`: scan artifacts and say what was found, to a person or to a program.

Needs no database and no settings. The exit code is the worst verdict of all paths.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scanners.report import EXIT_CODES, Finding, ScanReport, Severity, Verdict
from scanners.scan import scan_artifact
from scanners.verdict import worst_of

USAGE_EXIT = 64  # EX_USAGE of sysexits.h
COLOURS = {
    Verdict.CLEAN: "green",
    Verdict.SUSPICIOUS: "yellow",
    Verdict.MALICIOUS: "red",
    Verdict.INCOMPLETE: "magenta",
}
SEVERITIES = list(Severity)


class UsageParser(argparse.ArgumentParser):
    """Ends with 64 where argparse would end with 2, which here means malicious."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_EXIT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan the paths given on the command line; returns the exit code."""
    parser = UsageParser(prog="python -m scanners", description="Scan plugin archives (.zip, .nxp, .whl, .tar.gz).")
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="an archive to scan")
    parser.add_argument("--json", action="store_true", help="print one JSON object a path, each on one line")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    verdicts = []
    for path in options.paths:
        try:
            report = scan_artifact(path)
        except OSError as error:
            parser.error(f"{path}: {error.strerror or error}")
        if options.json:
            sys.stdout.write(json.dumps(summarise(report, path=path)) + "\n")
            sys.stdout.flush()
        else:
            print_report(report, path=path, console=console)
        verdicts.append(report.verdict)
    return EXIT_CODES[worst_of(verdicts)]


def summarise(report: ScanReport, *, path: Path) -> dict[str, Any]:
    """Return what `--json` prints for one path."""
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
        "engines": report.to_dict()["engines"],
        "errors": list(report.errors),
        "seconds": round(report.seconds, 3),
    }


def print_report(report: ScanReport, *, path: Path, console: Console) -> None:
    """Print one report for a person; plain text when the output is not a terminal."""
    colour = COLOURS[report.verdict]
    console.print(f"[bold]{escape(str(path))}[/]  [{colour} bold]{report.verdict}[/]  score {report.score}")
    shown = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    for finding in sorted(shown, key=lambda item: (-SEVERITIES.index(item.severity), item.path, item.line)):
        print_finding(finding, console=console)
    if hidden := len(report.findings) - len(shown):
        console.print(f"  and {hidden} for information")
    for line in report.explanation:
        console.print(f"  = {escape(make_visible(line))}")
    console.print(make_engine_table(report) if console.is_terminal else list_engines(report))
    console.print(f"  sha256 {report.artifact_sha256}, {len(report.files)} files, {report.seconds:.2f} s\n")


def print_finding(finding: Finding, *, console: Console) -> None:
    """Print where, what, why and what to do; names and code come from the plugin and are made harmless."""
    place = escape(make_visible(f"{finding.path}:{finding.line}" if finding.line else finding.path or "the archive"))
    console.print(f"  [bold]{finding.severity}[/] {place}  {escape(finding.title)} ({escape(finding.rule_id)})")
    if finding.snippet:
        console.print(f"      [dim]{escape(make_visible(finding.snippet))}[/]")
    console.print(f"      {escape(finding.why)} {escape(finding.fix)}")


def make_visible(text: str) -> str:
    """Return text in which terminal controls and invisible characters show as escapes."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def make_engine_table(report: ScanReport) -> Table:
    """Return the engines as a table."""
    table = Table("engine", "version", "state", "files read", "seconds", box=None, padding=(0, 2))
    for engine in report.engines:
        table.add_row(engine.name, engine.version, engine.state, str(engine.files_read), f"{engine.seconds:.2f}")
    return table


def list_engines(report: ScanReport) -> str:
    """Return the engines on one line."""
    return "  engines: " + ", ".join(
        f"{engine.name} {engine.version} {engine.state} ({engine.files_read} files)" for engine in report.engines
    )


if __name__ == "__main__":
    sys.exit(main())
