"""Engine `sources`: stages every source neutrally and looks at its syntax tree and text, in a child process.

Gives the other engines their input. A file it could not read is an error of the scan, never a gap.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from scanners import limits
from scanners.archive import Tree
from scanners.engines import (
    UNREADABLE_ANSWER,
    EngineResult,
    Stage,
    StagedFile,
    cap_findings,
    check_run,
    fail_engine,
    state_of,
)
from scanners.errors import ToolFailed
from scanners.report import EngineRun, EngineState, FileRecord, Finding, Kind
from scanners.rules import load_rules, ruleset_digest
from scanners.sandbox import ToolRun, run_python

NAME = "sources"
VERSION = f"1+python{sys.version_info.major}.{sys.version_info.minor}"
CHILD = "scanners.engines.sources_child"
READ_KINDS = frozenset([Kind.PYTHON, Kind.JAVASCRIPT, Kind.TEXT, Kind.SCRIPT, Kind.FOREIGN])


def read_sources(
    tree: Tree, *, records: tuple[FileRecord, ...], scratch: Path, seconds: float, module: str = CHILD
) -> tuple[Stage, tuple[FileRecord, ...], EngineResult]:
    """Return the stage for the other engines, the records with their kinds settled, and this engine's result."""
    staging = scratch / "stage"
    staging.mkdir(mode=0o700)
    empty = Stage(root=staging, files=())
    sources = [record for record in records if record.kind in (Kind.PYTHON, Kind.JAVASCRIPT)]
    if sum(record.size for record in sources) > limits.SOURCE_TOTAL_BYTES:
        return empty, records, fail(f"sources are over {limits.SOURCE_TOTAL_BYTES} bytes together")
    specification = scratch / "files.json"
    specification.write_text(json.dumps(list_inputs(tree, records=records)), encoding="utf-8")
    try:
        run = run_python(
            module, str(specification), str(staging),
            scratch=scratch, folder=staging, seconds=seconds, reads=[tree.root],
        )  # fmt: skip
        answer = parse_answer(run)
        stage = Stage(root=staging, files=tuple(parse_staged(item) for item in answer["staged"]))
        kinds = {path: Kind(kind) for path, kind in answer["kinds"].items()}
        findings = [parse_hit(item) for item in answer["hits"]]
        errors = [*answer["errors"], *missed_files(answer, records=records)]
    except ToolFailed as error:
        return empty, records, fail(error.detail, state=state_of(error))
    except UNREADABLE_ANSWER as error:
        return empty, records, fail(f"unreadable answer ({type(error).__name__})")
    settled = tuple(replace(record, kind=kinds.get(record.path, record.kind)) for record in records)
    engine_run = EngineRun(
        name=NAME,
        version=VERSION,
        ruleset_digest=ruleset_digest(),
        state=EngineState.FAILED if errors else EngineState.OK,
        files_read=len(answer["read"]),
        errors=tuple(sorted(errors)),
        seconds=run.seconds,
    )
    return stage, settled, EngineResult(findings=cap_findings(findings), run=engine_run)


def list_inputs(tree: Tree, *, records: tuple[FileRecord, ...]) -> list[dict[str, Any]]:
    """Return what the child is told about the files it may read."""
    stored = {file.path: file.stored for file in tree.files}
    return [
        {"path": record.path, "stored": str(stored[record.path]), "kind": record.kind, "size": record.size}
        for record in records
        if record.kind in READ_KINDS
    ]


def parse_answer(run: ToolRun) -> dict[str, Any]:
    """Return the child's answer; raises ToolFailed for anything but a whole one."""
    check_run(run, allowed=(0,))
    answer: dict[str, Any] = json.loads(run.stdout)
    if answer["is_canary_seen"] is not True:
        raise ToolFailed("the canary was not found")
    return answer


def missed_files(answer: dict[str, Any], *, records: tuple[FileRecord, ...]) -> list[str]:
    """Return an error for every source that the child neither read nor complained about."""
    read = set(answer["read"])
    named = {error.rpartition(": ")[0] for error in answer["errors"]}
    return [
        f"{record.path}: not read"
        for record in records
        if record.kind in (Kind.PYTHON, Kind.JAVASCRIPT) and record.path not in read | named
    ]


def parse_staged(item: dict[str, Any]) -> StagedFile:
    """Return one staged file; raises KeyError or ValueError."""
    return StagedFile(
        name=item["name"], path=item["path"], kind=Kind(item["kind"]), is_guess=bool(item["is_guess"]),
        lines=tuple(item["lines"]), is_parsed=item["kind"] == Kind.PYTHON,
    )  # fmt: skip


def parse_hit(item: dict[str, Any]) -> Finding:
    """Return one finding; raises KeyError for an unknown rule."""
    rule = load_rules()[item["rule_id"]]
    return rule.make_finding(path=item["path"], line=item["line"], end_line=item["end_line"], snippet=item["snippet"])


def fail(error: str, *, state: EngineState = EngineState.FAILED) -> EngineResult:
    """Return this engine's failure."""
    return fail_engine(NAME, version=VERSION, digest=ruleset_digest(), error=error, state=state)
