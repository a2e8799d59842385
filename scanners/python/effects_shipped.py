"""What calls do that read what a plugin ships: data, settings and resources stand for what they hold."""

import posixpath
from collections.abc import Callable

from scanners.python.domain import HOLE, Value, constant, from_names, mark, plain_of, texts_of
from scanners.python.effects_files import read_path
from scanners.python.effects_values import from_plain
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups
from scanners.python.shipped import OWN, find_shipped, parse_sections, parse_text, read_shipped


def load_data(machine: Lookups, call: Call) -> Value:
    """Return what a file or text of data holds."""
    value = call.argument(0, "fp", "s", "stream", "f")
    library = call.name.partition(".")[0]
    if "builtins.open()" in value.refs or "pathlib.Path()" in value.refs:
        value = read_shipped(machine, Value(consts=value.consts), value.marks)
    text = plain_of(value)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str):
        return machine.read_environment_whole(call.args, call.node, Value(marks=value.marks, tricks=value.tricks))
    machine.charge(len(text))
    like = Value(marks=value.marks, tricks=value.tricks)
    return from_plain(parse_text(library, text), like=like)


def read_ini(machine: Lookups, call: Call) -> Value:
    """Record settings that are read, and let their parser hold the sections of a shipped file."""
    result = read_path(machine, call)
    path = call.argument(0, "filenames", "source")
    source = find_shipped(machine, path)
    owner = getattr(getattr(call.node, "func", None), "value", None)
    sections = parse_sections(source)
    if owner is not None and sections:
        marks = result.marks | call.callee.marks
        held = {name: from_plain(dict(part), like=Value(marks=marks)) for name, part in sections.items()}
        members = from_names(held)
        machine.assign_owner(owner, Value(refs=call.callee.refs or (call.name.rpartition(".")[0],), items=members,
                                          marks=marks))  # fmt: skip
    return result


def read_resource(machine: Lookups, call: Call) -> Value:
    """Return what a file inside a module's folder holds, asked for by the module's name."""
    name = texts_of(call.argument(1, "resource", "path"))[0]
    folder = posixpath.dirname(machine.path)
    path = constant(f"{OWN}{posixpath.join(folder, name)}")
    marks = frozenset(item for item in call.argument(1).marks)
    return read_shipped(machine, path, marks) if name != HOLE else Value(marks=marks)


def open_resources(machine: Lookups, call: Call) -> Value:
    """Return the folder of a module as a path."""
    folder = posixpath.dirname(machine.path)
    return mark(Value(refs=("pathlib.Path()",), consts=(f"{OWN}{folder}".rstrip("/"),)), *call.argument(0).marks)


SHIPPED_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "load_data": load_data, "read_ini": read_ini, "resource": read_resource, "resources": open_resources,
}  # fmt: skip
