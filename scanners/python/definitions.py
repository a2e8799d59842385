"""Runs definitions and imports: functions, classes, names of modules.

A class body runs where it stands; a function only when somebody calls it, or by itself at the end.
"""

import ast
from abc import abstractmethod

from scanners.python.assignments import Assignments
from scanners.python.domain import (
    UNKNOWN,
    Frame,
    Function,
    Instance,
    Klass,
    Unit,
    Value,
    join,
    mark,
    sequence_of,
    setter_of,
)
from scanners.python.effects_hooks import BROKERS
from scanners.python.expressions import module_frame
from scanners.python.invocations import node_of
from scanners.python.invoked import find_kind
from scanners.python.lookups import LOOKED_UP, spell_module

_INSTALLERS = (
    "install develop build_py egg_info sdist build_ext bdist_wheel Command build install_lib BuildHookInterface "
    "easy_install editable_wheel bdist_egg install_scripts"
)
INSTALLERS = tuple(_INSTALLERS.split())
BUILD_HOOKS = frozenset(
    [
        "build_wheel",
        "build_sdist",
        "build_editable",
        "get_requires_for_build_wheel",
        "get_requires_for_build_sdist",
        "prepare_metadata_for_build_wheel",
        "get_requires_for_build_editable",
        "pdm_build_initialize",
        "pdm_build_hook_enabled",
    ]
)


class Definitions(Assignments):
    """The walk, as far as definitions and imports go."""

    def run_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Define a function and hand it to its decorators."""
        function = self.make_function(node, node.name)
        value = Value(things=(function,))
        kinds = set()
        for decorator in reversed(node.decorator_list):
            decorating = self.evaluate(decorator)
            leaf = decorating.refs[0].rpartition(".")[2] if decorating.refs else ""
            attribute = decorator.attr if isinstance(decorator, ast.Attribute) else leaf
            if attribute in ("property", "cached_property", "setter", "staticmethod", "classmethod"):
                kinds.add("property" if "property" in attribute else attribute)
                continue
            if decorating.things or self.is_known(decorating):
                value = join(value, self.call_value(decorating, decorator, [value], {}))
        function.kinds = frozenset(kinds)
        if "setter" in kinds:
            self.frame.names[setter_of(node.name)] = value
            return False
        if node.name in BUILD_HOOKS and not self.scope:
            self.install_nodes.add(node_of(function))
        self.bind(node.name, value)
        return False

    def is_known(self, value: Value) -> bool:
        """Say whether calling a foreign name does anything that is recorded."""
        return any(
            ref.split(".")[0] in BROKERS
            or ref.startswith(("builtins.e", "os.", "subprocess.", "atexit.", "threading."))
            for ref in value.refs
        )

    def run_class(self, node: ast.ClassDef) -> bool:
        """Define a class: its body runs now, its methods when somebody calls them."""
        bases = tuple(self.evaluate(base) for base in node.bases)
        for keyword in node.keywords:
            self.evaluate(keyword.value)
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        frame = Frame(unit=self.unit, parent=self.frame, is_class=True)
        klass = Klass(node.name, frame, bases, node.body)
        saved = self.frame, self.scope
        self.frame, self.scope = frame, f"{self.scope}.{node.name}" if self.scope else node.name
        try:
            self.run_block(node.body)
        finally:
            self.frame, self.scope = saved
        is_installer = any(ref.endswith(INSTALLERS) for ref in self.foreign_bases(klass))
        for value in frame.names.values():
            for thing in value.things:
                if isinstance(thing, Function) and thing.frame is frame:
                    thing.klass = klass
                    if is_installer:
                        self.install_nodes.add(node_of(thing))
        self.bind(node.name, Value(things=(klass,)))
        self.run_reduction(klass, node)
        return False

    def run_reduction(self, klass: Klass, node: ast.ClassDef) -> None:
        """Call what a class names for its copies and pickles to be made by, when that is somebody else's function."""
        for name in ("__reduce__", "__reduce_ex__"):
            member = klass.frame.names.get(name)
            if member is None or not member.things:
                continue
            made = self.call_value(member, node, [Value(things=(Instance(klass),)), UNKNOWN], {})
            parts = sequence_of(made)
            if parts and any(find_kind(ref) is not None for ref in parts[0].refs):
                given = sequence_of(parts[1]) if len(parts) > 1 else None
                self.call_value(mark(parts[0], tricks=LOOKED_UP), node, list(given or ()), {})

    def run_global(self, node: ast.Global) -> bool:
        """Let names live in the module."""
        for name in node.names:
            self.frame.outer[name] = module_frame(self.frame)
        return False

    def run_nonlocal(self, node: ast.Nonlocal) -> bool:
        """Let names live in the function around this one."""
        for name in node.names:
            frame = self.frame.parent
            while frame is not None and name not in frame.names:
                frame = frame.parent
            if frame is not None:
                self.frame.outer[name] = frame
        return False

    # Imports.

    def run_import(self, node: ast.Import) -> bool:
        """Bind modules."""
        for alias in node.names:
            value = self.import_value(alias.name)
            if alias.asname:
                self.bind(alias.asname, value)
            else:
                top = alias.name.split(".")[0]
                self.bind(top, self.import_value(top))
        return False

    def run_import_from(self, node: ast.ImportFrom) -> bool:
        """Bind names of a module, the plugin's own or a foreign one."""
        dotted = self.absolute(node.module or "", node.level)
        own = self.find_module(dotted)
        for alias in node.names:
            if alias.name == "*":
                self.import_star(dotted, own)
                continue
            self.bind(alias.asname or alias.name, self.import_name(dotted, alias.name, own))
        return False

    def import_name(self, dotted: str, name: str, own: Value | None) -> Value:
        """Return one name of a module."""
        if own is not None:
            unit = own.things[0]
            found = unit.frame.names.get(name) if isinstance(unit, Unit) else None
            if found is not None:
                return found
        submodule = self.find_module(f"{dotted}.{name}" if dotted else name)
        if submodule is not None:
            return submodule
        if own is not None or not dotted:
            return UNKNOWN
        return self.import_value(f"{spell_module(dotted)}.{name}")

    def import_star(self, dotted: str, own: Value | None) -> None:
        """Bind every name of a module."""
        unit = own.things[0] if own is not None else None
        if isinstance(unit, Unit):
            for name, value in list(unit.frame.names.items()):
                if not name.startswith("_"):
                    self.bind(name, value)
            self.frame.stars += [star for star in unit.frame.stars if star not in self.frame.stars]
        else:
            self.frame.stars.append(spell_module(dotted))

    @abstractmethod
    def absolute(self, module: str, level: int) -> str:
        """Return the full name of a module that is imported relative to this one."""
