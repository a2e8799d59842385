"""What a captured reader tries is blocked: as root, where a container takes namespaces away, and as any user."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanners.sandbox import run_python, run_tool
from scanners.sandbox_calls import CALLS
from scanners.sandbox_landlock import find_version
from scanners.sandbox_scratch import make_scratch
from scanners.sandbox_seccomp import ALLOW, build_filter
from scanners.sandbox_status import make_places, sandbox_status

ROOT = Path(__file__).resolve().parents[2]
ORDINARY_USER = 61_003
Report = dict[str, Any]


@pytest.fixture(scope="session")
def whole_kernel() -> None:
    """A kernel with everything the sandbox can use, and the right to use it."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    try:
        version = find_version()
    except OSError:
        version = 0
    if version < 6:
        pytest.skip("needs Landlock 6")


def report_of(less: str, *, behind: tuple[str, ...] = ()) -> Report:
    argv = [*behind, sys.executable, "-B", "-m", "tests.scanners.sandbox_owner", less]
    answer = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    assert answer.returncode == 0, answer.stderr
    report: Report = json.loads(answer.stdout)
    return report


@pytest.mark.parametrize("less", ["nothing", "namespaces"])
def test_all_sixteen_probes_are_blocked_as_root(less: str, whole_kernel: None) -> None:
    report = report_of(less)
    assert (report["probes"], report["through"]) == (16, [])
    assert report["in_force"][0] == "uid"
    assert report["in_force"][-1] == "seccomp"
    assert report["daemon"] == ["ok", {"refused": "[Errno 1] Operation not permitted"}]


def test_ordinary_user_is_held_by_what_needs_no_root(whole_kernel: None) -> None:
    # The one capability lets that user start an interpreter which may lie in root's home; a reader has none.
    behind = ("setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups",
              "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search", "--")  # fmt: skip
    report = report_of("nothing", behind=behind)
    assert (report["probes"], report["through"]) == (16, [])
    assert "uid" not in report["in_force"]


def test_without_seccomp_the_own_uid_ends_what_hides(whole_kernel: None) -> None:
    report = report_of("seccomp")
    assert set(report["through"]) == {"send by UDP", "open netlink", "make a user namespace"}
    assert "seccomp" not in report["in_force"]
    assert report["daemon"] == ["ok", {}]
    before, after = report["alive"]
    assert before != ""
    assert before == after
    assert report["bomb"][1] < 10


def test_without_landlock_seccomp_and_the_own_uid_still_hold(whole_kernel: None) -> None:
    report = report_of("landlock")
    assert set(report["through"]) == {"read a file open to all", "list other processes", "write outside"}
    assert "seccomp" in report["in_force"]


def test_kernel_with_neither_reads_nothing_hostile(whole_kernel: None) -> None:
    report = report_of("both")
    assert report["probes"] == 0
    assert "neither Landlock nor seccomp" in report["refusal"]
    assert report["daemon"][0] == "refused"


def test_status_says_why_a_layer_is_missing() -> None:
    status = sandbox_status()
    assert [layer.name for layer in status.layers][-2:] == ["landlock", "seccomp"]
    assert all(layer.is_in_force or layer.detail for layer in status.layers)


def test_tool_is_held_like_a_reader_but_for_its_forks() -> None:
    with make_scratch() as scratch, make_places() as places:
        run = run_python("scanners.sandbox_probes", json.dumps(places), scratch=scratch, folder=scratch, seconds=30)
    assert run.returncode == 0, run.stderr
    through = {name for name, blocked in json.loads(run.stdout).items() if not blocked}
    # An interpreter in a private home cannot run under another uid, and only another uid has its forks counted.
    assert through <= (set() if "uid" in run.layers else {"fork 300 times"})


def test_native_tool_in_a_private_folder_runs_under_its_own_uid(whole_kernel: None, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    program = private / "id"
    shutil.copy("/usr/bin/id", program)
    with make_scratch() as scratch:
        run = run_tool(["id", "-u"], scratch=scratch, folder=scratch, seconds=20, executable=str(program))
    assert 61_184 <= int(run.stdout) <= 65_519
    assert "uid" in run.layers


def test_tool_cannot_have_its_owner_read_a_file_for_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="ascii")
    code = (
        f"import os; os.unlink('stdout'); os.rename('stderr', 'stdout'); print('honest'); os.link({str(secret)!r}, 'x')"
    )
    with make_scratch() as scratch:
        run = run_tool([sys.executable, "-I", "-c", code], scratch=scratch, folder=scratch, seconds=20)
    assert run.stdout == b"honest\n"
    assert "Error" in run.stderr


@pytest.mark.parametrize("machine", sorted(CALLS))
def test_filter_jumps_only_forward_to_steps_that_exist(machine: str) -> None:
    for may_start_programs in (True, False):
        steps = list(build_filter(CALLS[machine], own_id=4242, may_start_programs=may_start_programs))
        assert len(steps) < 4096
        assert steps[-1][3] == ALLOW
        assert all(
            place + 1 + max(step[1], step[2]) < len(steps) for place, step in enumerate(steps[:-1]) if step[0] != 0x06
        )


@pytest.mark.parametrize(("machine", "number", "is_refused"), [
    ("x86_64", 41, True), ("x86_64", 42, True), ("x86_64", 101, True), ("x86_64", 1, False), ("x86_64", 435, True),
    ("x86_64", 9999, True), ("x86_64", 0x40000001, True), ("x86_64", 59, True), ("x86_64", 57, True),
    ("aarch64", 198, True), ("aarch64", 203, True), ("aarch64", 117, True), ("aarch64", 64, False),
    ("aarch64", 221, True), ("aarch64", 435, True),
])  # fmt: skip
def test_filter_judges_each_machine_by_its_own_numbers(machine: str, number: int, is_refused: bool) -> None:
    calls = CALLS[machine]
    verdict = interpret(calls.audit_machine, number, machine=machine)
    assert (verdict != ALLOW) is is_refused
    other = CALLS["aarch64" if machine == "x86_64" else "x86_64"]
    assert interpret(other.audit_machine, number, machine=machine) == 0x80000000


def interpret(audit_machine: int, number: int, *, machine: str, first: int = 0) -> int:
    """Run the filter as the kernel would."""
    steps = list(build_filter(CALLS[machine], own_id=4242, may_start_programs=False))
    fields = {0: number, 4: audit_machine, 16: first}
    compare: dict[int, Callable[[int, int], bool]] = {
        0x15: lambda left, right: left == right,
        0x35: lambda left, right: left >= right,
        0x45: lambda left, right: bool(left & right),
    }
    place = word = 0
    while True:
        code, if_true, if_false, value = steps[place]
        place += 1
        if code == 0x06:
            return value
        if code == 0x20:
            word = fields[value]
        else:
            place += if_true if compare[code](word, value) else if_false
