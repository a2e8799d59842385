"""The engines that look at one artifact inside its sandboxed process, one after the other, and how each one did.

What an engine said of a file, or of a whole tree, is used again for the same one; with an error it keeps nothing.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
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
Kept = dict[str, list[Any]]  # findings as JSON-ready values, by file or tree
Known = Mapping[str, list[Any]]
Word = tuple[Reading, Kept]


class Scope(StrEnum):
    """What an engine's word depends on beside its rules, and so what it is kept under."""

    FILE = "file"
    TREE = "tree"  # all files of the tree and what they declare
    NONE = "none"  # on more than that, or it is cheaper made anew


@dataclass(frozen=True, slots=True)
class Step:
    """One engine, and what its word depends on."""

    name: str
    call: EngineCall
    scope: Scope


@dataclass(frozen=True, slots=True)
class Done:
    """What one engine said, in wall seconds, and what of it may be kept: by what it is kept under."""

    name: str
    reading: Reading
    seconds: float
    kept: Kept


PER_FILE: Final = (
    Step("bandit", run_bandit, Scope.FILE),
    Step("yara", run_yara, Scope.FILE),
    Step("secrets", run_secrets, Scope.FILE),
    Step("texts", run_texts, Scope.FILE),
)
PER_PLUGIN: Final = (
    Step("prompts", run_prompts, Scope.TREE),
    Step("dependencies", run_dependencies, Scope.NONE),
)


def take_step(step: Step, *, sources: Sources, tree: str, known: Known) -> Done:
    """Run one engine over what is not known yet; `known` maps `key_of` a file, or the tree's name, to kept findings."""
    started = time.monotonic()
    take = {Scope.FILE: take_by_file, Scope.TREE: take_by_tree, Scope.NONE: take_anew}[step.scope]
    reading, kept = take(step, sources=sources, tree=tree, known=known)
    return Done(step.name, reading, time.monotonic() - started, {} if reading.errors else kept)


def take_anew(step: Step, *, sources: Sources, tree: str, known: Known) -> Word:
    """Run an engine whose word is not kept."""
    return step.call(sources), {}


def take_by_tree(step: Step, *, sources: Sources, tree: str, known: Known) -> Word:
    """Run an engine over a tree, or repeat what it said of it; every text counts as read either way."""
    if tree not in known:
        reading = step.call(sources)
        return reading, {tree: [asdict(finding) for finding in reading.findings]}
    read = frozenset(file.path for file in sources.files if file.text is not None)
    return Reading(findings=tuple(map(finding_from_dict, known[tree])), read=read), {}


def take_by_file(step: Step, *, sources: Sources, tree: str, known: Known) -> Word:
    """Run an engine over the files that are not known, and repeat what it said of the others."""
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
    return whole, keep(reading, files=[file for file in fresh.files if file.path in reading.read])


def key_of(file: Source) -> str:
    """Return what decides an engine's word on a file beside its bytes: where it stands and what it is taken for."""
    return f"{file.sha256}:{file.kind}:{int(file.is_guess)}:{file.base_line}:{file.path}"


def keep(reading: Reading, *, files: Collection[Source]) -> Kept:
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
