"""A tool gets a clean environment, hard limits and a clock, and leaves nothing running."""

import json
import sys
import time
from pathlib import Path

import pytest

from scanners import limits
from scanners.errors import ToolFailed
from scanners.sandbox import ToolRun, run_tool

PROBE = """
import ctypes, json, os, resource
print(json.dumps({
    "environment": sorted(os.environ), "path": os.environ["PATH"], "home": os.environ["HOME"],
    "core": resource.getrlimit(resource.RLIMIT_CORE)[0], "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    "size": resource.getrlimit(resource.RLIMIT_FSIZE)[0], "session": os.getsid(0) == os.getpid(),
    "privileges": ctypes.CDLL(None).prctl(39, 0, 0, 0, 0),
}))
"""


def run(code: str, scratch: Path, *, seconds: float = 20) -> ToolRun:
    return run_tool([sys.executable, "-I", "-c", code], scratch=scratch, folder=scratch, seconds=seconds)


def test_tool_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "secret")
    facts = json.loads(run(PROBE, tmp_path).stdout)
    assert "DATABASE_URL" not in facts["environment"]
    assert facts["home"].startswith(str(tmp_path))
    assert [path.name for path in Path(facts["path"]).iterdir()] == ["uname"]


def test_tool_runs_under_limits_in_its_own_session(tmp_path: Path) -> None:
    facts = json.loads(run(PROBE, tmp_path).stdout)
    assert facts["core"] == 0
    assert facts["files"] <= limits.TOOL_OPEN_FILES
    assert facts["size"] <= limits.TOOL_FILE_BYTES
    assert facts["session"] is True
    assert facts["privileges"] == 1


def test_tool_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(1.5); open('survivor', 'w').close()\ntime.sleep(60)\n"
    outcome = run(code, tmp_path, seconds=0.7)
    assert outcome.is_timed_out
    assert outcome.seconds < 5
    time.sleep(1.5)
    assert not (tmp_path / "survivor").exists()


def test_child_left_behind_by_a_finished_tool_is_killed(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(1); open('survivor', 'w').close()\n"
    assert run(code, tmp_path).returncode == 0
    time.sleep(1.3)
    assert not (tmp_path / "survivor").exists()


def test_output_above_its_cap_is_told(tmp_path: Path) -> None:
    code = f"import sys; sys.stdout.write('x' * {limits.TOOL_OUTPUT_BYTES + 1})"
    outcome = run(code, tmp_path)
    assert outcome.is_output_cut
    assert len(outcome.stdout) == limits.TOOL_OUTPUT_BYTES


def test_file_above_its_limit_cannot_be_written(tmp_path: Path) -> None:
    outcome = run(f"open('big', 'wb').truncate({limits.TOOL_FILE_BYTES + 1})", tmp_path)
    assert outcome.returncode != 0


def test_tool_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed):
        run_tool(["no-such-tool"], scratch=tmp_path, folder=tmp_path, seconds=1)
