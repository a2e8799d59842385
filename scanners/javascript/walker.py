"""The state of one walk over a plugin's scripts: where it is, what it may still cost, and what it has recorded.

It dispatches nodes to readers and never decides what one means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scanners import limits
from scanners.facts import Act, Context, Label, Trick
from scanners.javascript.authenticating import marks_for
from scanners.javascript.recording import Recorder
from scanners.javascript.scopes import Scope
from scanners.javascript.texts import unescape
from scanners.javascript.values import NO_MARKS, NO_TRICKS, UNKNOWN, Function, Mark, Marks, Value, deep_marks, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.modules import Module, Program

Circumstances = tuple[Context, bool, bool, bool]  # when, behind a guard, in an endless loop, for somebody
Reader = Callable[["Walker", "Node"], Value]


class Follow(Protocol):
    """Follows a call into a function of the plugin; `loop` says that it is called again and again."""

    def __call__(
        self,
        walker: Walker,
        function: Function,
        args: Sequence[Value],
        *,
        this: Value | None,
        context: Context | None = None,
        loop: bool = False,
    ) -> Value:
        """Return what the call is worth."""
        ...


class Apply(Protocol):
    """Calls any value, whether of the plugin, the platform or nobody knows."""

    def __call__(
        self, walker: Walker, callee: Value, base: Value, name: str | None, args: list[Value], node: Node
    ) -> Value:
        """Return what the call is worth."""
        ...


class TooComplexError(Exception):
    """A script needs more steps than one script gets."""


class TooDeepError(Exception):
    """A script nests deeper than a reader can follow."""


@dataclass(slots=True, eq=False)
class Frame:
    """One call, or one script's top level."""

    module: Module
    scope: Scope
    name: str
    context: Context
    number: int = 0
    this: Value | None = None
    guarded: int = 0
    looped: int = 0
    favoured: int = 0
    branch: int = 0
    returns: list[Value] = field(default_factory=list)
    thrown: list[Value] = field(default_factory=list)
    callbacks: list[tuple[Function, list[Value]]] = field(default_factory=list)


class Walker:
    """Reads nodes in the order in which they run, as far as that can be said."""

    def __init__(self, program: Program, *, readers: dict[str, Reader], follow: Follow, apply: Apply) -> None:
        self.program = program
        self.readers = readers
        self.follow = follow
        self.apply = apply
        self.recorder = Recorder()
        self.frame: Frame
        self.steps = 0
        self.total = 0
        self.depth = 0
        self.calls = 0
        self.frames = 0
        self.layers: list[tuple[str, int, str]] = []
        self.layer_depth = 0
        self.is_again = False
        self.unfollowed: list[str] = []
        self.module_depth = limits.SCRIPT_CALL_DEPTH * 2
        self.pending: list[Function] = []
        self.timers: list[tuple[Function, Context]] = []
        self.visited: set[tuple[str, int, int]] = set()
        self.contexts: dict[tuple[str, int, int], dict[tuple[object, ...], Value]] = {}
        self.label_sets: dict[tuple[str, int, int], list[tuple[Circumstances, frozenset[Label]]]] = {}
        self.kept: list[tuple[tuple[Value, ...], Value | None, Scope]] = []
        self.running: list[tuple[str, int, int]] = []
        self.written: dict[str, Marks] = {}  # what was written to a path

    def reset(self, frame: Frame) -> None:
        """Begin anew in a frame, with the budget of one script; raises when the plugin's is gone."""
        self.frame = frame
        self.total += self.steps
        self.steps = 0 if self.total < limits.SCRIPT_TOTAL_STEPS else limits.SCRIPT_FILE_STEPS
        self.depth = 0
        self.layer_depth = 0
        self.is_again = False
        self.running = []

    def read(self, node: Node) -> Value:
        """Return what an expression may be worth, or UNKNOWN for a statement; raises when a budget is gone."""
        self.steps += 1
        if self.steps > limits.SCRIPT_FILE_STEPS:
            raise TooComplexError
        reader = self.readers.get(node.type)
        if reader is None:
            return self.read_parts(node)
        self.depth += 1
        if self.depth > limits.SCRIPT_NESTING:
            raise TooDeepError
        value = reader(self, node)
        self.depth -= 1
        return value

    def read_parts(self, node: Node) -> Value:
        """Read every part of a node nobody knows, and return the marks of all of them."""
        if node.child_count == 0:
            return UNKNOWN
        self.depth += 1
        if self.depth > limits.SCRIPT_NESTING:
            raise TooDeepError
        marks = union(*[deep_marks(self.read(part)) for part in node.named_children])
        self.depth -= 1
        return Value(marks=marks) if marks else UNKNOWN

    def text(self, node: Node) -> str:
        """Return the source text of a node of the script that is being read; a name without its escapes."""
        module = self.frame.module
        text = module.spelled.get(node.id)
        if text is None:
            text = module.content[node.start_byte : node.end_byte].decode("utf-8", "replace")
            if "\\" in text and node.type.endswith("identifier"):
                text = unescape(text)
            if len(text) < limits.SCRIPT_NAME_CHARACTERS:
                module.spelled[node.id] = text
        return text

    def line(self, node: Node) -> int:
        """Return the line of the plugin's own file for a node."""
        return self.frame.module.base_line or node.start_point.row + 1

    def mark(self, label: Label, node: Node, *, name: str = "") -> Mark:
        """Return where a label enters, and what a secret is called there."""
        return (label, self.frame.module.path, self.line(node), name[: limits.SCRIPT_NAME_CHARACTERS])

    def marks(self, labels: tuple[Label, ...], node: Node) -> Marks:
        """Return where labels enter."""
        return frozenset(self.mark(label, node) for label in labels) if labels else NO_MARKS

    def record(
        self,
        act: Act,
        node: Node,
        *,
        detail: str = "",
        marks: Marks = NO_MARKS,
        tricks: frozenset[Trick] = NO_TRICKS,
    ) -> None:
        """Record that something happens at a node, under the circumstances of the frame."""
        frame = self.frame
        if frame.guarded:
            tricks |= {Trick.GUARDED}
        if frame.looped:
            tricks |= {Trick.LOOP}
        if frame.favoured:
            tricks |= {Trick.FAVOURED}
        if act is Act.FILE_WRITE and detail and marks:
            self.written[detail] = union(self.written.get(detail, NO_MARKS), marks)
        self.recorder.add(frame, act, node, detail=detail, marks=marks_for(act, marks), tricks=tricks)

    def declare(self, name: str, value: Value, *, scope: Scope | None = None) -> None:
        """Bind a name in a scope, by default the innermost."""
        frame = self.frame
        (scope or frame.scope).declare(name, frame=frame.number, branch=frame.branch, value=value)
