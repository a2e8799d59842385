"""What touches files: reads, writes, copies, walks and deletions, with what the path says about them.

Whether a path is a credential store is one list for all languages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Label
from scanners.javascript.performing import Call, Special, data_marks, evidence, result_of, run_callbacks, tricks_of
from scanners.javascript.shipped import find_text
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, Marks, Value, deep_marks, union
from scanners.stores import is_store

if TYPE_CHECKING:
    from scanners.javascript.walker import Walker

PERSISTS = re.compile(
    r"Start Menu[/\\]+Programs[/\\]+Startup|Library[/\\]+Launch(Agents|Daemons)|/etc/cron|/var/spool/cron"
    r"|/etc/systemd|\.config[/\\]+systemd|\.config[/\\]+autostart|/etc/(rc\.local|init\.d|profile)|authorized_keys$"
    r"|(^|[/\\])\.(bashrc|bash_profile|zshrc|profile|zprofile|bash_login)$",
    re.IGNORECASE,
)
ANALYSES = re.compile(
    r"/proc/self/status|/proc/cpuinfo|/sys/class/dmi|/proc/scsi|/\.dockerenv|/proc/1/cgroup|vboxguest|vmmouse|VBoxMouse",
    re.IGNORECASE,
)
PATH_CHARACTERS = 4_096  # no file system takes more; patterns stay cheap
LOOSE_NAME = re.compile(rf"{HOLE}$")
LOOSE_END = re.compile(rf"[/\\]+[^/\\]*{HOLE}[^/\\]*$")


def path_of(value: Value) -> str:
    """Return a path as evidence, without the scheme of a file address."""
    return evidence(value)[:PATH_CHARACTERS].removeprefix("file://")


def content_label(path: str) -> Label:
    """Return what reading a path gives."""
    return Label.CREDENTIALS if is_store(path) or is_store(LOOSE_END.sub("", path)) else Label.FILE


def read_file(walker: Walker, call: Call) -> Value:
    """Read a read of a file or database."""
    path = path_of(call.arg(0)) or path_of(call.option("filename"))
    marks = deep_marks(call.arg(0))
    walker.record(Act.FILE_READ, call.node, detail=path, marks=marks, tricks=tricks_of(call, call.arg(0)))
    note_analysis(walker, call, path)
    label = content_label(path)
    # Who reads whatever a store's path was joined into reads the store.
    inherited = frozenset(mark for mark in marks if mark[0] in (Label.CREDENTIALS, Label.MESSAGE, Label.NETWORK))
    content = find_text(walker, path) if call.name.startswith("readFile") else None
    value = Value(content, path="file#", marks=union(inherited, {walker.mark(label, call.node)}))
    run_callbacks(walker, call.args, value, first=1)
    return value


def note_analysis(walker: Walker, call: Call, path: str) -> None:
    """Record a path that tells a virtual machine from a real one."""
    found = ANALYSES.search(path)
    if found is not None:
        walker.record(Act.HOST_ANALYSIS, call.node, detail=found[0])


def write_file(walker: Walker, call: Call) -> Value:
    """Read a write of a file; the same text over every file of a list destroys what was in them."""
    target, content = call.arg(0), as_text(call.arg(1))
    found = deep_marks(target)
    is_same = content is not None and HOLE not in content and any(mark[0] is Label.LISTING for mark in found)
    if is_same and LOOSE_NAME.search(as_text(target) or HOLE) and not call.name.startswith(("append", "output")):
        walker.record(Act.FILE_DELETE, call.node, detail=path_of(target), marks=found)
    return record_write(walker, call, target, data_marks(call))


def record_write(walker: Walker, call: Call, target: Value, marks: Marks) -> Value:
    """Record a write and, when the place starts again by itself, persistence."""
    path = path_of(target)
    tricks = tricks_of(call, target)
    walker.record(Act.FILE_WRITE, call.node, detail=path, marks=marks, tricks=tricks)
    if PERSISTS.search(path):
        walker.record(Act.PERSISTENCE, call.node, detail=path, marks=marks, tricks=tricks)
    value = result_of(walker, call, place=path)
    run_callbacks(walker, call.args, Value(), first=9)
    return value


def copy_file(walker: Walker, call: Call) -> Value:
    """Read a copy: one file is read, another written."""
    path = path_of(call.arg(0))
    walker.record(
        Act.FILE_READ, call.node, detail=path, marks=deep_marks(call.arg(0)), tricks=tricks_of(call, call.arg(0))
    )
    return record_write(walker, call, call.arg(1), frozenset({walker.mark(content_label(path), call.node)}))


def open_stream(walker: Walker, call: Call) -> Value:
    """Read createWriteStream: what is written comes later."""
    return record_write(walker, call, call.arg(0), frozenset())


def touch_path(walker: Walker, call: Call) -> Value:
    """Read what deletes, walks or changes the mode of a path."""
    path = path_of(call.arg(0)) or path_of(call.option("cwd"))
    act = call.effect.act
    if act is not None:
        walker.record(act, call.node, detail=path, marks=deep_marks(call.arg(0)), tricks=tricks_of(call, call.arg(0)))
    extra = (
        frozenset({walker.mark(Label.CREDENTIALS, call.node)})
        if act is Act.FILE_WALK and is_store(path)
        else frozenset()
    )
    value = result_of(walker, call, extra=extra)
    run_callbacks(walker, call.args, value, first=1)
    return value


FILING: dict[str, Special] = {
    "read_file": read_file,
    "write_file": write_file,
    "copy_file": copy_file,
    "open_stream": open_stream,
    "at_path": touch_path,
}
