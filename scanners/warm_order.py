"""What an owner asks its warm process for, and what came of it: plain values, and their way through JSON.

The order comes from our own process and is believed; nothing of it comes from a plugin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self


class AnswerState(StrEnum):
    OK = "ok"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call or a tool ended: what it answered, or why not; seconds of wall and CPU, bytes, layers in force.

    `details` has every layer's name, whether it is in force, and its version or why not. `status` is the process's as
    the kernel gives it, None when it was never seen to end.
    """

    state: AnswerState
    value: dict[str, Any] | None = None
    detail: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    layers: tuple[str, ...] = ()
    details: tuple[tuple[str, bool, str], ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One child to fork.

    `function` is a registered name, empty for a tool. `folder` is where a tool starts; `reads` may be read besides the
    system's own, `needs` may be run from and must be reachable for a stranger's uid. `keys` name the open files.
    """

    function: str
    scratch: Path
    folder: Path
    seconds: float
    cpu_seconds: int
    memory_bytes: int
    reads: tuple[Path, ...] = ()
    needs: tuple[Path, ...] = ()
    keys: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the order as JSON takes it."""
        return {
            "function": self.function,
            "scratch": str(self.scratch),
            "folder": str(self.folder),
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "memory_bytes": self.memory_bytes,
            "reads": list(map(str, self.reads)),
            "needs": list(map(str, self.needs)),
            "keys": list(self.keys),
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """Return the order that `to_dict` made."""
        return cls(
            function=fields["function"],
            scratch=Path(fields["scratch"]),
            folder=Path(fields["folder"]),
            seconds=fields["seconds"],
            cpu_seconds=fields["cpu_seconds"],
            memory_bytes=fields["memory_bytes"],
            reads=make_paths(fields["reads"]),
            needs=make_paths(fields["needs"]),
            keys=tuple(fields["keys"]),
        )


def make_paths(names: Sequence[str]) -> tuple[Path, ...]:
    """Return names as paths."""
    return tuple(map(Path, names))
