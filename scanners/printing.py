"""Prints a report for a person: where, what, why, what to do, and the arithmetic of the verdict.

Everything a plugin wrote is made harmless first: names, code and evidence may hold terminal controls.
"""

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scanners.report import Finding, ScanReport, Severity, Verdict

COLOURS: Final = {
    Verdict.CLEAN: "green",
    Verdict.SUSPICIOUS: "yellow",
    Verdict.MALICIOUS: "red",
    Verdict.INCOMPLETE: "magenta",
}
SEVERITIES: Final = list(Severity)
SHOWN_CAPABILITY_DETAILS: Final = 4


def print_report(report: ScanReport, *, path: Path, console: Console) -> None:
    """Print one report; plain text when the output is not a terminal."""
    colour = COLOURS[report.verdict]
    console.print(
        f"[bold]{escape(make_visible(str(path)))}[/]  [{colour} bold]{report.verdict}[/]  score {report.score}"
    )
    shown = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    for finding in sorted(shown, key=lambda item: (-SEVERITIES.index(item.severity), item.path, item.line)):
        print_finding(finding, console=console)
    if hidden := len(report.findings) - len(shown):
        console.print(f"  and {hidden} for information")
    for capability in report.capabilities:
        details = ", ".join(capability.details[:SHOWN_CAPABILITY_DETAILS])
        console.print(
            f"  can {escape(make_visible(capability.name))}{': ' if details else ''}{escape(make_visible(details))}"
        )
    for line in report.explanation:
        console.print(f"  = {escape(make_visible(line))}")
    console.print(make_engine_table(report) if console.is_terminal else list_engines(report))
    console.print(f"  contained by {', '.join(report.sandbox) or 'nothing'}")
    console.print(f"  sha256 {report.artifact_sha256}, {len(report.files)} files, {report.seconds:.2f} s\n")


def print_finding(finding: Finding, *, console: Console) -> None:
    """Print one finding."""
    place = escape(make_visible(f"{finding.path}:{finding.line}" if finding.line else finding.path or "the archive"))
    console.print(f"  [bold]{finding.severity}[/] {place}  {escape(finding.title)} ({escape(finding.rule_id)})")
    if finding.snippet:
        console.print(f"      [dim]{escape(make_visible(finding.snippet))}[/]")
    for step in finding.trace:
        console.print(f"      [dim]- {escape(make_visible(step))}[/]")
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
