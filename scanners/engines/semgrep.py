"""Engine `semgrep`: our rules over the staged Python and JavaScript, by the native binary the wheel brings.

Its own exit code says nothing about findings or gaps: coverage, errors and a canary decide whether it looked.
"""

import importlib.util
import json
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scanners import limits
from scanners.engines import (
    CANARY_STEM,
    UNREADABLE_ANSWER,
    EngineResult,
    Stage,
    StagedFile,
    cap_findings,
    check_run,
    fail_engine,
    find_missed,
    quote_line,
    select_rules,
    state_of,
)
from scanners.errors import ToolFailed
from scanners.report import EngineRun, EngineState, Finding, Kind
from scanners.rules import ruleset_digest
from scanners.sandbox import ToolRun, run_tool

NAME = "semgrep"
VERSION = version("semgrep")
PARSE_ERRORS = frozenset(["PartialParsing", "Syntax error", "Lexical error", "Other syntax error"])
CANARIES = {
    f"{CANARY_STEM}.py": ("decode-execute-python", "import base64\nexec(base64.b64decode(canary))\n"),
    f"{CANARY_STEM}.js": ("decode-execute-javascript", "eval(atob(canary));\n"),
}


def run_semgrep(stage: Stage, *, scratch: Path, seconds: float, binary: Path | None = None) -> EngineResult:
    """Run semgrep over the staged sources within `seconds`; never raises for what the plugin does.

    `binary` is the wheel's own unless another is given.
    """
    staged = stage.of_kind(Kind.PYTHON, Kind.JAVASCRIPT)
    for name, (_, source) in CANARIES.items():
        (stage.root / name).write_text(source, encoding="utf-8")
    configuration = scratch / "rules.yml"
    configuration.write_text(render_rules(choose_files(stage, staged=staged)), encoding="utf-8")
    try:
        names = [*CANARIES, *(file.name for file in staged)]
        run = start_semgrep(binary or find_binary(), names, stage=stage, scratch=scratch, seconds=seconds)
        check_run(run, allowed=(0,))
        answer = json.loads(run.stdout)
        findings = collect_findings(answer["results"], stage=stage, staged=staged)
        errors = collect_errors(answer, staged=staged)
    except ToolFailed as error:
        return fail(error.detail, state=state_of(error))
    except UNREADABLE_ANSWER as error:
        return fail(f"unreadable answer ({type(error).__name__})")
    engine_run = EngineRun(
        name=NAME,
        version=VERSION,
        ruleset_digest=ruleset_digest(),
        state=EngineState.FAILED if errors else EngineState.OK,
        files_read=len({file.path for file in staged}),
        errors=tuple(errors),
        seconds=run.seconds,
    )
    return EngineResult(findings=cap_findings(findings), run=engine_run)


def start_semgrep(binary: Path, names: list[str], *, stage: Stage, scratch: Path, seconds: float) -> ToolRun:
    """Run the binary on explicit files; raises ToolFailed when it does not start.

    Called under the name `osemgrep` it is the same front end as `semgrep scan --experimental`, without the two
    seconds of Python imports in front of it.
    """
    argv = ["osemgrep", "scan", "--experimental", "--config", str(scratch / "rules.yml"), "--json", "--verbose",
            "--metrics", "off", "--disable-version-check", "--disable-nosem", "--no-git-ignore",
            "--no-rewrite-rule-ids", "--max-target-bytes", "0", "--jobs", "1",
            "--timeout", str(limits.SEMGREP_RULE_SECONDS), "--timeout-threshold", "0", *names]  # fmt: skip
    return run_tool(argv, scratch=scratch, folder=stage.root, seconds=seconds, executable=str(binary))


@cache
def find_binary() -> Path:
    """Return the native binary inside the installed wheel; raises ToolFailed."""
    specification = importlib.util.find_spec("semgrep")
    origin = specification.origin if specification is not None else None
    binary = Path(origin).parent / "bin" / "semgrep-core" if origin else None
    if binary is None or not binary.is_file():
        raise ToolFailed("the semgrep binary is missing")
    return binary


def choose_files(stage: Stage, *, staged: tuple[StagedFile, ...]) -> dict[str, list[str]]:
    """Return, for every rule, the staged files that hold all the words it needs; the canaries hold theirs."""
    chosen: dict[str, list[str]] = {rule_id: [] for rule_id in select_rules(NAME)}
    for name in [*CANARIES, *(file.name for file in staged)]:
        text = (stage.root / name).read_text(encoding="utf-8")
        for rule_id, needs in compile_needs().items():
            if all(need.search(text) for need in needs):
                chosen[rule_id].append(name)
    return chosen


@cache
def compile_needs() -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return the words each rule needs, compiled."""
    return {rule.id: tuple(re.compile(need) for need in rule.needs) for rule in select_rules(NAME).values()}


def render_rules(chosen: dict[str, list[str]]) -> str:
    """Return our rules as the configuration semgrep reads; JSON is YAML.

    Each rule sees only the files chosen for it. One rule that matches nothing sees every file, so that each is parsed
    and counted even when no other rule applies to it.
    """
    rules: list[dict[str, Any]] = [
        {"id": f"read-{language}", "languages": [language], "pattern": "$X.$X.$X.$X = $X"}
        for language in ("python", "javascript", "typescript")
    ]
    for rule in select_rules(NAME).values():
        if rule.semgrep is not None and chosen[rule.id]:
            paths = {"include": chosen[rule.id]}
            rules.append({"id": rule.id, "languages": list(rule.languages), "paths": paths, **rule.semgrep})
    return json.dumps({"rules": [{"message": "-", "severity": "ERROR", **rule} for rule in rules]})


def collect_findings(items: list[Any], *, stage: Stage, staged: tuple[StagedFile, ...]) -> list[Finding]:
    """Return our findings; raises ToolFailed when a canary is not among semgrep's."""
    matched = {(item["path"], item["check_id"]) for item in items}
    if missing := [name for name, (rule_id, _) in CANARIES.items() if (name, rule_id) not in matched]:
        raise ToolFailed(f"the canary {missing[0]} was not found")
    rules = select_rules(NAME)
    by_name = {file.name: file for file in staged}
    texts: dict[str, list[str]] = {}
    findings = []
    for item in items:
        file = by_name.get(item["path"])
        if file is None or item["check_id"] not in rules:
            continue
        if file.name not in texts:
            texts[file.name] = (stage.root / file.name).read_text(encoding="utf-8").split("\n")
        start, end = item["start"]["line"], item["end"]["line"]
        findings.append(
            rules[item["check_id"]].make_finding(
                path=file.path,
                line=file.line_in_plugin(start),
                end_line=file.line_in_plugin(end),
                snippet=quote_line(texts[file.name], start),
            )
        )
    return findings


def collect_errors(answer: dict[str, Any], *, staged: tuple[StagedFile, ...]) -> list[str]:
    """Return what semgrep could not do, in the plugin's own file names; raises KeyError for a half answer."""
    by_name = {file.name: file for file in staged}
    errors = set(find_missed(staged, read=set(answer["paths"]["scanned"])))
    for item in answer["errors"]:
        file = by_name.get(str(item.get("path", "")))
        kind = item["type"] if isinstance(item["type"], str) else str(item["type"][0])
        if file is None or not file.is_guess or kind not in PARSE_ERRORS:
            errors.add(f"{file.path if file else 'run'}: {kind}")
    for item in answer["paths"].get("skipped", []):
        file = by_name.get(str(item.get("path", "")))
        if file is None or not file.is_guess:
            errors.add(f"{file.path if file else 'run'}: skipped")
    return sorted(errors)


def fail(error: str, *, state: EngineState = EngineState.FAILED) -> EngineResult:
    """Return this engine's failure."""
    return fail_engine(NAME, version=VERSION, digest=ruleset_digest(), error=error, state=state)
