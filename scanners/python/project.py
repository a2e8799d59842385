"""Walks all modules of one plugin: finds its own modules by name, follows decoded layers, and says when code runs.

Every module has a budget; one that is beyond it or beyond the stack is an error, and what was found stays.
"""

import ast
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

from scanners import limits
from scanners.facts import Context, Fact
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.domain import UNKNOWN, Frame, Function, Unit, Value
from scanners.python.machine import TooComplex
from scanners.python.recorder import Node, reach
from scanners.python.statements import Statements
from scanners.sources import Source

DEAD_FOLDERS = frozenset(
    ["tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "samples", "demo"]
)
INSTALL_NAMES = frozenset(["setup.py", "hatch_build.py", "sitecustomize.py", "usercustomize.py", "_build_backend.py"])
MODULE_LINES, MAIN_LINES = 0, -1
OWN_FOLDER = "{own}"  # where the plugin itself lies, in a path
# Over budget; and what a constant made to break the walk could still raise: the module is unread, never the scan.
UNFOLLOWED = (TooComplex, RecursionError, *UNCOMPUTABLE)


class Project(Statements):
    """The walk through one plugin."""

    def __init__(self, modules: Sequence[Source], *, shipped: Sequence[Source] = ()) -> None:
        super().__init__()
        self.shipped = {source.path: source for source in shipped}
        self.units: dict[str, Unit] = {}
        self.names: dict[str, Unit] = {}
        self.roots: dict[str, str] = {}
        self.imports: dict[str, set[str]] = {}
        self.texts = {module.path: module.text or "" for module in modules}
        self.walked: list[Function] = []
        folders = {str(PurePosixPath(module.path).parent) for module in modules if module.path.endswith("__init__.py")}
        for module in sorted(modules, key=lambda item: item.path):
            if module.tree is not None:
                self.add(module, module.tree, folders=folders)
        size = sum(len(text) for text in self.texts.values())
        self.follow_limit = max(limits.PYTHON_STEPS_FOLLOWED_FLOOR, size // limits.PYTHON_CHARACTERS_PER_STEP)

    def add(self, module: Source, tree: ast.Module, *, folders: set[str]) -> None:
        """Take a module in, under its name below the folder that is its root."""
        path = PurePosixPath(module.path)
        root = path.parent
        while str(root) in folders and root != root.parent:
            root = root.parent
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1:] == ["__init__"]:
            parts.pop()
        frame = Frame(unit=None)
        unit = Unit(path=module.path, name=".".join(parts), tree=tree, frame=frame, base_line=module.base_line)
        frame.unit = unit
        self.units[module.path] = unit
        self.roots[module.path] = str(root)
        self.names.setdefault(f"{root}:{unit.name}", unit)
        self.names.setdefault(unit.name, unit)
        full = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        self.names.setdefault(full, unit)

    def find_module(self, dotted: str) -> Value | None:
        """Return one of the plugin's own modules, looked at first if it has not been yet."""
        here = self.roots.get(self.path, "")
        unit = self.names.get(f"{here}:{dotted}")
        if unit is None and dotted.split(".", maxsplit=1)[0] not in sys.stdlib_module_names:
            unit = self.names.get(dotted)
        if unit is None or (unit.path == self.path and not unit.name):
            return None
        if unit.path != self.path:
            self.imports.setdefault(self.path, set()).add(unit.path)
            if not self.is_dead:
                self.recorder.connect(self.owner, (unit.path, MODULE_LINES))
        self.start(unit)
        return Value(things=(unit,))

    def absolute(self, module: str, level: int) -> str:
        """Return the full name of a module that is imported relative to this one."""
        if not level or self.unit is None:
            return module
        parts = self.unit.name.split(".")
        is_folder = self.unit.path.endswith("__init__.py")
        kept = parts[: len(parts) - level + (1 if is_folder else 0)]
        return ".".join(part for part in (*kept, module) if part)

    def start(self, unit: Unit) -> None:
        """Run a module's own lines, once."""
        if unit.is_started:
            return
        unit.is_started = True
        saved = (self.unit, self.frame, self.owner, self.scope, self.tricks, self.results, self.loops, self.is_dead,
                 self.step_limit, self.sensitivity, self.effects)  # fmt: skip
        self.unit, self.frame, self.owner, self.scope = unit, unit.frame, (unit.path, MODULE_LINES), ""
        self.tricks, self.results, self.loops, self.is_dead = frozenset(), [], 0, False
        self.step_limit = min(self.steps + limits.PYTHON_STEPS_PER_MODULE, limits.PYTHON_STEPS)
        try:
            self.predefine(unit)
            self.run_block(unit.tree.body)
        except UNFOLLOWED:
            self.fail(unit.path)
        finally:
            (self.unit, self.frame, self.owner, self.scope, self.tricks, self.results, self.loops, self.is_dead,
             self.step_limit, self.sensitivity, self.effects) = saved  # fmt: skip

    def predefine(self, unit: Unit) -> None:
        """Let imports be known to functions that are called before the line they stand on."""
        unit.frame.names["__file__"] = Value(consts=(f"{OWN_FOLDER}/{unit.path}",))
        unit.frame.names["__name__"] = UNKNOWN

    def fail(self, path: str) -> None:
        """Remember that a module was not followed to its end."""
        message = f"{path}: too complex to follow"
        if message not in self.errors:
            self.errors.append(message)

    def run_layer(self, text: str, node: ast.AST) -> Value:
        """Run text that the plugin runs as code, with the names that are known here."""
        path, line = self.path, self.line_of(node)
        key = (path, line, text)
        if key in self.layers or self.unit is None:
            return UNKNOWN
        if sum(1 for known in self.layers if known[0] == path) >= limits.LAYERS_PER_FILE:
            message = f"{path}: runs over {limits.LAYERS_PER_FILE} texts as code"
            if message not in self.errors:
                self.errors.append(message)
            return UNKNOWN
        self.layers[key] = self.layer_depth
        tree = parse_layer(text) if self.layer_depth < limits.FOLD_LAYERS else None
        if tree is None:
            return UNKNOWN
        self.charge(len(text) * 16)
        saved = self.unit
        self.unit = Unit(path=path, name=saved.name, tree=tree, frame=saved.frame, base_line=line)
        self.layer_depth += 1
        try:
            last = tree.body[-1] if tree.body else None
            self.run_block(tree.body)
            return self.evaluate(last.value) if isinstance(last, ast.Expr) and len(tree.body) == 1 else UNKNOWN
        finally:
            self.unit = saved
            self.layer_depth -= 1

    def walk(self) -> None:
        """Look at every module and every function in it."""
        for unit in self.units.values():
            self.start(unit)
        self.walk_pending()
        self.find_readers()
        dirty, self.dirty = list(self.dirty), {}
        for function in dirty:
            if function.returns is not None:
                function.returns = None
                function.known.clear()
                self.pending.append(function)
        self.walk_pending()

    def find_readers(self) -> None:
        """Have those functions looked at again that read a container which others have put something into."""
        for function in self.walked:
            names = self.regrown.get(function.unit.path)
            if names and any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(function.node)):
                self.dirty[function] = None

    def walk_pending(self) -> None:
        """Look at functions nobody has called, each with its module's budget."""
        spent: dict[str, int] = {}
        done = 0
        while done < len(self.pending):
            function = self.pending[done]
            done += 1
            path = function.unit.path
            left = limits.PYTHON_STEPS_PER_MODULE - spent.get(path, 0)
            if function.returns is not None:
                continue
            before = self.steps
            self.step_limit = min(before + left, limits.PYTHON_STEPS)
            try:
                self.look_at(function)
            except UNFOLLOWED:
                self.fail(path)
            spent[path] = spent.get(path, 0) + self.steps - before
        self.walked += self.pending
        self.pending.clear()

    def finish(self, *, entry_points: Sequence[str]) -> tuple[Fact, ...]:
        """Return the facts, each with the moment it runs."""
        live = self.find_live(entry_points)
        roots: dict[Node, Context] = dict.fromkeys(self.install_nodes, Context.INSTALL)
        for path in self.units:
            name = PurePosixPath(path).name
            is_install = name in INSTALL_NAMES or name.endswith(".pth")
            context = Context.INSTALL if is_install else Context.IMPORT if path in live else Context.DEAD
            if name == "__main__.py" and not is_install and context is Context.IMPORT:
                context = Context.RUNTIME
            roots[path, MODULE_LINES] = context
            roots[path, MAIN_LINES] = Context.INSTALL if is_install else Context.RUNTIME
        for node in self.install_nodes:
            roots[node] = Context.INSTALL
        contexts = reach(self.recorder.edges, roots=roots)
        dead = frozenset(path for path in self.units if path not in live)
        lines = {path: text.split("\n") for path, text in self.texts.items()}
        return self.recorder.finish(contexts=contexts, lines=lines, dead=dead)

    def find_live(self, entry_points: Sequence[str]) -> set[str]:
        """Return the modules that run: those outside tests and examples, and everything those import."""
        named = {point.partition(":")[0] for point in entry_points}
        pending = [
            path
            for path, unit in self.units.items()
            if not is_dead_path(path) or unit.name in named or path.removesuffix(".py").replace("/", ".") in named
        ]
        if not pending:
            pending = list(self.units)
        live: set[str] = set()
        while pending:
            path = pending.pop()
            if path not in live:
                live.add(path)
                pending += self.imports.get(path, ())
        return live


def is_dead_path(path: str) -> bool:
    """Say whether a file is a test, documentation or an example by its place."""
    parts = PurePosixPath(path).parts
    if any(part.lower() in DEAD_FOLDERS for part in parts[:-1]):
        return True
    name = parts[-1].lower() if parts else ""
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def parse_layer(text: str) -> ast.Module | None:
    """Return text as a tree, or None when it is too large or no Python."""
    if len(text) > limits.SOURCE_BYTES:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Not Python after all: that it is run is a fact already, there is nothing more to look at.
        return None
