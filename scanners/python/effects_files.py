"""What calls on files do: which path is read, written, listed or removed, and what comes out of it.

A path that is written to remembers what was written, so that reading or starting it later knows.
"""

import ast
from collections.abc import Callable

from scanners.facts import Act, Label
from scanners.python.constants import concatenate, join_paths
from scanners.python.domain import HOLE, UNKNOWN, Mark, Value, blend, constant, mark, plain_of, text_of, texts_of
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups
from scanners.python.places import RUN_KEY, STARTUP, is_store, tidy_path
from scanners.python.shipped import read_shipped

WRITING = frozenset("wax+")
STEPS = constant("/")


def path_value(value: Value) -> Value:
    """Return a path as a folded text with slashes."""
    texts = tuple(dict.fromkeys(tidy_path(text_of(item)) for item in value.consts if isinstance(item, str | bytes)))
    return Value(consts=texts, marks=value.marks, tricks=value.tricks)


def content_marks(machine: Lookups, call: Call, path: Value, position: int = 0) -> frozenset[Mark]:
    """Return where the content of a file comes from: another program's secrets, or any file, or what was written."""
    is_secret = any(is_store(text) for text in texts_of(path_value(path)))
    label = Label.CREDENTIALS if is_secret else Label.FILE
    listed = {item for item in path.marks if item.label in (Label.LISTING, Label.ARGUMENT, Label.CREDENTIALS)}
    written = machine.read_written(path, call.argument_node(position))
    return frozenset([machine.mark(label, call.node), *listed, *written.marks])


def open_file(machine: Lookups, call: Call) -> Value:
    """Record a file that is opened; what is read from it or written to it goes through the value returned."""
    path = call.argument(0, "file", "path", "filename", "name")
    return open_path(machine, call, path, call.argument(1, "mode"))


def open_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is opened."""
    return open_path(machine, call, call.callee, call.argument(0, "mode"))


def open_path(machine: Lookups, call: Call, path: Value, mode_value: Value) -> Value:
    """Record a file that is opened in a mode."""
    mode = plain_of(mode_value)
    is_writing = isinstance(mode, str) and bool(WRITING & set(mode))
    if call.name == "os.open":
        is_writing = any(ref.endswith(("O_WRONLY", "O_RDWR", "O_CREAT")) for ref in mode_value.refs)
    shown = path_value(path)
    is_archive = call.name.startswith(("zipfile", "tarfile"))
    refs = ("zipfile.ZipFile()",) if is_archive else ("builtins.open()",)
    if is_writing:
        note_write(machine, call, path, UNKNOWN, 0)
        return Value(refs=refs, consts=shown.consts or path_key(call, 0), marks=path.marks)
    machine.emit(Act.FILE_READ, call.node, detail=shown, sources=[path], tricks=call.tricks)
    return Value(refs=refs, consts=shown.consts, marks=content_marks(machine, call, path))


def path_key(call: Call, position: int) -> tuple[str, ...]:
    """Return a name for a path that is not known, so that what is written to a variable's file is found again."""
    node = call.argument_node(position)
    name = getattr(node, "id", "")
    return (f"{HOLE}{name}",) if name else ()


def note_write(machine: Lookups, call: Call, path: Value, content: Value, position: int) -> None:
    """Record that something is written to a path, and that it starts again when that is a place for it."""
    shown = path_value(path)
    machine.emit(Act.FILE_WRITE, call.node, detail=shown, sources=[content], tricks=call.tricks)
    machine.write_path(path, content, call.argument_node(position))
    for text in shown.consts:
        if isinstance(text, str) and STARTUP.search(text) and not text.startswith("%TEMP%"):
            machine.emit(Act.PERSISTENCE, call.node, detail=text, sources=[content])


def write_open(machine: Lookups, call: Call) -> Value:
    """Record what is written to an open file."""
    content = blend([*call.args, *call.keywords.values()])
    subject = Value(consts=call.callee.consts)
    is_named = not any(isinstance(text, str) and text.startswith(HOLE) and text[2:].isidentifier()
                       for text in subject.consts)  # fmt: skip
    machine.emit(Act.FILE_WRITE, call.node, detail=subject if is_named else "", sources=[content], tricks=call.tricks)
    machine.write_path(subject, content, None)
    return UNKNOWN


def read_open(machine: Lookups, call: Call) -> Value:
    """Return what is read from an open file."""
    marks, tricks = call.callee.marks, call.callee.tricks
    if call.name != "builtins.open().read":
        return Value(marks=marks, tricks=tricks)
    content = read_shipped(machine, call.callee, marks)
    return Value(consts=content.consts, is_whole=content.is_whole, marks=marks, tricks=tricks)


def read_handle(machine: Lookups, handle: Value) -> Value:
    """Return what an open file that the plugin ships holds; anything else as it is."""
    if "builtins.open()" not in handle.refs:
        return handle
    content = read_shipped(machine, handle, handle.marks)
    return content if content.consts else handle


def read_path(machine: Lookups, call: Call) -> Value:
    """Record a file that is read by its path."""
    path = call.argument(0, "database", "filename", "filenames", "fp", "path", "filepath_or_buffer", "f", "con")
    shown = path_value(path)
    machine.emit(Act.FILE_READ, call.node, detail=shown, sources=[path], tricks=call.tricks)
    return Value(refs=(f"{call.name}()",), consts=shown.consts, marks=content_marks(machine, call, path) | path.marks)


def read_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is read."""
    machine.emit(Act.FILE_READ, call.node, detail=path_value(call.callee), sources=[call.callee], tricks=call.tricks)
    return read_shipped(machine, call.callee, content_marks(machine, call, call.callee, 99))


def write_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is written."""
    note_write(machine, call, call.callee, call.argument(0, "data"), 99)
    return UNKNOWN


def copy_file(machine: Lookups, call: Call) -> Value:
    """Record a file that is copied: read at one place, written at another."""
    source, target = call.argument(0, "src", "fsrc"), call.argument(1, "dst", "fdst")
    machine.emit(Act.FILE_READ, call.node, detail=path_value(source), sources=[source], tricks=call.tricks)
    content = Value(marks=content_marks(machine, call, source) | source.marks)
    note_write(machine, call, target, content, 1)
    return Value(consts=target.consts, is_whole=target.is_whole, refs=target.refs, marks=target.marks)


def move_file(machine: Lookups, call: Call) -> Value:
    """Record a file that is moved, linked or renamed."""
    source, target = call.argument(0, "src"), call.argument(1, "dst")
    written = machine.read_written(source, call.argument_node(0))
    note_write(machine, call, target, Value(marks=written.marks | store_marks(machine, call, source)), 1)
    return target


def store_marks(machine: Lookups, call: Call, path: Value) -> frozenset[Mark]:
    """Return the mark of another program's secrets when a path names them."""
    if any(is_store(text) for text in texts_of(path_value(path))):
        return frozenset([machine.mark(Label.CREDENTIALS, call.node)])
    return frozenset()


def move_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is renamed."""
    written = machine.read_written(call.callee, None)
    note_write(machine, call, call.argument(0, "target"), written, 0)
    return call.argument(0, "target")


def pack(machine: Lookups, call: Call) -> Value:
    """Record a folder that is packed into an archive."""
    source = call.argument(2, "root_dir", "base_dir")
    machine.emit(Act.FILE_READ, call.node, detail=path_value(source), sources=[source])
    content = Value(marks=content_marks(machine, call, source, 2) | source.marks)
    target = concatenate([call.argument(0, "base_name"), constant("."), call.argument(1, "format")])
    note_write(machine, call, target, content, 0)
    return Value(consts=target.consts, marks=target.marks)


def unpack_archive(machine: Lookups, call: Call) -> Value:
    """Record files that an archive writes."""
    target = call.argument(1 if call.name.startswith("shutil") else 0, "path", "extract_dir")
    machine.emit(Act.FILE_WRITE, call.node, detail=path_value(target), sources=[call.callee, *call.args[:1]])
    return Value(consts=target.consts, marks=target.marks)


def delete(machine: Lookups, call: Call) -> Value:
    """Record a file or folder that is removed."""
    path = call.argument(0, "path")
    machine.emit(Act.FILE_DELETE, call.node, detail=path_value(path), sources=[path], tricks=call.tricks)
    return UNKNOWN


def delete_file(machine: Lookups, call: Call) -> Value:
    """Record a file that is removed; at the place of a whole folder there is none, so that is no detail."""
    path = call.argument(0, "path")
    is_file = not any(text.strip("/~") == "" for text in texts_of(path_value(path)))
    detail = path_value(path) if is_file else UNKNOWN
    machine.emit(Act.FILE_DELETE, call.node, detail=detail, sources=[path], tricks=call.tricks)
    return UNKNOWN


def delete_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is removed."""
    machine.emit(Act.FILE_DELETE, call.node, detail=path_value(call.callee), sources=[call.callee])
    return UNKNOWN


def change_mode(machine: Lookups, call: Call) -> Value:
    """Record rights that are changed."""
    path = call.argument(0, "path")
    machine.emit(Act.FILE_MODE, call.node, detail=path_value(path), sources=[path, machine.read_written(path, None)])
    return UNKNOWN


def change_own_mode(machine: Lookups, call: Call) -> Value:
    """Record rights of a path object that are changed."""
    machine.emit(Act.FILE_MODE, call.node, detail=path_value(call.callee), sources=[call.callee])
    return UNKNOWN


def walk(machine: Lookups, call: Call) -> Value:
    """Record a folder that is listed; the names found are marked, below the folder where that is known."""
    return walk_path(machine, call, call.argument(0, "top", "path", "pathname"))


def walk_own(machine: Lookups, call: Call) -> Value:
    """Record a path object that is listed."""
    pattern = call.argument(0, "pattern")
    path = join_paths([call.callee, pattern]) if call.has(0, "pattern") else call.callee
    return walk_path(machine, call, path)


def walk_path(machine: Lookups, call: Call, path: Value) -> Value:
    """Record a folder that is listed and return what the listing holds."""
    shown = path_value(path)
    machine.emit(Act.FILE_WALK, call.node, detail=shown, sources=[path], tricks=call.tricks)
    found = machine.mark(Label.LISTING, call.node)
    stored = store_marks(machine, call, path)
    marks = frozenset([found, *path.marks, *stored])
    name = Value(marks=marks)
    if call.name.endswith(("iglob", "glob", "rglob")):
        is_object = call.name.startswith("pathlib.")
        below = Value(consts=shown.consts, refs=("pathlib.Path()",) if is_object else (), marks=marks)
        return Value(items=(below,), marks=marks)
    if call.name.endswith(("os.walk", "fwalk")):
        root = Value(consts=shown.consts, marks=marks)
        names = Value(items=(name,), marks=marks)
        return Value(items=(Value(items=(root, names, names), marks=marks),), marks=marks)
    below = join_paths([Value(consts=shown.consts, marks=marks), UNKNOWN])
    if call.name.endswith(("scandir", "iterdir", ".walk")):
        kind = "os.DirEntry()" if call.name.endswith("scandir") else "pathlib.Path()"
        return Value(items=(Value(consts=below.consts, refs=(kind,), marks=marks),), marks=marks)
    return Value(items=(name,), marks=marks)


def temporary(machine: Lookups, call: Call) -> Value:
    """Return a path of a temporary file or folder."""
    suffix = plain_of(call.argument(0, "suffix"))
    ending = suffix if isinstance(suffix, str) and suffix.startswith(".") else ""
    line = machine.line_of(call.node)
    path = "%TEMP%" if call.name.endswith("gettempdir") else f"%TEMP%/{HOLE}{line}{ending}"
    if call.name.endswith("mkstemp"):
        descriptor = Value(refs=("builtins.open()",), consts=(path,))
        return Value(items=(descriptor, Value(consts=(path,))))
    if call.name.endswith(("NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFile")):
        return Value(refs=("builtins.open()",), consts=(path,))
    return Value(consts=(path,))


def open_registry(machine: Lookups, call: Call) -> Value:
    """Return an open key of the Windows registry."""
    key = call.argument(1, "sub_key")
    return Value(refs=(f"{call.name}()",), consts=key.consts, marks=key.marks, tricks=key.tricks)


def read_registry(machine: Lookups, call: Call) -> Value:
    """Return what a registry key holds."""
    machine.emit(Act.HOST_INSPECT, call.node, detail=(call.argument(0).consts and texts_of(call.argument(0))[0]) or "")
    return Value(marks=frozenset([machine.mark(Label.HOST, call.node)]))


def write_registry(machine: Lookups, call: Call) -> Value:
    """Record a value written to the registry where programs are started from."""
    key, value = call.argument(0, "key"), call.argument(4, "value")
    texts = [text for item in (key, call.argument(1)) for text in texts_of(item)]
    for text in texts:
        if RUN_KEY.search(text.replace("\\\\", "\\")):
            machine.emit(Act.PERSISTENCE, call.node, detail=text, sources=[value], tricks=key.tricks)
            return UNKNOWN
    return UNKNOWN


def open_archive_member(machine: Lookups, call: Call) -> Value:
    """Record a file put into an archive: what is read there is in the archive from now on."""
    path = call.argument(0, "filename", "name")
    machine.emit(Act.FILE_READ, call.node, detail=path_value(path), sources=[path])
    content = Value(marks=content_marks(machine, call, path))
    machine.write_path(Value(consts=call.callee.consts), content, None)
    return mark(UNKNOWN, *content.marks)


def write_archive_text(machine: Lookups, call: Call) -> Value:
    """Record data put into an archive."""
    machine.write_path(Value(consts=call.callee.consts), call.argument(1, "data"), None)
    return UNKNOWN


def save(machine: Lookups, call: Call, content: Value) -> None:
    """Record what a foreign thing writes to a path, or puts into a file that is open or in memory."""
    for position, target in enumerate(call.args[:2]):
        node = call.argument_node(position)
        if "builtins.open()" in target.refs:
            note_write(machine, call, Value(consts=target.consts), content, 99)
        elif any(isinstance(text, str) and "." in text for text in target.consts):
            note_write(machine, call, target, content, position)
        elif isinstance(node, ast.Name) and not target.marks and not target.consts:
            machine.assign(node, mark(target, *content.marks))


FILE_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "open": open_file, "open_path": open_own, "read_path": read_path, "read_handle": read_own, "write_path": write_own,
    "write_handle": write_own, "copy": copy_file, "move": move_file, "move_handle": move_own, "archive": pack,
    "unarchive": unpack_archive, "delete": delete, "delete_file": delete_file, "delete_handle": delete_own,
    "mode": change_mode, "mode_handle": change_own_mode, "walk": walk, "walk_handle": walk_own, "temporary": temporary,
    "registry_open": open_registry, "registry_read": read_registry, "registry_write": write_registry,
    "write_open": write_open, "read_open": read_open, "zip_file": open_archive_member, "zip_text": write_archive_text,
}  # fmt: skip
