"""Runs a tool on hostile input: clean environment, private folders, kernel limits, and a clock that kills the group.

`apply_layers` is the one place where a stronger layer is added. Never runs anything the artifact brought.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scanners import limits
from scanners.errors import ToolFailed

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
PROJECT_ROOT = Path(__file__).resolve().parent.parent
# Loaded before any fork: the child may only make system calls.
_prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)


@dataclass(frozen=True, slots=True)
class ToolRun:
    """How a tool ended: its output up to the cap, the tail of its complaints, wall seconds."""

    returncode: int
    stdout: bytes
    stderr: str
    is_timed_out: bool
    is_output_cut: bool
    seconds: float


def run_tool(
    argv: Sequence[str], *, scratch: Path, folder: Path, seconds: float, executable: str | None = None
) -> ToolRun:
    """Run a tool in `folder` with private space in `scratch`, for at most `seconds` of wall clock.

    Raises ToolFailed when it cannot be started. A time-out is an answer, not an error.
    """
    started = time.monotonic()
    out_path, err_path = scratch / "stdout", scratch / "stderr"
    with out_path.open("xb") as out, err_path.open("xb") as err:
        try:
            process = subprocess.Popen(
                list(argv),
                executable=executable,
                cwd=folder,
                env=make_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=apply_layers,  # noqa: PLW1509 (makes system calls only, takes no lock)
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ToolFailed(f"{Path(argv[0]).name} did not start: {type(error).__name__}") from error
        is_timed_out = wait_or_kill(process, seconds=seconds)
    stdout, is_cut = read_capped(out_path, cap=limits.TOOL_OUTPUT_BYTES)
    return ToolRun(
        returncode=process.returncode,
        stdout=stdout,
        stderr=read_tail(err_path),
        is_timed_out=is_timed_out,
        is_output_cut=is_cut,
        seconds=time.monotonic() - started,
    )


def run_python(module: str, *args: str, scratch: Path, folder: Path, seconds: float) -> ToolRun:
    """Run one of our own modules as a tool; -P and -s keep the working folder and the user off its path."""
    argv = [sys.executable, "-P", "-s", "-B", "-X", "utf8", "-W", "ignore", "-m", module, *args]
    return run_tool(argv, scratch=scratch, folder=folder, seconds=seconds)


def wait_or_kill(process: "subprocess.Popen[bytes]", *, seconds: float) -> bool:
    """Wait for the tool, then end its whole session; returns whether its time ran out."""
    is_timed_out = False
    try:
        process.wait(timeout=max(seconds, 0))
    except subprocess.TimeoutExpired:
        is_timed_out = True
    # Also after a normal end: whatever the tool left running must not outlive the scan.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return is_timed_out


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


def apply_layers() -> None:
    """Confine the calling process, which is about to become a tool."""
    for name, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.TOOL_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, limits.TOOL_FILE_BYTES),
        (resource.RLIMIT_NOFILE, limits.TOOL_OPEN_FILES),
        (resource.RLIMIT_NPROC, limits.TOOL_PROCESSES),
        (resource.RLIMIT_AS, limits.TOOL_MEMORY_BYTES),
    ):
        lower_limit(name, value)
    os.umask(0o077)
    if _prctl is not None:
        # A worker that is killed must not leave a tool behind; a set-uid file must not widen it.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def lower_limit(name: int, value: int) -> None:
    """Set a limit, never above what the caller itself has."""
    hard = resource.getrlimit(name)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(name, (value, value))


def read_capped(path: Path, *, cap: int) -> tuple[bytes, bool]:
    """Return at most `cap` bytes of a file, and whether there was more."""
    with path.open("rb") as handle:
        data = handle.read(cap + 1)
    return data[:cap], len(data) > cap


def read_tail(path: Path) -> str:
    """Return the end of what a tool complained about, for an error text."""
    with path.open("rb") as handle:
        handle.seek(0, os.SEEK_END)
        handle.seek(max(handle.tell() - limits.TOOL_ERROR_BYTES, 0))
        return handle.read().decode("utf-8", "replace").strip()
