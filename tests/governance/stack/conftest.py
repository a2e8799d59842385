"""Data folders of their own for stacks, and clients that know nothing but the stack's environment."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from governance.stack.folders import PRIVATE_PLACE
from governance.stack.paths import run_dir
from governance.stack.supervisor import Servers

ADDRESSES = ("DATABASE_URL", "BROKER_URL", "EMAIL_URL", "PUBLIC_URL", "NEXUS_VAR", "NEXUS_BIND")


@pytest.fixture(scope="session")
def environ() -> dict[str, str]:
    """The caller's environment without any address: every server is the stack's own."""
    return {name: value for name, value in os.environ.items() if name not in ADDRESSES}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own tmp_path."""
    with make_open_folder() as folder:
        yield folder


@pytest.fixture
def var(open_folder: Path) -> Path:
    """Where a stack of this test's own keeps its data."""
    return open_folder / "var"


@pytest.fixture(scope="session")
def running(environ: dict[str, str]) -> Iterator[Servers]:
    """Servers that run for all the tests which only look at them."""
    with make_open_folder() as folder, Servers(folder / "var", environ) as servers:
        yield servers


@pytest.fixture
def connect() -> Callable[[Servers], psycopg.Connection]:
    """Opens a session as the platform does."""
    return lambda servers: psycopg.connect(
        host=str(run_dir(servers.var)), user="nexus", dbname="nexus", autocommit=True
    )


@contextlib.contextmanager
def make_open_folder() -> Iterator[Path]:
    """A folder that every user may enter, removed at the end with what its stack kept elsewhere."""
    folder = Path(tempfile.mkdtemp(prefix="nexus-test-"))
    folder.chmod(0o755)
    yield folder
    remove_stacks_under(folder)


def remove_stacks_under(folder: Path) -> None:
    shutil.rmtree(run_dir(folder / "var"), ignore_errors=True)
    for name in ("postgres", "valkey"):
        target = (folder / "var" / name).resolve()
        if target.is_relative_to(PRIVATE_PLACE):
            shutil.rmtree(target)
    shutil.rmtree(folder)
