"""What a runtime must remember across a crash: what it believes, what runs, what is off, and what it still has to say.
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
from .fields import is_digest

FORMAT = 2
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
    """Everything of one bot; what was signed is kept as it came and checked again when it is read.

    `base` is the digest of the base kept beside this file, or None for the empty one; `stopped` is off because the
    feed had expired, not because of a block.
    """

    bot: str
    sequence: int = 0
    digest: str | None = None
    etag: str | None = None
    root: Mapping[str, str] | None = None
    freshness: Mapping[str, str] | None = None
    base: str | None = None
    changes: tuple[Mapping[str, Any], ...] = ()
    installed: tuple[Installed, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    stopped: tuple[Installed, ...] = ()
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
            stopped=tuple(item for item in self.stopped if item != installed),
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

    def keep_base(self, data: bytes, *, sha256: str) -> None:
        """Keep a base's bytes under their digest, before any state names them."""
        self._bases.mkdir(mode=0o700, exist_ok=True)
        _write_atomically(self._bases / sha256, data=data)

    def read_base(self, sha256: str) -> bytes:
        """The bytes kept under a digest; raises OSError."""
        return (self._bases / sha256).read_bytes()

    def drop_bases(self, *, keep: str | None) -> None:
        """Remove every base but one; a crash before this leaves files, never a state without its base."""
        if self._bases.is_dir():
            for path in self._bases.iterdir():
                if path.name != keep:
                    path.unlink(missing_ok=True)

    @property
    def _bases(self) -> Path:
        return self.path.with_name(self.path.name + ".bases")


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
        "stopped": Installed,
        "outbox": Outgoing,
        "refused": Refused,
    }
    lists: dict[str, Any] = {name: _build_rows(values.pop(name), kind=kind) for name, kind in rows.items()}
    changes = values.pop("changes")
    if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
        raise ValueError("its changes are no list of objects")
    state = RuntimeState(**values, **lists, changes=tuple(changes))
    if type(state.sequence) is not int or state.sequence < 0:
        raise ValueError("its sequence is no number")
    if state.base is not None and not is_digest(state.base):
        raise ValueError("its base is no digest")  # it names a file
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
