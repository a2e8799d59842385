"""Whatever happens to a tool, the scan ends in time and is never clean."""

import sys
import time
from functools import partial
from pathlib import Path

import pytest

from scanners import ScanReport, scan_artifact
from scanners.archive import unpack
from scanners.engines import Engine
from scanners.engines.bandit_stage import run_staged_bandit
from scanners.engines.semgrep import run_semgrep
from scanners.engines.semgrep_front import make_core
from scanners.engines.sources import read_sources
from scanners.inventory import take_inventory
from scanners.report import EngineState, Verdict
from scanners.scan import ENGINES
from tests.samples import archives

FAULTY = Path(__file__).resolve().parent / "faulty"
FAULTS = ["crash", "hang", "garbage", "half", "blind", "flood", "nested", "no_such_tool"]
SECONDS = 3.0  # enough for an honest tool on one small file, and what a hanging one costs the suite


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "plugin.zip"
    path.write_bytes(archives.pack_zip({"main.py": "# b64 exec: words that have semgrep look\nx = 1\n"}))
    return path


def break_bandit(fault: str, *, folder: Path) -> Engine:
    return partial(run_staged_bandit, module=f"tests.scanners.faulty.{fault}")


def break_semgrep(fault: str, *, folder: Path) -> Engine:
    binary = folder / fault
    source = FAULTY / f"{fault}.py"
    if source.exists():
        binary.write_text(f"#!{sys.executable}\n{source.read_text(encoding='utf-8')}", encoding="utf-8")
        binary.chmod(0o755)
    return partial(run_semgrep, front_ends=(make_core(binary),))


def scan_with(artifact: Path, *engines: Engine) -> ScanReport:
    return scan_artifact(artifact, deadline_seconds=SECONDS, engines=engines)


def test_scan_of_the_same_plugin_with_sound_tools_is_clean(artifact: Path) -> None:
    assert scan_artifact(artifact).verdict is Verdict.CLEAN


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_bandit_is_never_clean(fault: str, artifact: Path, tmp_path: Path) -> None:
    report = scan_with(artifact, run_semgrep, break_bandit(fault, folder=tmp_path))
    assert report.verdict is Verdict.INCOMPLETE
    assert [run.name for run in report.engines if run.state is not EngineState.OK] == ["bandit"]


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_semgrep_is_never_clean(fault: str, artifact: Path, tmp_path: Path) -> None:
    report = scan_with(artifact, run_staged_bandit, break_semgrep(fault, folder=tmp_path))
    assert report.verdict is Verdict.INCOMPLETE
    assert [run.name for run in report.engines if run.state is not EngineState.OK] == ["semgrep"]


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_reading_of_sources_is_an_error_and_stages_nothing(fault: str, artifact: Path, tmp_path: Path) -> None:
    for name in ("members", "scratch"):
        (tmp_path / name).mkdir()
    tree = unpack(artifact, into=tmp_path / "members")
    stage, _, result = read_sources(
        tree,
        records=take_inventory(tree),
        scratch=tmp_path / "scratch",
        seconds=SECONDS,
        module=f"tests.scanners.faulty.{fault}",
    )
    assert stage.files == ()
    assert result.run.errors
    assert result.run.state is not EngineState.OK


def test_hanging_tool_is_told_apart_from_a_crashed_one(artifact: Path, tmp_path: Path) -> None:
    states = [
        scan_with(artifact, run_semgrep, break_bandit(fault, folder=tmp_path)).engines[-1].state
        for fault in ("hang", "crash")
    ]
    assert states == [EngineState.TIMED_OUT, EngineState.FAILED]


def test_scan_without_time_is_incomplete_at_once(artifact: Path) -> None:
    started = time.monotonic()
    report = scan_artifact(artifact, deadline_seconds=0.0)
    assert report.verdict is Verdict.INCOMPLETE
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("engine", ENGINES)
def test_scan_without_an_engine_is_incomplete(engine: Engine, artifact: Path) -> None:
    others = tuple(other for other in ENGINES if other is not engine)
    assert scan_artifact(artifact, engines=others).verdict is Verdict.INCOMPLETE
