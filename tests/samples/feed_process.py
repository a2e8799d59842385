"""The feed's process as production runs it, on a folder and a broker of the test's own; no database is near."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from governance.stack.applications import pick_free_port
from governance.stack.paths import CHECKOUT

READY_SECONDS = 40


@contextmanager
def run_feed_process(
    folder: Path, *, var: Path, broker_url: str, port: int | None = None
) -> Iterator[tuple[str, int]]:
    """Serve `folder`, at a free port or the one given; gives host and port once it answers."""
    port = port or pick_free_port()
    options = ("--bind", f"127.0.0.1:{port}", "--worker-class", "asgi", "--worker-connections", "15000")
    ends = ("--keep-alive", "75", "--graceful-timeout", "1", "--no-control-socket")
    environ = {
        **os.environ,
        "NEXUS_VAR": str(var),
        "FEED_DIR": str(folder),
        "BROKER_URL": broker_url,
        # Nobody listens there: whatever asked the database would fail.
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    }
    var.mkdir(parents=True, exist_ok=True)
    with (var / "feed.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, *ends, "governance.asgi:application"],
            cwd=CHECKOUT,
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(port, process=process, log=var / "feed.log")
        yield "127.0.0.1", port
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(port: int, *, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise AssertionError(f"the feed's process did not come up: {log.read_text(errors='replace')}")
