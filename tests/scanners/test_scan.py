"""One artifact in, one report out: complete, repeatable, and without anything left behind."""

import hashlib
import json
import tempfile
from pathlib import Path

import pytest

from scanners import ScanReport, ruleset_digest, scan_artifact
from scanners.report import Kind, Verdict
from scanners.rules import load_rules
from scanners.switches import ENGINES
from tests.samples import archives
from tests.scanners.conftest import Scan

WEATHER = archives.SAMPLES / "benign" / "weather-card"


def without_seconds(report: ScanReport) -> dict[str, object]:
    fields = report.to_dict()
    fields.pop("seconds")
    for engine in fields["engines"]:
        engine.pop("seconds")
    return fields


def test_same_bytes_give_the_same_report(scan: Scan) -> None:
    sample = archives.SAMPLES / "malicious" / "persistence"
    assert without_seconds(scan(sample)) == without_seconds(scan(sample))


def test_zip_and_tar_of_one_tree_are_judged_alike(tmp_path: Path) -> None:
    reports = []
    for pack in (archives.pack_zip, archives.pack_tar_gz):
        # The name says nothing: content decides what an archive is.
        artifact = tmp_path / f"{pack.__name__}.bin"
        artifact.write_bytes(pack(archives.SAMPLES / "malicious" / "persistence"))
        reports.append(scan_artifact(artifact))
    assert reports[0].findings == reports[1].findings
    assert reports[0].verdict is Verdict.MALICIOUS


def test_report_accounts_for_every_file(scan: Scan) -> None:
    report = scan(WEATHER)
    expected = archives.read_folder(WEATHER)
    assert {file.path: file.sha256 for file in report.files} == {
        path: hashlib.sha256(content).hexdigest() for path, content in expected.items()
    }
    assert {file.path: file.kind for file in report.files}["weather_card/nodes.py"] is Kind.PYTHON


def test_every_engine_says_what_it_read(scan: Scan) -> None:
    report = scan({"a.py": "x = 1\n", "b.js": "let x = 1;\n", "c.md": "# Hello\n"})
    read = {run.name: run.files_read for run in report.engines}
    assert set(read) == set(ENGINES)
    assert (read["sources"], read["yara"], read["bandit"], read["flows"], read["semgrep"]) == (3, 3, 1, 2, 2)


def test_report_survives_json(scan: Scan) -> None:
    report = scan(archives.SAMPLES / "malicious" / "indirect-execution")
    assert ScanReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_report_names_its_rule_set(scan: Scan) -> None:
    report = scan(WEATHER)
    assert report.ruleset_digest == ruleset_digest()
    assert {run.ruleset_digest for run in report.engines} == {ruleset_digest()}


@pytest.mark.parametrize("name", ["climbing path", "symbolic link", "bomb by ratio", "truncated"])
def test_refused_archive_becomes_a_report_with_its_code(name: str, tmp_path: Path) -> None:
    code, data = archives.refused_zips()[name]
    artifact = tmp_path / "plugin.zip"
    artifact.write_bytes(data)
    report = scan_artifact(artifact)
    assert report.verdict is Verdict.INCOMPLETE
    assert [(finding.rule_id, finding.severity) for finding in report.findings] == [
        (code.replace("_", "-"), load_rules()[code.replace("_", "-")].severity)
    ]
    assert report.errors == (f"archive: {code}",)


def test_scan_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = tmp_path / "plugin.zip"
    artifact.write_bytes(archives.pack_zip(WEATHER))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    scan_artifact(artifact)
    assert list(scratch.iterdir()) == []


def test_file_that_does_not_exist_is_our_fault_not_the_plugins(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan_artifact(tmp_path / "missing.zip")
