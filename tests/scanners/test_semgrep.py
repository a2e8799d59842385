"""Semgrep's front ends agree, a batch is as good as one by one, and a hostile plugin harms nobody but itself."""

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scanners import limits
from scanners.cache import Cache, MemoryCache, NoCache
from scanners.engines import EngineResult, Stage, StagedFile, select_rules, semgrep, semgrep_plan
from scanners.engines.semgrep import run_semgrep, run_semgrep_batch
from scanners.engines.semgrep_front import (
    VERSION,
    FrontEnd,
    find_binary,
    find_front_ends,
    list_core_words,
    make_core,
    make_experimental,
)
from scanners.engines.semgrep_plan import CANARIES, CANARY_RULE, choose_rules, make_glob, render_rules
from scanners.engines.words import split_need
from scanners.report import EngineState, Kind
from scanners.rules import Rule, load_rules

SECONDS = 60.0
SLOW = 0.01  # seconds for a rule on a file, which no rule can keep
RULES = [rule for rule in load_rules().values() if rule.semgrep is not None]
READ_AS = {"python": ["python"], "javascript": ["javascript", "typescript"]}
SUFFIXES = {"python": ".py", "javascript": ".js", "typescript": ".ts"}
DECODED = "import base64\nexec(base64.b64decode(x))\n"
CRASHING = """
import json, os, sys, time
targets = json.load(open(sys.argv[sys.argv.index("-targets") + 1]))[1]
if any("EVE" in open(target[1]["path"]["fpath"]).read() for target in targets):
    {what}
os.execv({core!r}, ["semgrep-core", *sys.argv[1:]])
"""


def make_stage(root: Path, *texts: str, kind: Kind = Kind.PYTHON, **fields: object) -> Stage:
    root.mkdir()
    files = []
    for number, text in enumerate(texts, start=1):
        suffix = ".py" if kind is Kind.PYTHON else ".js"
        name = f"m{number:06}{suffix}"
        (root / name).write_text(text, encoding="utf-8")
        file = StagedFile(name, f"plugin/{number}{suffix}", kind, is_guess=False, is_parsed=kind is Kind.PYTHON)
        files.append(replace(file, **fields))  # type: ignore[arg-type]
    return Stage(root=root, files=tuple(files))


def make_samples(root: Path) -> Stage:
    """Both samples of every rule, those in JavaScript also as TypeScript."""
    root.mkdir()
    files = []
    pairs = [(rule, language) for rule in RULES for language in READ_AS[rule.languages[0]]]
    for number, (rule, language) in enumerate(pairs):
        for sample in ("match", "clean"):
            name = f"m{number:06}{sample}{SUFFIXES[language]}"
            (root / name).write_text(getattr(rule, sample), encoding="utf-8")
            kind = Kind.PYTHON if language == "python" else Kind.JAVASCRIPT
            files.append(StagedFile(name, f"{rule.id}/{sample}{SUFFIXES[language]}", kind, is_guess=False))
    return Stage(root=root, files=tuple(files))


def make_binary(folder: Path, script: str) -> Path:
    binary = folder / "binary"
    binary.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    binary.chmod(0o755)
    return binary


def make_hostile(folder: Path, what: str) -> tuple[FrontEnd, ...]:
    """A core that Eve's file makes do something."""
    script = make_binary(folder, CRASHING.format(what=what, core=str(find_binary())))
    return (make_core(script),)


def run_stage(
    stage: Stage, tmp_path: Path, *front_ends: FrontEnd, cache: Cache | None = None, seconds: float = SECONDS
) -> EngineResult:
    scratch = tmp_path / f"scratch{time.monotonic_ns()}"
    return run_semgrep(stage, scratch=scratch, seconds=seconds, front_ends=front_ends, cache=cache or NoCache())


def test_front_ends_find_the_same_in_every_sample(tmp_path: Path) -> None:
    stage = make_samples(tmp_path / "stage")
    results = [run_stage(stage, tmp_path, front_end) for front_end in find_front_ends()]
    assert [result.run.errors for result in results] == [(), (), ()]
    assert [result.run.version for result in results] == [
        f"{VERSION}+core", f"{VERSION}+experimental", f"{VERSION}+command"
    ]  # fmt: skip
    found = {(finding.rule_id, finding.path.split("/")[0]) for finding in results[0].findings}
    assert {(rule.id, rule.id) for rule in RULES} <= found
    assert results[0].findings == results[1].findings == results[2].findings


@pytest.mark.parametrize(
    "script",
    [
        "import sys; sys.exit(2)",
        "print('no JSON')",
        "import json; print(json.dumps({'version': '9', 'results': [], 'errors': [], 'paths': {'scanned': []}}))",
    ],
)
def test_core_that_does_not_work_is_replaced_by_the_next_front_end(script: str, tmp_path: Path) -> None:
    stage = make_stage(tmp_path / "stage", DECODED)
    broken = make_core(make_binary(tmp_path, script))
    result = run_stage(stage, tmp_path, broken, make_experimental(find_binary()))
    assert result.run.version == f"{VERSION}+experimental"
    assert result.run.errors == ()
    assert [finding.rule_id for finding in result.findings] == ["decode-execute-python"]


def test_no_front_end_that_works_fails_every_artifact(tmp_path: Path) -> None:
    stages = [make_stage(tmp_path / name, DECODED) for name in "ab"]
    broken = make_core(make_binary(tmp_path, "import sys; sys.exit(2)"))
    results = run_semgrep_batch(stages, scratch=tmp_path / "scratch", seconds=SECONDS, front_ends=(broken,))
    assert [result.run.state for result in results] == [EngineState.FAILED] * 2


def test_batch_finds_what_one_by_one_finds(tmp_path: Path) -> None:
    stages = [
        make_stage(tmp_path / "a", DECODED, "x = 1\n"),
        make_stage(tmp_path / "b", "x = 1\n"),
        make_stage(tmp_path / "c", "eval(atob(x));\n", "let y;\n", kind=Kind.JAVASCRIPT),
        Stage(root=tmp_path, files=()),
    ]
    together = run_semgrep_batch(stages, scratch=tmp_path / "scratch", seconds=SECONDS)
    alone = [run_stage(stage, tmp_path) for stage in stages]
    assert [result.findings for result in together] == [result.findings for result in alone]
    assert [replace(result.run, seconds=0.0) for result in together] == [
        replace(result.run, seconds=0.0) for result in alone
    ]
    assert [len(result.findings) > 0 for result in together] == [True, False, True, False]


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("os.kill(os.getpid(), 11)", EngineState.FAILED),
        ("print('{}'); sys.exit(0)", EngineState.FAILED),
        ("time.sleep(600)", EngineState.TIMED_OUT),
    ],
)
def test_hostile_plugin_makes_no_neighbour_incomplete(what: str, state: EngineState, tmp_path: Path) -> None:
    texts = [DECODED, f"# EVE\n{DECODED}", DECODED, DECODED]
    stages = [make_stage(tmp_path / str(number), text) for number, text in enumerate(texts)]
    front_ends = make_hostile(tmp_path, what)
    results = run_semgrep_batch(stages, scratch=tmp_path / "scratch", seconds=16.0, front_ends=front_ends)
    assert [result.run.state for result in results] == [EngineState.OK, state, EngineState.OK, EngineState.OK]
    assert [len(result.findings) for result in results] == [1, 0, 1, 1]


def test_rule_that_takes_too_long_is_an_error_of_the_files_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEMGREP_RULE_SECONDS", SLOW)
    lines = (f"x{n} = base64.b64decode(x{n - 1})\nexec(x{n} + x{n // 2})\n" for n in range(1, 3000))
    stages = [make_stage(tmp_path / "a", "import base64\n" + "".join(lines)), make_stage(tmp_path / "b", DECODED)]
    results = run_semgrep_batch(stages, scratch=tmp_path / "scratch", seconds=SECONDS)
    assert "plugin/1.py: Timeout" in results[0].run.errors
    assert results[0].run.state is EngineState.FAILED
    assert results[1].run.errors == ()


def test_broken_script_is_an_error_unless_it_was_a_guess(tmp_path: Path) -> None:
    broken = "function f( {;\n"
    sure = make_stage(tmp_path / "sure", broken, kind=Kind.JAVASCRIPT)
    guess = make_stage(tmp_path / "guess", broken, kind=Kind.JAVASCRIPT, is_guess=True)
    assert run_stage(sure, tmp_path).run.errors
    assert run_stage(guess, tmp_path).run.errors == ()


def test_file_without_a_needed_word_is_not_shown_to_semgrep(tmp_path: Path) -> None:
    stage = make_stage(tmp_path / "stage", "x = 1\n", "y = 2\n")
    missing = FrontEnd("core", tmp_path / "missing", list_core_words)
    result = run_stage(stage, tmp_path, missing)
    assert (result.run.state, result.run.files_read, result.run.files_prefiltered) == (EngineState.OK, 2, 2)


def test_script_that_no_own_pass_has_parsed_is_shown_to_semgrep(tmp_path: Path) -> None:
    stage = make_stage(tmp_path / "stage", "let x;\n", kind=Kind.JAVASCRIPT)
    result = run_stage(stage, tmp_path)
    assert (result.run.errors, result.run.files_prefiltered) == ((), 0)


@pytest.mark.parametrize(
    ("acts", "is_chosen"),
    [(None, True), (["code.eval"], False), ([], False), (["code.eval", "decoded", "network"], True)],
)
def test_rule_waits_for_its_facts(
    acts: list[str] | None, is_chosen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = replace(load_rules()["decode-execute-python"], when=("code.eval", "decoded"))
    monkeypatch.setattr(semgrep_plan, "rules_for", lambda _: {rule.id: rule})
    file = StagedFile("m1.py", "m.py", Kind.PYTHON, is_guess=False, is_parsed=True)
    file = replace(file, acts=None if acts is None else frozenset(acts))
    assert (choose_rules(file, data=DECODED.encode()) == {rule.id}) is is_chosen


def test_known_file_is_not_looked_at_again(tmp_path: Path) -> None:
    cache = MemoryCache()
    stage = make_stage(tmp_path / "stage", DECODED, "x = 1\n")
    first = run_stage(stage, tmp_path, cache=cache)
    # The same bytes under another name and elsewhere.
    moved = Stage(root=stage.root, files=(replace(stage.files[0], path="other.py"), stage.files[1]))
    second = run_stage(moved, tmp_path, FrontEnd("core", tmp_path / "missing", list_core_words), cache=cache)
    assert [finding.path for finding in second.findings] == ["other.py"]
    assert second.findings == tuple(replace(finding, path="other.py") for finding in first.findings)
    assert replace(second.run, seconds=0.0) == replace(first.run, seconds=0.0)


def test_changed_rule_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = MemoryCache()
    stage = make_samples(tmp_path / "stage")
    first = run_stage(stage, tmp_path, cache=cache)
    changed = "reverse-shell-python"
    digests = {**semgrep.rule_digests(), changed: "new"}
    monkeypatch.setattr(semgrep, "rule_digests", lambda: digests)
    work = semgrep.plan_work(0, stage, cache=cache)
    assert set().union(*(target.rules for target in work.targets)) == {changed}
    assert run_stage(stage, tmp_path, cache=cache).findings == first.findings
    assert semgrep.plan_work(0, stage, cache=cache).targets == []


def test_file_with_an_error_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = MemoryCache()
    stage = make_stage(tmp_path / "stage", "function f( {;\n", kind=Kind.JAVASCRIPT)
    assert (
        run_stage(stage, tmp_path, cache=cache).run.errors == run_stage(stage, tmp_path, cache=cache).run.errors != ()
    )


def test_time_that_is_over_is_a_time_out(tmp_path: Path) -> None:
    result = run_stage(make_stage(tmp_path / "stage", DECODED), tmp_path, seconds=0.0)
    assert result.run.state is EngineState.TIMED_OUT


def test_every_rule_can_be_ruled_out_by_words(tmp_path: Path) -> None:
    """Semgrep's own prefilter works with a rule, or the words it needs are plain: else every file is parsed for it."""
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps(render_all()), encoding="utf-8")
    done = subprocess.run(
        [find_binary(), "-prefilter_of_rules", path], capture_output=True, check=True, timeout=60
    )  # fmt: skip
    filters = {item["rule_id"]: item["filter"] for item in json.loads(done.stdout)}
    assert set(filters) == {CANARY_RULE, *select_rules("semgrep")}
    unfiltered = {rule_id for rule_id, words in filters.items() if words[0] != "Some"}
    plain = {rule.id for rule in RULES if any(map(is_plain, rule.needs))}
    assert unfiltered - plain == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_words_a_rule_needs_are_words(rule: Rule) -> None:
    for need in rule.needs:
        for part in need.split("|"):
            assert re.search(r"[A-Za-z_]\w|[^\w\\]{2}", part), need


def is_plain(need: str) -> bool:
    return all(word.expression is None for word in split_need(need))


def render_all() -> dict[str, list[dict[str, str]]]:
    target = replace(CANARIES[0], rules=frozenset([CANARY_RULE, *select_rules("semgrep")]))
    return render_rules([target])


def test_folder_names_say_which_rules_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semgrep_plan, "NAME_BITS", 3)
    monkeypatch.setattr(semgrep_plan, "rule_order", lambda: ("a", "b", "c", "d"))
    file = StagedFile("m1.py", "m.py", Kind.PYTHON, is_guess=False)
    assert semgrep_plan.Target(7, file, "python", frozenset("bd")).name == "010/1/7m1.py"
    assert [make_glob(rule_id) for rule_id in "abcd"] == ["/1??/?/*", "/?1?/?/*", "/??1/?/*", "/???/1/*"]
