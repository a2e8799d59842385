"""The state of one walk through a plugin: budget, frames, what is running, and how acts are recorded.

The classes built on it, in order: expressions, invocations, statements. It decides nothing about code.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.domain import (
    HOLE,
    NO_TRICKS,
    UNKNOWN,
    Frame,
    Function,
    Klass,
    Mark,
    Marks,
    Tricks,
    Unit,
    Value,
    blend,
    join,
    texts_of,
)
from scanners.python.recorder import Entry, Node, Recorder
from scanners.sources import Source

GUARDED = frozenset([Trick.GUARDED])
PASSING = frozenset([Label.ARGUMENT, Label.TIME, Label.RANDOM, Label.INPUT, Label.LISTING])
LOOPING = frozenset([Trick.LOOP])
ANSWERED = frozenset([Act.NETWORK_SEND, Act.MESSAGE_ADDRESS])
FAVOURED = frozenset([Trick.FAVOURED])


class TooComplex(Exception):
    """A module asks for more steps than any honest one; what is known of it so far stays."""


class Machine(ABC):
    """Everything the walk knows while it stands at one place."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.steps = 0
        self.step_limit = limits.PYTHON_STEPS_PER_MODULE
        self.followed = 0  # steps spent on following calls with their arguments
        self.follow_limit = limits.PYTHON_STEPS_FOLLOWED_FLOOR
        self.unit: Unit | None = None
        self.frame = Frame(unit=None)
        self.owner: Node = ("", 0)
        self.scope = ""
        self.tricks: Tricks = NO_TRICKS  # what holds for every act here: behind a guard, in an endless loop
        self.is_dead = False
        self.unanswered: set[ast.AST] = set()  # calls whose result the code throws away
        self.depth = 0
        self.loops = 0
        self.results: list[Value] = []  # what the running function returns
        self.sensitivity = 0  # of the running function: 1 calls on its arguments, 2 acts on them or returns them
        self.effects: list[tuple[Act, tuple[str, int, int], str, Marks]] = []  # its acts that depend on its arguments
        self.has_duplicated = False  # a standard stream was made a copy of another
        self.written: dict[str, set[Mark]] = {}  # what was written to a path or variable, followed across the plugin
        self.layers: dict[tuple[str, int, str], int] = {}
        self.layer_depth = 0
        self.errors: list[str] = []
        self.pending: list[Function] = []
        self.regrown: dict[str, set[str]] = {}  # containers of a module that functions put something into
        self.dirty: dict[Function, None] = {}
        self.install_nodes: set[Node] = set()
        self.shipped: Mapping[str, Source] = {}  # files that are no code, by path

    # What the classes above provide.

    @abstractmethod
    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what an expression stands for."""

    @abstractmethod
    def call_value(self, callee: Value, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what calling a value gives, and record what that does."""

    @abstractmethod
    def run_block(self, statements: list[ast.stmt]) -> bool:
        """Run statements; say whether the block leaves its surroundings."""

    @abstractmethod
    def run_layer(self, text: str, node: ast.AST) -> Value:
        """Run text that the plugin runs as code."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""

    @abstractmethod
    def assign_owner(self, node: ast.expr, value: Value) -> None:
        """Bind what a container or client goes by, when it has a name."""

    @abstractmethod
    def make_sequence(self, values: Sequence[Value], node: ast.AST) -> Value:
        """Return a sequence of known members."""

    # Places and marks.

    @property
    def path(self) -> str:
        """Return the path of the file the walk is in."""
        return self.unit.path if self.unit is not None else ""

    @property
    def here(self) -> Unit:
        """Return the module the walk is in; raises TooComplex outside of any."""
        if self.unit is None:
            raise TooComplex
        return self.unit

    def line_of(self, node: ast.AST) -> int:
        """Return the line of the plugin's own file."""
        base = self.unit.base_line if self.unit is not None else 0
        return base or int(getattr(node, "lineno", 1))

    def mark(self, label: Label, node: ast.AST, *, name: str = "") -> Mark:
        """Return a mark for a source at this place."""
        return Mark(label, self.path, self.line_of(node), name[: limits.PYTHON_REFERENCE])

    def charge(self, characters: int) -> None:
        """Count the work of a large text."""
        self.steps += characters >> 6
        if self.steps > self.step_limit:
            raise TooComplex

    # Acts.

    def emit(
        self,
        act: Act,
        node: ast.AST,
        *,
        detail: Value | str = "",
        sources: Iterable[Value] = (),
        tricks: Tricks = NO_TRICKS,
    ) -> None:
        """Record an act, once for every constant its detail can be."""
        blended = blend(sources)
        if isinstance(detail, Value):
            tricks = tricks | detail.tricks
            texts = texts_of(detail) if detail.consts else ("",)
            if is_given(detail):
                self.sensitivity = 2
        else:
            texts = (detail,)
        depends = is_given(blended)
        if depends:
            self.sensitivity = 2
        line = self.line_of(node)
        base = self.unit.base_line if self.unit is not None else 0
        end_line = base or int(getattr(node, "end_lineno", None) or line)
        for text in texts:
            entry = Entry(owner=self.owner, scope=self.scope, is_dead=self.is_dead)
            entry.marks.update(blended.marks)
            entry.tricks.update(tricks | self.tricks)
            if act in ANSWERED and node in self.unanswered:
                entry.tricks.add(Trick.UNANSWERED)
            shown = text[: limits.DETAIL_CHARACTERS]
            self.recorder.add(act, place=(self.path, line, end_line), detail=shown, entry=entry)
            if depends:
                self.effects.append((act, (self.path, line, end_line), shown, blended.marks))

    # Files.

    def path_names(self, path: Value, node: ast.expr | None) -> list[str]:
        """Return what a file is known by: its path, or the variable that holds it."""
        names = [text for text in texts_of(path) if path.consts and text.replace(HOLE, "").strip("./")]
        if isinstance(node, ast.Name) and not names:
            names.append(f"{HOLE}{node.id}")
        return [f"{self.path}:{self.scope}:{name}" if name.startswith(HOLE) else name for name in names]

    def write_path(self, path: Value, content: Value, node: ast.expr | None) -> None:
        """Remember what was written to a file."""
        kept = {item for item in content.marks if item.label not in PASSING}
        if kept:
            for name in self.path_names(path, node):
                self.written.setdefault(name, set()).update(kept)

    def read_written(self, path: Value, node: ast.expr | None) -> Value:
        """Return what was written to a file before."""
        if not self.written:
            return UNKNOWN
        found = [self.written[name] for name in self.path_names(path, node) if name in self.written]
        return Value(marks=frozenset().union(*found)) if found else UNKNOWN

    # Names.

    def bind(self, name: str, value: Value) -> None:
        """Bind a name in the running frame, or in the one it was declared to live in."""
        frame = self.frame.outer.get(name)
        if frame is None:
            frame = self.frame
            if frame.log is not None and name not in frame.log:
                frame.log[name] = frame.names.get(name)
            frame.names[name] = value
        else:
            if is_given(value):
                self.sensitivity = 2
            frame.names[name] = join(frame.names.get(name), value)

    def bind_owner(self, name: str, value: Value) -> None:
        """Bind what a container goes by where that name lives; who reads it there is looked at once more."""
        frame: Frame | None = self.frame
        while frame is not None and name not in frame.names:
            frame = frame.parent
        if frame is None or frame is self.frame or name in self.frame.outer:
            self.bind(name, value)
            return
        if is_given(value):
            self.sensitivity = 2
        known = frame.names[name]
        frame.names[name] = join(known, value)
        if value.marks - known.marks or len(value.things) > len(known.things):
            self.regrown.setdefault(self.path, set()).add(name)

    def find(self, name: str) -> Value | None:
        """Return what a name is bound to; a function does not see the class around it."""
        frame: Frame | None = self.frame
        is_first = True
        while frame is not None:
            if is_first or not frame.is_class:
                value = frame.names.get(name)
                if value is not None:
                    return value
            is_first = False
            frame = frame.parent
        return None

    def find_member(self, klass: Klass, name: str, *, depth: int = 0) -> Value | None:
        """Return what a class or its own bases define under a name."""
        value = klass.frame.names.get(name)
        if value is not None or depth > 8:
            return value
        for base in klass.bases:
            for thing in base.things:
                if isinstance(thing, Klass) and thing is not klass:
                    found = self.find_member(thing, name, depth=depth + 1)
                    if found is not None:
                        return found
        return None

    def foreign_bases(self, klass: Klass, *, depth: int = 0) -> list[str]:
        """Return the dotted names of the classes outside the plugin that a class is built on."""
        names: list[str] = []
        for base in klass.bases:
            names += base.refs
            for thing in base.things:
                if isinstance(thing, Klass) and thing is not klass and depth < 8:
                    names += self.foreign_bases(thing, depth=depth + 1)
        return names

    def write_field(self, klass: Klass, name: str, value: Value) -> None:
        """Add to what an attribute of a class's instances can be; who read it is looked at once more."""
        if is_given(value):
            self.sensitivity = 2
        known = klass.fields.get(name)
        joined = join(known, value)
        klass.fields[name] = joined
        if (
            known is None
            or joined.marks != known.marks
            or joined.refs != known.refs
            or len(joined.things) != len(known.things)
            or joined.consts != known.consts
        ):
            for reader in klass.readers:
                self.dirty[reader] = None

    # Branches.

    def begin_branch(self) -> dict[str, Value | None] | None:
        """Start to keep what names meant before; returns what to give back to end_branch."""
        outer = self.frame.log
        self.frame.log = {}
        return outer

    def end_branch(self, outer: dict[str, Value | None] | None) -> dict[str, Value]:
        """Take back every change since the branch began, and return the changed names with their new values."""
        frame = self.frame
        log = frame.log or {}
        changed = {name: frame.names[name] for name in log if name in frame.names}
        for name, value in log.items():
            if value is None:
                frame.names.pop(name, None)
            else:
                frame.names[name] = value
        frame.log = outer
        return changed

    def adopt(self, branches: list[dict[str, Value]]) -> None:
        """Let names mean what any of the branches, all ways of getting here, made of them."""
        names = {name: None for branch in branches for name in branch}
        for name in names:
            before = self.frame.names.get(name)
            values = [branch.get(name, before) for branch in branches]
            result: Value | None = None
            for value in values:
                result = value if result is None else join(result, value)
            self.bind(name, result or UNKNOWN)


def is_given(value: Value) -> bool:
    """Say whether a value comes from a parameter that nobody knows here."""
    return any(item.label is Label.ARGUMENT for item in value.marks)
