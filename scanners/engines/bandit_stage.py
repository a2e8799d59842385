"""Engine `bandit` over a stage: runs its child process and maps what it finds to our rules.

Its findings are facts about code quality. A check without a rule of ours is noise and is dropped on purpose.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

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
from scanners.rules import Rule, ruleset_digest
from scanners.sandbox import run_python

NAME = "bandit"
VERSION = version("bandit")
CHILD = "scanners.engines.bandit_child"
CANARY_NAME = f"{CANARY_STEM}.py"
CANARY_TEST = "B307"


def run_staged_bandit(stage: Stage, *, scratch: Path, seconds: float, module: str = CHILD) -> EngineResult:
    """Run bandit over the staged Python files within `seconds`; never raises for what the plugin does."""
    staged = stage.of_kind(Kind.PYTHON)
    (stage.root / CANARY_NAME).write_text("eval(input())\n", encoding="utf-8")
    names = [CANARY_NAME, *(file.name for file in staged)]
    listing = scratch / "names.json"
    listing.write_text(json.dumps(names), encoding="utf-8")
    try:
        run = run_python(module, str(listing), scratch=scratch, folder=stage.root, seconds=seconds)
        check_run(run, allowed=(0,))
        answer = json.loads(run.stdout)
        findings = collect_findings(answer["findings"], stage=stage, staged=staged)
        errors = [*map(str, answer["errors"]), *find_missed(staged, read=set(answer["read"]))]
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
        errors=tuple(name_files(errors, staged=staged)),
        seconds=run.seconds,
    )
    return EngineResult(findings=cap_findings(findings), run=engine_run)


def collect_findings(items: list[Any], *, stage: Stage, staged: tuple[StagedFile, ...]) -> list[Finding]:
    """Return our findings; raises ToolFailed when the canary is not among bandit's."""
    if not any(item["name"] == CANARY_NAME and item["test_id"] == CANARY_TEST for item in items):
        raise ToolFailed("the canary was not found")
    rules = rules_by_code()
    by_name = {file.name: file for file in staged}
    texts: dict[str, list[str]] = {}
    findings = []
    for item in items:
        rule, file = rules.get(item["test_id"]), by_name.get(item["name"])
        if rule is None or file is None:
            continue
        if file.name not in texts:
            texts[file.name] = (stage.root / file.name).read_text(encoding="utf-8").split("\n")
        findings.append(
            rule.make_finding(
                path=file.path,
                line=file.line_in_plugin(item["line"]),
                end_line=file.line_in_plugin(item["end_line"]),
                snippet=quote_line(texts[file.name], item["line"]),
            )
        )
    return findings


def rules_by_code() -> dict[str, Rule]:
    """Return our rule for each bandit check that has one."""
    return {code: rule for rule in select_rules(NAME).values() for code in rule.codes}


def name_files(errors: list[str], *, staged: tuple[StagedFile, ...]) -> list[str]:
    """Return the errors with the plugin's own file names in place of the staged ones."""
    real = {file.name: file.path for file in staged}
    return sorted({": ".join(real.get(part, part) for part in error.split(": ")) for error in errors})


def fail(error: str, *, state: EngineState = EngineState.FAILED) -> EngineResult:
    """Return this engine's failure."""
    return fail_engine(NAME, version=VERSION, digest=ruleset_digest(), error=error, state=state)
