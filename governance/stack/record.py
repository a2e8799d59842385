"""What a running stack writes down about itself, so that another terminal can ask.

Holds process numbers and addresses, never a password."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from governance.stack.children import ChildInfo


@dataclass(frozen=True)
class Record:
    """The supervisor, where its stack answers, and its processes."""

    pid: int
    addresses: dict[str, str]
    processes: list[ChildInfo]


def write_record(var: Path, record: Record) -> None:
    """Replace the record in one step: a reader sees the old one or the new one."""
    path = _record_path(var)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read_record(var: Path) -> Record | None:
    """The record of the stack in `var`, None when there is none."""
    try:
        found = json.loads(_record_path(var).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    children = [ChildInfo(**child) for child in found["processes"]]
    return Record(pid=found["pid"], addresses=found["addresses"], processes=children)


def remove_record(var: Path) -> None:
    """Forget a stack that has stopped."""
    _record_path(var).unlink(missing_ok=True)


def _record_path(var: Path) -> Path:
    return var / "run" / "stack.json"
