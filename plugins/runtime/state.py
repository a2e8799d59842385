"""What a runtime must remember across a crash: the newest feed, what runs, what is off, and what it still has to say.
Written whole and at once; a file that cannot be read is refused, never replaced by an empty one."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from .canonical import parse_json
from .errors import CanonicalError, StateCorrupt

FORMAT = 1
MAX_STATE_BYTES = 64 * 1024 * 1024
REFUSED_KEPT = 100

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Installed:
    """A version the bot runs, or would run were it not switched off; `installed_at` is RFC 3339."""

    publisher: str
    plugin: str
    version: str
    artifact_sha256: str
    installed_at: str


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """A block that was obeyed, remembered so that its end can be acknowledged after it left the feed."""

    publisher: str
    plugin: str
    version: str
    block: str
    takedown: str

    def is_about(self, installed: Installed) -> bool:
        """Whether this block was obeyed for exactly that installation."""
        return (self.publisher, self.plugin, self.version) == (
            installed.publisher,
            installed.plugin,
            installed.version,
        )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed statement on its way: `path` is where it goes, below the runtime API."""

    path: str
    statement: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement the platform will never take, and its code for why."""

    path: str
    code: str
    statement: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuntimeState:
    """Everything of one bot; the feed is kept as its signed statement and checked again when it is read."""

    bot: str
    sequence: int = 0
    blocks_digest: str | None = None
    etag: str | None = None
    feed: Mapping[str, str] | None = None
    installed: tuple[Installed, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    outbox: tuple[Outgoing, ...] = ()
    refused: tuple[Refused, ...] = ()

    def find_installed(self, publisher: str, plugin: str) -> Installed | None:
        """The one version of a plugin the bot has, or None."""
        return next((item for item in self.installed if (item.publisher, item.plugin) == (publisher, plugin)), None)

    def obeyed_for(self, installed: Installed) -> tuple[SwitchedOff, ...]:
        """The blocks for which an installation is off; none means it is on."""
        return tuple(item for item in self.switched_off if item.is_about(installed))

    def without(self, installed: Installed) -> "RuntimeState":
        """This state after an installation is gone, and what was remembered about it."""
        return replace(
            self,
            installed=tuple(item for item in self.installed if item != installed),
            switched_off=tuple(item for item in self.switched_off if not item.is_about(installed)),
        )

    def saying(self, *outgoing: Outgoing) -> "RuntimeState":
        """This state with statements added at the end of the outbox."""
        return replace(self, outbox=self.outbox + outgoing)


class StateFile:
    """The state of one bot and its file, always equal. Only one process may have it open."""

    def __init__(self, path: Path, *, bot: str) -> None:
        """Read the file, or begin anew where there is none; raises StateCorrupt."""
        self.path = path
        self.state = _load(path, bot=bot)

    def commit(self, state: RuntimeState) -> None:
        """Make `state` the one that survives; after a crash either the old or the new one is there, whole."""
        data = json.dumps({"format": FORMAT, **asdict(state)}, ensure_ascii=True).encode("ascii")
        _write_atomically(self.path, data=data)
        self.state = state


def _load(path: Path, *, bot: str) -> RuntimeState:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return RuntimeState(bot=bot)
    try:
        state = _build(parse_json(data, max_bytes=MAX_STATE_BYTES))
    except (CanonicalError, KeyError, TypeError, ValueError) as error:
        raise StateCorrupt(f"{path.name} cannot be read ({error}); restore it or enrol the bot anew") from error
    if state.bot != bot:
        raise StateCorrupt(f"{path.name} is the state of another bot")
    return state


def _build(values: Any) -> RuntimeState:
    if values.pop("format") != FORMAT:
        raise ValueError("it has another format")
    rows: dict[str, Callable[..., Any]] = {
        "installed": Installed,
        "switched_off": SwitchedOff,
        "outbox": Outgoing,
        "refused": Refused,
    }
    lists: dict[str, Any] = {name: _build_rows(values.pop(name), kind=kind) for name, kind in rows.items()}
    state = RuntimeState(**values, **lists)
    if type(state.sequence) is not int or state.sequence < 0:
        raise ValueError("its sequence is no number")
    return state


def _build_rows(rows: list[dict[str, Any]], *, kind: Callable[..., _Row]) -> tuple[_Row, ...]:
    if not all(isinstance(value, str | dict) for row in rows for value in row.values()):
        raise ValueError("a row holds something other than text")
    return tuple(kind(**row) for row in rows)


def _write_atomically(path: Path, *, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    # Without this the rename itself may be lost with the power.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
