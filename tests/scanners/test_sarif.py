"""Reports as SARIF: valid by the official schema, the same every time, and with every error in them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from scanners.report import (
    Confidence,
    EngineRun,
    EngineState,
    FileRecord,
    Finding,
    Kind,
    ScanReport,
    Severity,
    Verdict,
)
from scanners.rules import load_rules
from scanners.sarif import encode_path, to_sarif

SCHEMA = json.loads((Path(__file__).parents[1] / "samples" / "sarif-schema-2.1.0.json").read_text())
FINDING = Finding(
    rule_id="shell-command", engine="semgrep", severity=Severity.LOW, confidence=Confidence.MEDIUM,
    path="src/a b.py", line=3, end_line=2, title="A shell", why="It matters.", fix="Do not.",
    snippet="os.system(x)", technique="shell-use",
)  # fmt: skip
ENGINE = EngineRun(
    name="bandit", version="1", ruleset_digest="0" * 64, state=EngineState.OK, files_read=1, errors=(), seconds=0.5
)
REPORT = ScanReport(
    artifact_sha256="a" * 64, verdict=Verdict.SUSPICIOUS, score=24, explanation=("score 24",), findings=(FINDING,),
    files=(FileRecord(path="src/a b.py", sha256="b" * 64, size=12, kind=Kind.PYTHON),), engines=(ENGINE,), errors=(),
    ruleset_digest="0" * 64, seconds=1.0,
)  # fmt: skip


def write(*reports: ScanReport, path: str = "plugin.zip") -> dict[str, Any]:
    """Return the only run, after the whole log was held against the schema."""
    log = json.loads(json.dumps(to_sarif([(path, report) for report in reports])))
    errors = [error.message for error in Draft4Validator(SCHEMA).iter_errors(log)]
    assert errors == []
    (run,) = log["runs"]
    return dict(run)


def test_schema_is_the_official_one_and_refuses_what_is_wrong() -> None:
    assert SCHEMA["id"].endswith("/os/schemas/sarif-schema-2.1.0.json")
    log = to_sarif([("plugin.zip", REPORT)])
    log["runs"][0]["results"][0]["level"] = "huge"
    assert list(Draft4Validator(SCHEMA).iter_errors(log))


def test_finding_is_a_result_of_its_rule_at_its_place() -> None:
    run = write(REPORT)
    (result,) = run["results"]

    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "shell-command"
    assert result["level"] == "note"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "plugin.zip/src/a%20b.py"
    assert place["region"] == {"startLine": 3, "endLine": 3, "snippet": {"text": "os.system(x)"}}
    artifact = run["artifacts"][place["artifactLocation"]["index"]]
    assert artifact["hashes"] == {"sha-256": "b" * 64}
    assert run["artifacts"][artifact["parentIndex"]]["hashes"] == {"sha-256": "a" * 64}
    assert result["properties"]["verdict"] == "suspicious"
    assert result["properties"]["technique"] == "shell-use"


def test_every_rule_is_written_with_its_help_and_attack_technique() -> None:
    run = write(REPORT)
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}

    assert set(rules) == set(load_rules())
    for rule in load_rules().values():
        written = rules[rule.id]
        assert rule.fix in written["help"]["text"]
        assert float(written["properties"]["security-severity"]) <= 10
        targets = [item["target"] for item in written["relationships"]]
        assert [run["taxonomies"][0]["taxa"][target["index"]]["id"] for target in targets] == sorted(set(rule.attack))


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
        (Severity.INFO, "note"),
    ],
)
def test_severity_becomes_a_level(severity: Severity, level: str) -> None:
    run = write(replace(REPORT, findings=(replace(FINDING, severity=severity),)))

    assert run["results"][0]["level"] == level


def test_finding_about_a_whole_file_or_archive_has_no_region() -> None:
    file, archive = replace(FINDING, line=0), replace(FINDING, line=0, path="")
    first, second = write(replace(REPORT, findings=(file, archive)))["results"]

    assert "region" not in first["locations"][0]["physicalLocation"]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "plugin.zip", "index": 0}


def test_finding_of_an_unknown_rule_or_file_is_not_lost() -> None:
    (result,) = write(replace(REPORT, findings=(replace(FINDING, rule_id="old-rule", path="gone.py"),)))["results"]

    assert result["ruleId"] == "old-rule"
    assert "ruleIndex" not in result


def test_fingerprint_survives_a_moved_line_and_tells_equal_lines_apart() -> None:
    moved, twice = replace(FINDING, line=9, end_line=9), replace(FINDING, line=11)
    (before,) = write(REPORT)["results"]
    first, second = write(replace(REPORT, findings=(moved, twice)))["results"]

    assert before["fingerprints"] == first["fingerprints"]
    assert first["fingerprints"] != second["fingerprints"]
    assert first["partialFingerprints"] != second["partialFingerprints"]


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.CLEAN, 0), (Verdict.SUSPICIOUS, 1), (Verdict.MALICIOUS, 2), (Verdict.INCOMPLETE, 3)],
)
def test_exit_code_is_that_of_the_command(verdict: Verdict, code: int) -> None:
    (invocation,) = write(replace(REPORT, verdict=verdict))["invocations"]

    assert invocation["exitCode"] == code
    assert invocation["executionSuccessful"] is (verdict is not Verdict.INCOMPLETE)


def test_every_error_is_a_notification() -> None:
    engines = (
        replace(ENGINE, state=EngineState.FAILED, errors=("ended with 1",)),
        replace(ENGINE, name="semgrep", state=EngineState.TIMED_OUT),
    )
    report = replace(REPORT, verdict=Verdict.INCOMPLETE, engines=engines, errors=("a.py: not read",))

    (invocation,) = write(report)["invocations"]

    assert invocation["executionSuccessful"] is False
    said = [item["message"]["text"] for item in invocation["toolExecutionNotifications"]]
    assert said == ["a.py: not read", "bandit: ended with 1", "semgrep: timed_out"]


def test_many_reports_are_one_run_and_an_invocation_each() -> None:
    run = write(REPORT, replace(REPORT, verdict=Verdict.CLEAN, findings=()))

    assert [item["exitCode"] for item in run["invocations"]] == [1, 0]
    assert [item.get("parentIndex") for item in run["artifacts"]] == [None, 0, None, 2]
    assert all(item["location"]["index"] == place for place, item in enumerate(run["artifacts"]))
    assert write()["results"] == []


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a:b.py", "x/a%3Ab.py"),
        ("\u00fc/#?%.py", "x/%C3%BC/%23%3F%25.py"),
        ("\udc80\ud800.py", "x/%ED%B2%80%ED%A0%80.py"),
        ("a\\b\n.py", "x/a%5Cb%0A.py"),
    ],
)
def test_any_name_becomes_a_uri(path: str, uri: str) -> None:
    assert encode_path("x", path) == uri


def test_path_never_becomes_a_host() -> None:
    assert encode_path("//evil.example.invalid/x") == "/evil.example.invalid/x"
    assert encode_path("") == "."


def test_hostile_texts_stay_valid_and_reports_equal() -> None:
    hostile = replace(FINDING, path="\udc80.py", title="\ud800\x00\u202e", snippet="\udfff" * 300)
    report = replace(REPORT, findings=(hostile,), errors=("\udc00",), explanation=("\ud8ff",))

    assert write(report) == write(report)
    assert json.dumps(to_sarif([("\udc99", report)]), ensure_ascii=False).encode("utf-8")
