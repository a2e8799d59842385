"""The straight line of a scan: unpack, take the inventory, run the engines, judge.

Answers every hostile input with a report. Raises only when the artifact itself cannot be opened by us.
"""

import tempfile
import time
from pathlib import Path

from scanners import limits
from scanners.archive import Tree, hash_artifact, unpack
from scanners.engines import Engine, EngineResult
from scanners.engines.bandit import run_bandit
from scanners.engines.semgrep import run_semgrep
from scanners.engines.sources import read_sources
from scanners.errors import ArchiveRefused
from scanners.folder import hash_tree, read_folder
from scanners.inventory import find_unaccounted, take_inventory
from scanners.report import FileRecord, Finding, ScanReport
from scanners.rules import load_rules, ruleset_digest
from scanners.verdict import judge

ENGINES: tuple[Engine, ...] = (run_bandit, run_semgrep)


def scan_artifact(
    path: Path, *, deadline_seconds: float | None = None, engines: tuple[Engine, ...] = ENGINES
) -> ScanReport:
    """Scan one artifact, or an unpacked folder, within `deadline_seconds` of wall clock (the engine's own when None).

    `engines` are the tools that read the staged sources; our own reading of them comes first and always.
    Raises OSError when the file cannot be read or our disk is full, and RulesInvalid when our own rules are broken.
    """
    started = time.monotonic()
    seconds = limits.SCAN_SECONDS if deadline_seconds is None else min(deadline_seconds, limits.SCAN_SECONDS)
    digest = "" if path.is_dir() else hash_artifact(path)
    with tempfile.TemporaryDirectory(prefix="scan-", ignore_cleanup_errors=True) as folder:
        try:
            tree = open_tree(path, into=make_folder(Path(folder) / "members"))
        except ArchiveRefused as refused:
            return refuse(path, refused=refused, digest=digest, seconds=time.monotonic() - started)
        findings, records, results = look(tree, scratch=Path(folder), deadline=started + seconds, engines=engines)
    runs = tuple(result.run for result in results)
    errors = tuple(f"tree: {error}" for error in tree.errors)
    errors += tuple(f"{run.name}: {error}" for run in runs for error in run.errors)
    judgement = judge(findings, engines=runs, errors=errors)
    return ScanReport(
        artifact_sha256=digest or hash_tree(tree),
        verdict=judgement.verdict,
        score=judgement.score,
        explanation=judgement.explanation,
        findings=findings,
        files=records,
        engines=runs,
        errors=errors,
        ruleset_digest=ruleset_digest(),
        seconds=time.monotonic() - started,
    )


def open_tree(path: Path, *, into: Path) -> Tree:
    """Return the files of an artifact or of a folder; raises ArchiveRefused, and OSError when it cannot be read."""
    return read_folder(path, into=into) if path.is_dir() else unpack(path, into=into)


def look(
    tree: Tree, *, scratch: Path, deadline: float, engines: tuple[Engine, ...]
) -> tuple[tuple[Finding, ...], tuple[FileRecord, ...], tuple[EngineResult, ...]]:
    """Return findings, files and engine results of an artifact."""
    records = take_inventory(tree)
    unaccounted = find_unaccounted(tree, records=records)
    stage, records, sources = read_sources(
        tree,
        records=records,
        scratch=make_folder(scratch / "sources"),
        seconds=seconds_left(deadline),
    )
    results = [sources]
    for number, engine in enumerate(engines):
        # A folder each: no engine reads or overwrites what another one wrote.
        folder = make_folder(scratch / f"engine{number}")
        results.append(engine(stage, scratch=folder, seconds=seconds_left(deadline)))
    findings = [*unaccounted, *(finding for result in results for finding in result.findings)]
    findings.sort(key=lambda item: (item.path, item.line, item.rule_id, item.end_line, item.snippet))
    return tuple(findings), records, tuple(results)


def make_folder(path: Path) -> Path:
    """Make a private folder and return it."""
    path.mkdir(mode=0o700)
    return path


def seconds_left(deadline: float) -> float:
    """Return the wall seconds one engine may take; 0 ends it at once, and the scan as incomplete."""
    return max(0.0, min(limits.TOOL_SECONDS, deadline - time.monotonic()))


def refuse(path: Path, *, refused: ArchiveRefused, digest: str, seconds: float) -> ScanReport:
    """Return the report on an archive that was not opened.

    The verdict is incomplete, not malicious: nothing inside was looked at, so nothing about intent is proven. The
    finding says how grave it is: what only a forger writes is critical.
    """
    detail = refused.detail[: limits.SNIPPET_CHARACTERS]
    finding = load_rules()[refused.rule_id].make_finding(path="", line=0, snippet=detail)
    errors = (f"archive: {refused.code}",)
    judgement = judge((finding,), engines=(), errors=errors)
    return ScanReport(
        artifact_sha256=digest,
        verdict=judgement.verdict,
        score=judgement.score,
        explanation=judgement.explanation,
        findings=(finding,),
        files=(),
        engines=(),
        errors=errors,
        ruleset_digest=ruleset_digest(),
        seconds=seconds,
    )
