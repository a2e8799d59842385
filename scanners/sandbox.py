"""Runs a tool on hostile input: clean environment, private folders, and every layer the kernel has around it.

The layers are `sandbox_layers`; the process that forks is `warm`. Never runs anything the artifact brought.
"""

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from scanners import limits, warm
from scanners.errors import SandboxMissing, ToolFailed
from scanners.warm_child import INTERPRETER, PROJECT_ROOT
from scanners.warm_order import AnswerState

SCRIPT_MAGIC: Final = b"#!"


@dataclass(frozen=True, slots=True)
class ToolRun:
    """How a tool ended: its output up to the cap, the tail of its complaints, wall seconds, the layers that held it."""

    returncode: int
    stdout: bytes
    stderr: str
    is_timed_out: bool
    is_output_cut: bool
    seconds: float
    layers: tuple[str, ...] = ()


def run_tool(
    argv: Sequence[str],
    *,
    scratch: Path,
    folder: Path,
    seconds: float,
    executable: str | None = None,
    reads: Sequence[Path] = (),
    needs: Sequence[Path] = (),
) -> ToolRun:
    """Run a tool in `folder` with private space in `scratch`, for at most `seconds` of wall clock.

    It reads below `folder` and `reads`; `needs` are folders that it is made of besides its own and the system's.
    Raises ToolFailed when it cannot be started and SandboxMissing when nothing would hold it. A time-out is an
    answer, not an error.
    """
    program = Path(executable or argv[0])
    name = Path(argv[0]).name
    if not program.is_absolute():
        raise ToolFailed(f"{name} did not start: a tool is named by its whole path")
    # Read back through the descriptors: what lies under these names afterwards is the tool's choice.
    with (scratch / "stdout").open("x+b") as output, (scratch / "stderr").open("x+b") as complaints:
        tool = warm.ToolStart(
            executable=program,
            argv=argv,
            environment=make_environment(scratch),
            output=output.fileno(),
            complaints=complaints.fileno(),
        )
        needed = (*find_needs(program), *needs)
        answer = warm.run(tool, scratch=scratch, folder=folder, seconds=seconds, reads=reads, needs=needed)
        stdout, is_cut = read_capped(output, cap=limits.TOOL_OUTPUT_BYTES)
        stderr = read_tail(complaints)
    if answer.state is AnswerState.REFUSED:
        raise SandboxMissing(answer.detail)
    if answer.state is AnswerState.CRASHED:
        raise ToolFailed(f"{name} did not start: {answer.detail}")
    return ToolRun(
        returncode=-signal.SIGKILL if answer.status is None else os.waitstatus_to_exitcode(answer.status),
        stdout=stdout,
        stderr=stderr,
        is_timed_out=answer.state is AnswerState.TIMED_OUT,
        is_output_cut=is_cut,
        seconds=answer.seconds,
        layers=answer.layers,
    )


def run_python(
    module: str, *args: str, scratch: Path, folder: Path, seconds: float, reads: Sequence[Path] = ()
) -> ToolRun:
    """Run one of our own modules as a tool; -P and -s keep the working folder and the user off its path."""
    argv = [sys.executable, "-P", "-s", "-B", "-X", "utf8", "-W", "ignore", "-m", module, *args]
    # Not the whole checkout: settings, keys and uploads may lie in it.
    code = PROJECT_ROOT / module.partition(".")[0]
    return run_tool(argv, scratch=scratch, folder=folder, seconds=seconds, reads=reads, needs=[code])


def find_needs(program: Path) -> tuple[Path, ...]:
    """Return the folders a program is made of besides its own: the interpreter's for Python and for scripts."""
    try:
        with program.open("rb") as handle:
            is_script = handle.read(len(SCRIPT_MAGIC)) == SCRIPT_MAGIC
    except OSError:
        return ()
    is_python = program.resolve() == Path(sys.executable).resolve()
    return INTERPRETER if is_script or is_python else ()


def make_environment(scratch: Path) -> dict[str, str]:
    """Return the whole environment of a tool: nothing of ours leaks, and no git is within reach.

    A shipped `.git/config` can make semgrep's git call run a program of the plugin; semgrep does need `uname`.
    """
    home, bin_folder = scratch / "home", scratch / "bin"
    for folder in (home, bin_folder):
        folder.mkdir(mode=0o700, exist_ok=True)
    uname = shutil.which("uname")
    if uname and not (bin_folder / "uname").exists():
        (bin_folder / "uname").symlink_to(uname)
    return {
        "PATH": str(bin_folder),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONPATH": str(PROJECT_ROOT),
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
    }


def read_capped(handle: BinaryIO, *, cap: int) -> tuple[bytes, bool]:
    """Return at most `cap` bytes of a file, and whether there was more."""
    handle.seek(0)
    data = handle.read(cap + 1)
    return data[:cap], len(data) > cap


def read_tail(handle: BinaryIO) -> str:
    """Return the end of what a tool complained about, for an error text."""
    handle.seek(max(handle.seek(0, os.SEEK_END) - limits.TOOL_ERROR_BYTES, 0))
    return handle.read(limits.TOOL_ERROR_BYTES).decode("utf-8", "replace").strip()
