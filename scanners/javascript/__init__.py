"""The JavaScript and TypeScript pass: reads scripts and yields facts about what they do, in the words of `facts.py`.

It never runs anything, opens nothing, and never judges.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanners import limits
from scanners.facts import Context, Fact
from scanners.javascript.assembly import READERS
from scanners.javascript.calls import apply
from scanners.javascript.functions import call, enter
from scanners.javascript.loading import run_module
from scanners.javascript.modules import Module, Program, is_dead_place
from scanners.javascript.obfuscation import note_obfuscation
from scanners.javascript.parameters import unknown_arguments
from scanners.javascript.parsing import parse_script
from scanners.javascript.scopes import Scope
from scanners.javascript.values import Function
from scanners.javascript.walker import Frame, TooComplexError, TooDeepError, Walker
from scanners.sources import Source


@dataclass(frozen=True, slots=True)
class ScriptPass:
    """What the scripts do; `layers` are path, line and text of everything constant that runs as code."""

    facts: tuple[Fact, ...]
    layers: tuple[tuple[str, int, str], ...]
    errors: tuple[str, ...]


def read_scripts(
    scripts: Sequence[Source],
    *,
    entry_points: Sequence[str],
    install_files: frozenset[str] = frozenset(),
    shipped: Mapping[str, str] | None = None,
) -> ScriptPass:
    """Return the facts of all scripts together; what could not be read is an error, `path: reason`.

    `shipped` are the texts beside the scripts, by path, which a script may read.
    """
    errors: list[str] = []
    modules = parse_all(scripts, errors)
    walker = Walker(Program(modules, shipped or {}), readers=READERS, follow=call, apply=apply)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, limits.SCRIPT_RECURSION))
    try:
        for module in in_order(modules, entry_points=entry_points, install_files=install_files):
            read_module(walker, module, errors)
        read_pending(walker, errors)
        read_timers(walker, errors)
    finally:
        sys.setrecursionlimit(limit)
    for module in modules.values():
        note_obfuscation(walker, module)
    errors += dict.fromkeys(walker.unfollowed)
    return ScriptPass(walker.recorder.finish(), tuple(walker.layers), tuple(dict.fromkeys(errors)))


def parse_all(scripts: Sequence[Source], errors: list[str]) -> dict[str, Module]:
    """Return every script that parses as a module; a guess need not parse."""
    modules: dict[str, Module] = {}
    for script in sorted(scripts, key=lambda source: (source.path, source.base_line)):
        if script.text is None:
            continue
        parsed = parse_script(script.text, path=script.path)
        if script.is_guess and (parsed is None or parsed.broken):
            continue
        if parsed is None:
            errors.append(f"{script.path}: too complex to parse")
            continue
        if parsed.broken:
            errors.append(f"{script.path}: line {parsed.broken} does not parse")
        key = script.path if script.path not in modules else f"{script.path}:{script.base_line}:{len(modules)}"
        modules[key] = Module(script.path, parsed.content, parsed.root, Scope(None, is_function=True), script.base_line)
    return modules


def in_order(modules: dict[str, Module], *, entry_points: Sequence[str], install_files: frozenset[str]) -> list[Module]:
    """Return modules as they run: at installation, then entry points, then the rest; tests and documents last."""
    entries = [path for path in entry_points if path in modules]
    live = sorted(
        path for path in modules if path not in install_files and path not in entries and not is_dead_place(path)
    )
    dead = sorted(path for path in modules if path not in install_files and path not in entries and is_dead_place(path))
    for path in dead:
        modules[path].context = Context.DEAD
    installed = sorted(install_files & modules.keys())
    for path in installed:
        modules[path].context = Context.INSTALL
    return [modules[path] for path in [*installed, *entries, *live, *dead]]


def read_module(walker: Walker, module: Module, errors: list[str]) -> None:
    """Read one module's top level, unless another has asked for it before."""
    walker.reset(Frame(module, module.scope, "", module.context))
    try:
        run_module(walker, module)
    except TooComplexError:
        errors.append(f"{module.path}: too complex to follow")
    except TooDeepError:
        errors.append(f"{module.path}: nested too deeply to follow")


def read_pending(walker: Walker, errors: list[str]) -> None:
    """Read every function that nobody called, as somebody else may call it."""
    position = 0
    while position < len(walker.pending):
        function = walker.pending[position]
        position += 1
        key = (function.module.path, function.node.start_byte, function.module.base_line)
        if key in walker.visited:
            continue
        module = function.module
        context = Context.DEAD if module.context is Context.DEAD else Context.RUNTIME
        walker.reset(Frame(module, function.scope, "", context))
        try:
            read_uncalled(walker, function)
        except TooComplexError:
            errors.append(f"{module.path}: too complex to follow")
        except TooDeepError:
            errors.append(f"{module.path}: nested too deeply to follow")


def read_timers(walker: Walker, errors: list[str]) -> None:
    """Read again what runs again and again: by then other functions have stored what it takes."""
    for function, context in walker.timers:
        if function.node.end_byte - function.node.start_byte > limits.SCRIPT_CALL_BYTES:
            continue
        walker.reset(Frame(function.module, function.scope, function.name, context))
        try:
            enter(walker, function, [], this=None, context=None, loop=True)
        except (TooComplexError, TooDeepError):
            errors.append(f"{function.module.path}: too complex to follow")


def read_uncalled(walker: Walker, function: Function) -> None:
    """Read one function with arguments known only by their names."""
    call(walker, function, unknown_arguments(walker, function), this=function.this)
