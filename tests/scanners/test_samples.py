"""The project's own samples: every technique is seen, and no honest neighbour is called malicious."""

from pathlib import Path

import pytest

from scanners import ScanReport
from scanners.report import Verdict
from tests.samples import archives
from tests.scanners.conftest import Scan

MALICIOUS = {path.name: path for path in sorted((archives.SAMPLES / "malicious").iterdir())}
BENIGN = {path.name: path for path in sorted((archives.SAMPLES / "benign").iterdir())}
DOUBTFUL = {"crash-reporter"}
TECHNIQUES = {
    "remote-command": "reverse-shell",
    "decode-then-execute-javascript": "decode-then-execute",
    "environment-exfiltration-javascript": "environment-exfiltration",
    "install-hook": "install-hook-execution",
    "install-hook-javascript": "install-hook-execution",
    "reverse-shell-javascript": "reverse-shell",
}


def read_report(reports: dict[Path, ScanReport], folder: Path, *, scan: Scan) -> ScanReport:
    if folder not in reports:
        reports[folder] = scan(folder)
    return reports[folder]


@pytest.fixture(scope="module")
def reports() -> dict[Path, ScanReport]:
    return {}


@pytest.mark.parametrize("name", MALICIOUS)
def test_eves_sample_is_seen(name: str, reports: dict[Path, ScanReport], scan: Scan) -> None:
    report = read_report(reports, MALICIOUS[name], scan=scan)
    assert (report.verdict, report.errors) == (Verdict.MALICIOUS, ())


@pytest.mark.parametrize("name", MALICIOUS)
def test_eves_technique_is_named(name: str, reports: dict[Path, ScanReport], scan: Scan) -> None:
    report = read_report(reports, MALICIOUS[name], scan=scan)
    assert TECHNIQUES.get(name, name) in {finding.technique for finding in report.findings}


def test_samples_cover_ten_techniques() -> None:
    assert len({TECHNIQUES.get(name, name) for name in MALICIOUS}) >= 10


@pytest.mark.parametrize("name", BENIGN)
def test_adas_honest_sample_is_judged_fairly(name: str, reports: dict[Path, ScanReport], scan: Scan) -> None:
    report = read_report(reports, BENIGN[name], scan=scan)
    expected = Verdict.SUSPICIOUS if name in DOUBTFUL else Verdict.CLEAN
    assert (report.verdict, report.errors) == (expected, ())


@pytest.mark.parametrize("folder", [*MALICIOUS.values(), *BENIGN.values()], ids=lambda folder: folder.name)
def test_every_sample_is_a_plugin_and_inert(folder: Path) -> None:
    files = archives.read_folder(folder)
    assert "nexus-plugin.toml" in files
    text = b"\n".join(files.values()).decode()
    hosts = [word.split("/")[2] for word in text.replace('"', " ").split() if word.startswith(("https://", "http://"))]
    assert all(host.endswith(".example.invalid") for host in hosts)
