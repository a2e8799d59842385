"""The engines that look at one artifact inside its sandboxed process, one after the other, and how each one did.

Results of engines that judge file by file are used again for equal files; an engine with an error keeps nothing.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from scanners.engines.bandit import run_bandit
from scanners.engines.dependencies import run_dependencies
from scanners.engines.prompts import run_prompts
from scanners.engines.secrets import run_secrets
from scanners.engines.texts import run_texts
from scanners.engines.yara import run_yara
from scanners.report import Finding, finding_from_dict
from scanners.sources import Reading, Source, Sources

EngineCall = Callable[[Sources], Reading]


@dataclass(frozen=True, slots=True)
class Step:
    """One engine; `is_per_file` says that what it says of a file depends on nothing but that file."""

    name: str
    call: EngineCall
    is_per_file: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What one engine said, in wall seconds, and what of it may be kept: per file its findings as JSON-ready values."""

    name: str
    reading: Reading
    seconds: float
    kept: dict[str, list[dict[str, Any]]]


PER_FILE: Final = (
    Step("bandit", run_bandit, is_per_file=True),
    Step("yara", run_yara, is_per_file=True),
    Step("secrets", run_secrets, is_per_file=True),
    Step("texts", run_texts, is_per_file=True),
)
PER_PLUGIN: Final = (
    Step("prompts", run_prompts, is_per_file=False),
    Step("dependencies", run_dependencies, is_per_file=False),
)


def take_step(step: Step, *, sources: Sources, known: Mapping[str, list[dict[str, Any]]]) -> Done:
    """Run one engine over what is not known yet; `known` maps `key_of` a file to its kept findings."""
    started = time.monotonic()
    if not step.is_per_file:
        reading = step.call(sources)
        return Done(step.name, reading, time.monotonic() - started, {})
    fresh = Sources(
        files=tuple(file for file in sources.files if key_of(file) not in known),
        declared=sources.declared,
        facts=sources.facts,
    )
    reading = step.call(fresh)
    old = [file for file in sources.files if key_of(file) in known]
    findings = [restore(item, file=file) for file in old for item in known[key_of(file)]]
    whole = Reading(
        findings=(*reading.findings, *findings),
        read=reading.read | {file.path for file in old},
        errors=reading.errors,
    )
    return Done(
        step.name, whole, time.monotonic() - started, {} if reading.errors else keep(reading, files=fresh.files)
    )


def key_of(file: Source) -> str:
    """Return what decides an engine's word on a file beside its bytes: where it stands and what it is taken for."""
    return f"{file.sha256}:{file.kind}:{int(file.is_guess)}:{file.base_line}:{file.path}"


def keep(reading: Reading, *, files: Collection[Source]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings of each file, ready to be stored; of files with one path only when there is one of them."""
    by_path: dict[str, list[Finding]] = {}
    for finding in reading.findings:
        by_path.setdefault(finding.path, []).append(finding)
    paths = [file.path for file in files]
    return {
        key_of(file): [asdict(finding) for finding in by_path.get(file.path, ())]
        for file in files
        if paths.count(file.path) == 1
    }


def restore(item: dict[str, Any], *, file: Source) -> Finding:
    """Return a kept finding at the file's place; raises KeyError or ValueError for one that is damaged."""
    return finding_from_dict({**item, "path": file.path})
