"""Whatever happens to a look or a tool, the scan ends in time and is never clean."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanners import ScanReport, scan_artifact, warm
from scanners.engines.semgrep_front import FrontEnd
from scanners.report import EngineState, Verdict
from scanners.scan import Options
from scanners.switches import ENGINES
from scanners.warm_order import Answer, AnswerState
from tests.samples import archives

FAULTY = Path(__file__).resolve().parent / "faulty"
FAULTS = ["crash", "hang", "garbage", "half", "blind", "flood", "nested", "no_such_tool"]
SECONDS = 8.0  # enough for an honest tool on one small file, and what a hanging one costs the suite
OWN = ("sources", "flows", "bandit", "yara", "secrets", "texts", "prompts", "dependencies", "metadata", "permissions")
NO_MANIFEST = Options(needs_manifest=False)
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "plugin.zip"
    path.write_bytes(archives.pack_zip({"main.py": "import base64\nprint(base64.b64decode('eA=='))\nx = 1\nexec\n"}))
    return path


def look_answers(monkeypatch: pytest.MonkeyPatch, change: Callable[[Answer], Answer]) -> None:
    """Let every look end as `change` says, after a real one."""
    real = warm.call
    monkeypatch.setattr(warm, "call", lambda *args, **options: change(real(*args, **options)))


def edit(change: Change) -> Callable[[Answer], Answer]:
    def changed(answer: Answer) -> Answer:
        value = json.loads(json.dumps(answer.value))
        change(value)
        return replace(answer, value=value)

    return changed


def run(artifact: Path) -> ScanReport:
    return scan_artifact(artifact, deadline_seconds=SECONDS, options=NO_MANIFEST)


def test_same_plugin_with_sound_tools_is_clean(artifact: Path) -> None:
    report = run(artifact)
    assert (report.verdict, report.errors) == (Verdict.CLEAN, ())


@pytest.mark.parametrize("state", [AnswerState.CRASHED, AnswerState.TIMED_OUT, AnswerState.REFUSED])
def test_look_that_ends_early_is_incomplete(
    state: AnswerState, artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_answers(monkeypatch, lambda answer: replace(answer, state=state, value=None, detail="what the kernel says"))
    report = run(artifact)
    assert report.verdict is Verdict.INCOMPLETE
    assert "what the kernel says" in report.errors[0]


LIES: dict[str, Change] = {
    "no readings": lambda value: value.pop("readings"),
    "an engine left out": lambda value: value["readings"].pop(),
    "a reading cut in half": lambda value: value["readings"][0].pop("errors"),
    "an unknown severity": lambda value: value["findings"].append({"severity": "fine"}),
    "files of no kind": lambda value: value["files"][0].update(kind="harmless"),
    "a staged file outside": lambda value: value["staged"][0].update(name="../../etc/passwd"),
    "a staged file that is missing": lambda value: value["staged"][0].update(name="m999999.py"),
    "text for a list": lambda value: value.update(staged="none"),
    "an engine with an error": lambda value: value["readings"][2].update(errors=["main.py: not read"]),
}


@pytest.mark.parametrize("lie", LIES)
def test_look_that_lies_is_incomplete(lie: str, artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look_answers(monkeypatch, edit(LIES[lie]))
    assert run(artifact).verdict is Verdict.INCOMPLETE


def test_staged_link_is_not_followed(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = artifact.parent / "secret"
    secret.write_text("eval(x)  # ours alone\n", encoding="utf-8")
    real = warm.call

    def exchange(name: str, argument: dict[str, Any], *, scratch: Path, **options: Any) -> Answer:
        answer = real(name, argument, scratch=scratch, **options)
        (scratch / "stage" / "m000001.py").unlink()
        (scratch / "stage" / "m000001.py").symlink_to(secret)
        return answer

    monkeypatch.setattr(warm, "call", exchange)
    report = run(artifact)
    assert report.verdict is Verdict.INCOMPLETE
    assert "ours alone" not in json.dumps(report.to_dict())


@pytest.mark.parametrize("engine", OWN)
def test_error_of_any_engine_is_incomplete(engine: str, artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(value: dict[str, Any]) -> None:
        reading = next(item for item in value["readings"] if item["engine"] == engine)
        reading["errors"] = ["main.py: not read"]

    look_answers(monkeypatch, edit(fail))
    report = run(artifact)
    assert report.verdict is Verdict.INCOMPLETE
    assert f"{engine}: main.py: not read" in report.errors


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_semgrep_is_never_clean(fault: str, artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front_end = break_semgrep(fault, folder=artifact.parent)
    monkeypatch.setattr("scanners.engines.semgrep.find_front_ends", lambda: (front_end,))
    # A file that a rule wants to see: otherwise semgrep would not be started at all.
    artifact.write_bytes(archives.pack_zip({"main.js": "const place = '.kube/config';\n"}))
    report = run(artifact)
    assert report.verdict is Verdict.INCOMPLETE
    assert [item.name for item in report.engines if item.state is not EngineState.OK] == ["semgrep"]


def break_semgrep(fault: str, *, folder: Path) -> FrontEnd:
    binary = folder / fault
    source = FAULTY / f"{fault}.py"
    if source.exists():
        binary.write_text(f"#!/usr/bin/env python3\n{source.read_text(encoding='utf-8')}", encoding="utf-8")
        binary.chmod(0o755)
    return FrontEnd(name="core", executable=binary, make_argv=lambda rules, targets: [fault, str(rules), str(targets)])


def test_scan_without_time_is_incomplete_at_once(artifact: Path) -> None:
    started = time.monotonic()
    report = scan_artifact(artifact, deadline_seconds=0.0)
    assert report.verdict is Verdict.INCOMPLETE
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_that_answers_nothing_leaves_a_gap(engine: str, artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_out(value: dict[str, Any]) -> None:
        value["readings"] = [item for item in value["readings"] if item["engine"] != engine]

    look_answers(monkeypatch, edit(leave_out))
    if engine == "semgrep":
        monkeypatch.setattr("scanners.scan.Line.run_semgrep", skip_semgrep)
    assert run(artifact).verdict is Verdict.INCOMPLETE


def skip_semgrep(_line: object, _subjects: object) -> dict[int, object]:
    return {}
