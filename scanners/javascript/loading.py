"""Follows require and import: into the plugin's own modules, to names of the platform, or to what nobody knows.

A module is read once, when it is first asked for, as Node does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Context, Label, Trick
from scanners.javascript.modules import CODE_FILE, Module, canonical_module
from scanners.javascript.recording import RANKS
from scanners.javascript.scopes import Binding
from scanners.javascript.shipped import find_text, parse_json
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, UNKNOWN, Value, deep_marks, union
from scanners.javascript.walker import Frame

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

HIDING = frozenset({Trick.JOINED, Trick.DECODED, Trick.LOOKED_UP, Trick.ALIASED})
ADDRESS = re.compile(r"^(https?|data|blob):", re.IGNORECASE)


def load_module(walker: Walker, wanted: Value, node: Node, *, tricks: frozenset[Trick] = frozenset()) -> Value:
    """Return what a module is worth; a computed name or one of no script is recorded."""
    name = as_text(wanted)
    marks = deep_marks(wanted)
    if name is None or HOLE in name or ADDRESS.match(name):
        walker.record(Act.CODE_LOAD, node, detail=name or "", marks=marks, tricks=tricks)
        return Value(marks=marks) if marks else UNKNOWN
    own = walker.program.resolve(name, importer=walker.frame.module.path)
    if own is not None:
        return run_module(walker, own)
    tricks = tricks | (wanted.tricks & HIDING)
    held = load_data(walker, name, node)
    if held is not None:
        return held
    if any(mark[0] is Label.FILE for mark in marks):
        tricks = tricks | {Trick.NAMED_IN_DATA}
    written = walker.written.get(name)
    if written is not None:
        walker.record(Act.CODE_LOAD, node, detail=name, marks=union(marks, written), tricks=tricks)
    if name.endswith(".node"):
        walker.record(Act.NATIVE_LOAD, node, detail=name, marks=marks, tricks=tricks)
    elif name.startswith((".", "/", "~", "%")) and not CODE_FILE.search(name.rstrip("./")):
        walker.record(Act.CODE_LOAD, node, detail=name, marks=marks, tricks=tricks)
    if name.startswith((".", "/")):
        return Value(path="?" + re.sub(r"\.\w+$", "", name.rsplit("/", 1)[-1]))
    return Value(path=canonical_module(name), tricks=tricks)


def load_data(walker: Walker, name: str, node: Node) -> Value | None:
    """Return what a shipped file of data holds, or None for all else."""
    text = find_text(walker, name) if name.endswith((".json", ".json5")) and name.startswith(".") else None
    return parse_json(text, marks=walker.marks((Label.FILE,), node)) if text is not None else None


def run_module(walker: Walker, module: Module) -> Value:
    """Return what a module exports, after reading it when nobody has."""
    context = max(walker.frame.context, module.context, key=RANKS.__getitem__)
    if walker.frame.context is not Context.DEAD and context in (Context.DEAD, Context.RUNTIME):
        context = Context.IMPORT
    if not module.is_started and len(walker.running) < walker.module_depth:
        module.is_started = True
        enter_module(walker, module, context=context)
    return module.exported()


def enter_module(walker: Walker, module: Module, *, context: Context) -> None:
    """Read a module's top level."""
    outer = walker.frame
    walker.frames += 1
    scope = module.scope
    walker.frame = Frame(module, scope, "", context, walker.frames, module.exports)
    module.holder.props["exports"] = module.exports
    folder = module.path.rpartition("/")[0] or "."
    bound = {
        "module": Value(path="module", shape=module.holder),
        "exports": module.exports,
        "__dirname": Value("./" + folder if folder != "." else "."),
        "__filename": Value("./" + module.path),
    }
    for name, value in bound.items():
        scope.names[name] = Binding(value, walker.frames, 0)
    module.context = context
    walker.running.append((module.path, -1, 0))
    walker.read(module.root)
    walker.running.pop()
    walker.frame = outer
