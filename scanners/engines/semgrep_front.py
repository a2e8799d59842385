"""The ways to call semgrep's analysis, cheapest first, and what a whole answer of each is.

The exit code says nothing about findings or gaps: version, coverage and the canaries decide whether it looked.
"""

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scanners import limits
from scanners.engines import UNREADABLE_ANSWER, check_run
from scanners.engines.hits import Hit
from scanners.engines.semgrep_plan import CANARIES, CANARY_RULE, Target, render_rules
from scanners.errors import ToolFailed
from scanners.sandbox import run_tool

VERSION = version("semgrep")
FIRST_NAME = "core"
SCAN_WORDS = (
    "--json", "--verbose", "--metrics", "off", "--disable-version-check", "--disable-nosem", "--no-git-ignore",
    "--x-ignore-semgrepignore-files", "--no-rewrite-rule-ids", "--max-target-bytes", "0", "--jobs", "1",
    "--timeout", str(limits.SEMGREP_RULE_SECONDS), "--timeout-threshold", "0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One way to start semgrep over the working folder: `make_argv` takes the rules' file and the targets' file."""

    name: str
    executable: Path
    make_argv: Callable[[Path, Path], list[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What semgrep says: hits and errors by target name, in the lines of the staged files; the targets it read."""

    hits: dict[str, tuple[Hit, ...]]
    errors: dict[str, tuple[str, ...]]
    scanned: frozenset[str]


@cache
def find_front_ends() -> tuple[FrontEnd, ...]:
    """Return the front ends of the installed wheel in the order they are tried; raises ToolFailed.

    The core's interface is private, so that its version is checked with each answer. The second is the same binary
    behind a documented command line. The third costs two seconds of imports.
    """
    binary = find_binary()
    return make_core(binary), make_experimental(binary), make_command(Path(sys.executable).with_name("pysemgrep"))


def make_core(binary: Path) -> FrontEnd:
    """Return the native binary, called directly."""
    return FrontEnd(name=FIRST_NAME, executable=binary, make_argv=list_core_words)


def make_experimental(binary: Path) -> FrontEnd:
    """Return the same binary under the name by which it becomes `semgrep scan --experimental`."""
    return FrontEnd(
        name="experimental",
        executable=binary,
        make_argv=lambda rules, _: ["osemgrep", "scan", "--experimental", "--config", str(rules), *SCAN_WORDS, "."],
    )


def make_command(script: Path) -> FrontEnd:
    """Return the plain `semgrep scan`, which is a Python program."""
    words = [sys.executable, "-P", "-s", "-B", "-X", "utf8", "-W", "ignore", str(script), "scan"]
    return FrontEnd(
        name="command",
        executable=Path(sys.executable),
        make_argv=lambda rules, _: [*words, "--config", str(rules), *SCAN_WORDS, "."],
    )


def list_core_words(rules: Path, targets: Path) -> list[str]:
    """Return the command line of the native binary; one process does not share its work, that costs twice as much."""
    return [
        "semgrep-core", "-rules", str(rules), "-targets", str(targets), "-json_nodots", "-j", "1", "-fast",
        "-timeout", str(limits.SEMGREP_RULE_SECONDS), "-timeout_threshold", "0",
        "-max_memory", str(limits.SEMGREP_MEMORY_MB),
    ]  # fmt: skip


@cache
def find_binary() -> Path:
    """Return the native binary inside the installed wheel; raises ToolFailed."""
    specification = importlib.util.find_spec("semgrep")
    origin = specification.origin if specification is not None else None
    binary = Path(origin).parent / "bin" / "semgrep-core" if origin else None
    if binary is None or not binary.is_file():
        raise ToolFailed("the semgrep binary is missing")
    return binary


def ask(front_end: FrontEnd, targets: Sequence[Target], *, folder: Path, scratch: Path, seconds: float) -> Answer:
    """Let one front end read the targets in `folder`, and the canaries with them, within `seconds` of wall clock.

    Raises ToolFailed for everything but a whole answer of the right version that names the canaries.
    """
    rules, listing = scratch / "rules.yml", scratch / "targets.json"
    rules.write_text(json.dumps(render_rules(targets)), encoding="utf-8")
    listing.write_text(json.dumps(list_targets([*CANARIES, *targets])), encoding="utf-8")
    run = run_tool(
        front_end.make_argv(rules, listing),
        scratch=scratch,
        folder=folder,
        seconds=seconds,
        executable=str(front_end.executable),
    )
    check_run(run, allowed=(0,))
    try:
        return parse_answer(json.loads(run.stdout), names={target.name for target in targets})
    except UNREADABLE_ANSWER as error:
        raise ToolFailed(f"unreadable answer ({type(error).__name__})") from error


def list_targets(targets: Sequence[Target]) -> list[Any]:
    """Return the targets as the core reads them."""
    return [
        "Targets",
        [
            [
                "CodeTarget",
                {
                    "path": {"fpath": target.name, "ppath": f"/{target.name}"},
                    "analyzer": target.language,
                    "products": ["sast"],
                },
            ]
            for target in targets
        ],
    ]


def parse_answer(answer: dict[str, Any], *, names: set[str]) -> Answer:
    """Return a semgrep answer as ours; raises ToolFailed, or LookupError and the like for a half one."""
    if answer["version"] != VERSION:
        raise ToolFailed(f"is of version {answer['version']!s:.20}, not {VERSION}")
    hits: dict[str, list[Hit]] = {}
    for item in answer["results"]:
        hit = Hit(str(item["check_id"]), int(item["start"]["line"]), int(item["end"]["line"]))
        hits.setdefault(clean_path(item["path"]), []).append(hit)
    for canary in CANARIES:
        if not any(hit.rule_id == CANARY_RULE for hit in hits.pop(canary.name, [])):
            raise ToolFailed(f"the canary in {canary.language} was not found")
    errors: dict[str, list[str]] = {}
    for item in [*answer["errors"], *answer["paths"].get("skipped", [])]:
        name, kind = read_error(item)
        if name not in names:
            # Not about a file of the batch, so about all of them.
            raise ToolFailed(f"run: {kind}")
        errors.setdefault(name, []).append(kind)
    return Answer(
        hits={name: tuple(items) for name, items in hits.items()},
        errors={name: tuple(items) for name, items in errors.items()},
        scanned=frozenset(clean_path(name) for name in answer["paths"]["scanned"]),
    )


def read_error(item: dict[str, Any]) -> tuple[str, str]:
    """Return the target and the kind of an error or a skipped file, in either front end's words."""
    if "reason" in item:
        return clean_path(item["path"]), "skipped"
    kind = item["error_type"] if "error_type" in item else item["type"]
    place = item.get("path") or (item.get("location") or {}).get("path", "")
    return clean_path(place), kind if isinstance(kind, str) else str(kind[0])


def clean_path(name: Any) -> str:
    """Return a target's name as we gave it."""
    return str(name).removeprefix("./")
