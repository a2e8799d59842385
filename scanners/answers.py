"""Reads what a confined process answered about an artifact, believing nothing that does not read as promised.

A half, wrong or lying answer is a look that failed, and a look that failed is an incomplete scan.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from scanners.engines import UNREADABLE_ANSWER, EngineResult, Stage, StagedFile
from scanners.report import Capability, EngineRun, EngineState, FileRecord, Finding, Kind, finding_from_dict
from scanners.rules import ruleset_digest
from scanners.warm_order import Answer, AnswerState

# Whose code does the looking; an engine without a line here is all ours.
LIBRARIES: Final = {"bandit": "bandit", "yara": "yara-x", "secrets": "detect-secrets"}
OWN_VERSION: Final = "2"
STATES: Final = {AnswerState.TIMED_OUT: "the look ran out of its time", AnswerState.CRASHED: "the look ended early"}


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found: findings of the unpacking, files, engine results, and the stage for semgrep."""

    findings: tuple[Finding, ...] = ()
    files: tuple[FileRecord, ...] = ()
    results: tuple[EngineResult, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    stage: Stage | None = None
    errors: tuple[str, ...] = ()
    refused: tuple[str, str] | None = None
    layers: tuple[str, ...] = ()
    kept: Mapping[str, Any] | None = None


def read_look(answer: Answer, *, scratch: Path) -> Looked:
    """Return what a look found, or the look that failed."""
    if answer.state is not AnswerState.OK or answer.value is None:
        reason = STATES.get(answer.state, "the look was refused")
        detail = f": {answer.detail}" if answer.detail else ""
        return Looked(errors=(f"scan: {reason}{detail}",), layers=answer.layers)
    try:
        return read_value(answer.value, scratch=scratch, layers=answer.layers)
    except UNREADABLE_ANSWER as error:
        return Looked(errors=(f"scan: unreadable answer ({type(error).__name__})",), layers=answer.layers)


def read_value(value: Mapping[str, Any], *, scratch: Path, layers: tuple[str, ...]) -> Looked:
    """Return what a look found; raises one of `UNREADABLE_ANSWER`."""
    if refused := value.get("refused"):
        return Looked(refused=(str(refused["code"]), str(refused["detail"])), layers=layers)
    stage = Stage(root=scratch / "stage", files=tuple(map(read_staged, value["staged"])))
    check_stage(stage)
    return Looked(
        findings=tuple(finding_from_dict(item) for item in value["findings"]),
        files=tuple(FileRecord(**{**item, "kind": Kind(item["kind"])}) for item in value["files"]),
        results=tuple(read_reading(item) for item in value["readings"]),
        capabilities=tuple(read_capability(item) for item in value["capabilities"]),
        stage=stage,
        errors=tuple(f"semgrep: {error}" for error in map(str, value["staging_errors"])),
        layers=layers,
        kept=value["keep"],
    )


def check_stage(stage: Stage) -> None:
    """Raise ValueError unless the stage is a plain folder and every staged file lies in it as a plain file.

    The process that wrote it has read hostile input: a link in place of a file would make us read what it points to.
    """
    try:
        is_plain = stat.S_ISDIR(stage.root.lstat().st_mode) and all(
            stat.S_ISREG(status.st_mode) and status.st_nlink == 1
            for status in ((stage.root / file.name).lstat() for file in stage.files)
        )
    except OSError as error:
        raise ValueError("a staged file is missing") from error
    if not is_plain:
        raise ValueError("a staged file is no plain file")


def read_staged(item: Mapping[str, Any]) -> StagedFile:
    """Return one staged file; raises KeyError or ValueError, also for a name that is not one of ours."""
    name = str(item["name"])
    if "/" in name or not name.startswith("m"):
        raise ValueError("a staged file with a name that is not ours")
    return StagedFile(
        name=name,
        path=str(item["path"]),
        kind=Kind(item["kind"]),
        is_guess=bool(item["is_guess"]),
        lines=tuple(int(line) for line in item["lines"]),
        acts=None if item["acts"] is None else frozenset(map(str, item["acts"])),
        is_parsed=bool(item["is_parsed"]),
    )


def read_reading(item: Mapping[str, Any]) -> EngineResult:
    """Return one engine's result; raises KeyError or ValueError."""
    name, errors = str(item["engine"]), tuple(map(str, item["errors"]))
    library = LIBRARIES.get(name)
    run = EngineRun(
        name=name,
        version=version(library) if library else OWN_VERSION,
        ruleset_digest=ruleset_digest(),
        state=EngineState.FAILED if errors else EngineState.OK,
        files_read=int(item["files_read"]),
        errors=errors,
        seconds=float(item["seconds"]),
    )
    return EngineResult(findings=tuple(finding_from_dict(finding) for finding in item["findings"]), run=run)


def read_capability(item: Mapping[str, Any]) -> Capability:
    """Return one capability; raises KeyError or TypeError."""
    return Capability(
        name=str(item["name"]),
        details=tuple(map(str, item["details"])),
        places=tuple(map(str, item["places"])),
        contexts=tuple(map(str, item["contexts"])),
    )
