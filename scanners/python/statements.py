"""Runs statements: assignments, branches, loops, definitions, imports; each in bounded time.

Branches are joined, loops run at most twice, loops over known elements turn by turn.
"""

import ast
from collections.abc import Callable
from typing import Any

from scanners import limits
from scanners.facts import Act, Label
from scanners.python.constants import operate
from scanners.python.definitions import Definitions
from scanners.python.domain import (
    NO_TRICKS,
    NOTHING,
    UNKNOWN,
    Instance,
    Value,
    blend,
    elements,
    join,
    mark,
    sequence_of,
)
from scanners.python.effects_hooks import read_stream
from scanners.python.exhaustion import find_exhaustion
from scanners.python.machine import FAVOURED, GUARDED, LOOPING, TooComplex

LEAVING = frozenset(["sys.exit", "os._exit", "builtins.exit", "builtins.quit", "os.abort"])


class Statements(Definitions):
    """The walk, as far as statements go."""

    def __init__(self) -> None:
        super().__init__()
        self.runners: dict[type[ast.stmt], Callable[[Any], bool]] = {
            ast.Expr: self.run_expr,
            ast.Assign: self.run_assign,
            ast.AnnAssign: self.run_annassign,
            ast.AugAssign: self.run_augassign,
            ast.Return: self.run_return,
            ast.If: self.run_if,
            ast.For: self.run_for,
            ast.AsyncFor: self.run_for,
            ast.While: self.run_while,
            ast.Try: self.run_try,
            ast.TryStar: self.run_try,
            ast.With: self.run_with,
            ast.AsyncWith: self.run_with,
            ast.FunctionDef: self.run_function,
            ast.AsyncFunctionDef: self.run_function,
            ast.ClassDef: self.run_class,
            ast.Import: self.run_import,
            ast.ImportFrom: self.run_import_from,
            ast.Global: self.run_global,
            ast.Nonlocal: self.run_nonlocal,
            ast.Raise: self.run_raise,
            ast.Delete: self.run_delete,
            ast.Assert: self.run_assert,
            ast.Match: self.run_match,
            ast.Break: self.run_leave,
            ast.Continue: self.run_leave,
        }

    def run_block(self, statements: list[ast.stmt]) -> bool:
        """Run statements; say whether the block leaves its surroundings."""
        saved, leaves = self.tricks, False
        for statement in statements:
            self.steps += 1
            if self.steps > self.step_limit:
                raise TooComplex
            runner = self.runners.get(type(statement))
            # What follows is looked at all the same: whatever leaves here may be replaced, caught or suppressed.
            leaves |= runner is not None and runner(statement)
        self.tricks = saved
        return leaves

    def run_expr(self, node: ast.Expr) -> bool:
        """Run an expression for what it does."""
        if isinstance(node.value, ast.Constant):
            return False
        self.unanswered.update(discarded_calls(node.value))
        value = self.evaluate(node.value)
        return any(ref.removesuffix("()") in LEAVING for ref in value.refs)

    def run_leave(self, node: ast.stmt) -> bool:
        """Leave a loop."""
        return True

    def run_assign(self, node: ast.Assign) -> bool:
        """Bind every target."""
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, self.mark_alias(target, node.value, value))
        return False

    def run_annassign(self, node: ast.AnnAssign) -> bool:
        """Bind an annotated name."""
        if node.value is not None:
            value = self.evaluate(node.value)
            self.assign(node.target, self.mark_alias(node.target, node.value, value))
        elif self.frame.is_class and isinstance(node.target, ast.Name):
            self.bind(node.target.id, UNKNOWN)
        return False

    def run_augassign(self, node: ast.AugAssign) -> bool:
        """Bind a target to itself and something else."""
        before = self.evaluate(node.target)
        added = self.evaluate(node.value)
        value = operate(node.op, before, added)
        if value.consts and isinstance(value.consts[0], str | bytes | tuple):
            self.charge(len(value.consts[0]))
        if isinstance(node.op, ast.BitXor):
            value = mark(value, self.mark(Label.DECODED, node))
        self.assign(node.target, value)
        return False

    def run_return(self, node: ast.Return) -> bool:
        """Keep what is returned."""
        value = self.evaluate(node.value) if node.value is not None else NOTHING
        if isinstance(node.value, ast.Compare) and value.tricks & FAVOURED:
            self.emit(Act.USER_CHOSEN, node, detail="check")
        self.results.append(value)
        return True

    def run_raise(self, node: ast.Raise) -> bool:
        """Look at what is raised."""
        self.evaluate(node.exc)
        return True

    def run_assert(self, node: ast.Assert) -> bool:
        """Look at what is asserted."""
        self.evaluate(node.test)
        return False

    def run_delete(self, node: ast.Delete) -> bool:
        """Look at what is deleted; names stay, for a detour may hide behind it."""
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                self.evaluate(target.value)
        return False

    # Branches.

    def run_if(self, node: ast.If) -> bool:
        """Run both sides of a condition and join what they leave behind."""
        test = self.evaluate(node.test)
        is_main = is_main_test(node.test)
        is_dead = is_never(node.test)
        saved = self.tricks, self.is_dead, self.owner
        is_guarded = any(item.label in (Label.TIME, Label.HOST, Label.RANDOM) for item in test.marks)
        guards = (GUARDED if is_guarded else NO_TRICKS) | (test.tricks & FAVOURED)
        self.tricks |= guards
        self.is_dead = self.is_dead or is_dead
        if is_main and self.owner[1] == 0:
            self.owner = (self.owner[0], -1)
        outer = self.begin_branch()
        leaves = self.run_block(node.body)
        changed = self.end_branch(outer)
        self.tricks, self.is_dead, self.owner = saved
        if node.orelse:
            self.tricks |= guards
        outer = self.begin_branch()
        leaves_else = self.run_block(node.orelse)
        changed_else = self.end_branch(outer)
        self.tricks = saved[0] | guards if leaves else saved[0]
        branches = [names for names, is_left in ((changed, leaves), (changed_else, leaves_else)) if not is_left]
        self.adopt(branches or [changed, changed_else])
        return leaves and leaves_else and bool(node.orelse)

    def run_match(self, node: ast.Match) -> bool:
        """Run every case of a match."""
        subject = self.evaluate(node.subject)
        branches: list[dict[str, Value]] = [{}]
        for case in node.cases:
            outer = self.begin_branch()
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None)
                if isinstance(name, str):
                    self.bind(name, blend([subject]))
            self.evaluate(case.guard)
            self.run_block(case.body)
            branches.append(self.end_branch(outer))
        self.adopt(branches)
        return False

    def run_try(self, node: ast.Try | ast.TryStar) -> bool:
        """Run a block, and its handlers from anywhere inside it."""
        outer = self.begin_branch()
        leaves = self.run_block(node.body)
        if not leaves:
            leaves = self.run_block(node.orelse)
        changed = self.end_branch(outer)
        branches = [] if leaves else [changed]
        leave_handlers = []
        for handler in node.handlers:
            outer = self.begin_branch()
            self.adopt([changed, {}])
            if handler.name:
                self.bind(handler.name, UNKNOWN)
            leaves_handler = self.run_block(handler.body)
            leave_handlers.append(leaves_handler)
            names = self.end_branch(outer)
            if not leaves_handler:
                branches.append(names)
        self.adopt(branches or [changed])
        leaves_finally = self.run_block(node.finalbody)
        return leaves_finally or (leaves and all(leave_handlers))

    # Loops.

    def run_for(self, node: ast.For | ast.AsyncFor) -> bool:
        """Run a loop turn by turn where its elements and its effects are known, else once or twice."""
        source = read_stream(self, self.evaluate(node.iter), node.iter)
        source = self.read_environment_whole([source], node.iter, source)
        saved = self.tricks
        if any(ref in ("itertools.count()", "itertools.repeat()") for ref in source.refs):
            self.tricks |= LOOPING
            self.note_exhaustion(node)
        if not self.unroll_loop(node, source):
            self.repeat(node.body, lambda: self.assign(node.target, elements(source)))
        self.tricks = saved
        self.run_block(node.orelse)
        return False

    def unroll_loop(self, node: ast.For | ast.AsyncFor, source: Value) -> bool:
        """Run a loop over known elements turn by turn; say whether it was done."""
        members = sequence_of(source)
        if members is None or len(node.body) > 6 or not members:
            return False
        if len(members) > limits.PYTHON_ALTERNATIVES and not all(
            isinstance(part, ast.Assign | ast.AugAssign | ast.Expr) for part in node.body
        ):
            return False
        before = self.steps
        allowance = limits.PYTHON_UNROLLED * 24
        for turn, member in enumerate(members):
            self.assign(node.target, member)
            self.run_block(node.body)
            if self.steps - before > allowance or (turn == 1 and not self.is_computing(node.body)):
                self.repeat(node.body, lambda: self.assign(node.target, elements(source)))
                break
        return True

    def is_computing(self, body: list[ast.stmt]) -> bool:
        """Say whether the first turns of a loop left constants behind, so that more turns will too."""
        for statement in body:
            target = getattr(statement, "target", None) or getattr(statement, "targets", [None])[0]
            call = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                target = call.func.value
            if isinstance(target, ast.Name):
                value = self.find(target.id) or UNKNOWN
                if value.is_whole and len(value.consts) == 1:
                    return True
        return False

    def repeat(self, body: list[ast.stmt], prepare: Callable[[], None]) -> None:
        """Run a loop's body, and once more when the first turn changed what the second would see."""
        turns = 2 if self.loops < 1 else 1
        self.loops += 1
        try:
            for turn in range(turns):
                outer = self.begin_branch()
                prepare()
                before = dict(self.frame.log or {})
                self.run_block(body)
                log = dict(self.frame.log or {})
                changed = self.end_branch(outer)
                self.adopt([changed, {}])
                if turn == 0 and not any(
                    old is not None and name in changed and is_news(old, changed[name])
                    for name, old in log.items()
                    if name not in before
                ):
                    break
        finally:
            self.loops -= 1

    def note_exhaustion(self, node: ast.While | ast.For | ast.AsyncFor) -> None:
        """Record an endless loop that takes more of the machine at every turn."""
        used = find_exhaustion(node.body)
        if used:
            self.emit(Act.RESOURCE_EXHAUST, node, detail=used)

    def run_while(self, node: ast.While) -> bool:
        """Run a loop; one without a condition of its own never ends by itself."""
        saved = self.tricks, self.is_dead
        test = self.evaluate(node.test)
        is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if any(item.label in (Label.TIME, Label.HOST, Label.RANDOM) for item in test.marks):
            self.tricks |= GUARDED
            if not is_moved_on(node):
                self.note_exhaustion(node)
        if is_endless:
            self.tricks |= LOOPING
            self.note_exhaustion(node)
        self.is_dead = self.is_dead or is_never(node.test)
        self.repeat(node.body, lambda: None)
        self.tricks, self.is_dead = saved
        self.run_block(node.orelse)
        return is_endless and not any(isinstance(part, ast.Break) for item in node.body for part in ast.walk(item))

    def run_with(self, node: ast.With | ast.AsyncWith) -> bool:
        """Run a block with what its contexts give."""
        for item in node.items:
            if item.optional_vars is None and all(isinstance(part, ast.Pass) for part in node.body):
                self.unanswered.update(discarded_calls(item.context_expr))
            value = self.evaluate(item.context_expr)
            for thing in value.things:
                if isinstance(thing, Instance):
                    for name in ("__enter__", "__aenter__"):
                        member = self.find_member(thing.klass, name)
                        if member is not None and member.things:
                            value = join(value, self.call_value(member, node, [Value(things=(thing,))], {}))
                            break
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        return self.run_block(node.body)


def is_moved_on(node: ast.While) -> bool:
    """Say whether a loop changes what its own condition asks about."""
    asked = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
    written = (part for statement in node.body for part in ast.walk(statement) if isinstance(part, ast.Name))
    return any(part.id in asked for part in written if isinstance(part.ctx, ast.Store))


def discarded_calls(value: ast.expr) -> set[ast.AST]:
    """Return the calls of an expression statement that nobody sees the result of; `f().close()` throws f's away."""
    found: set[ast.AST] = set()
    part: ast.AST = value
    while isinstance(part, ast.Await | ast.Call | ast.Attribute):
        if isinstance(part, ast.Attribute) and part.attr == "raise_for_status":
            return set()  # whether it worked is what such code wants to know
        if isinstance(part, ast.Call):
            found.add(part)
        part = part.func if isinstance(part, ast.Call) else part.value
    return found


def is_main_test(test: ast.expr) -> bool:
    """Say whether a condition is `__name__ == "__main__"`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
        and isinstance(test.ops[0], ast.Eq)
    )


def is_never(test: ast.expr) -> bool:
    """Say whether a condition is never true when the code runs."""
    if isinstance(test, ast.Constant):
        return not test.value
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return name == "TYPE_CHECKING"


def is_news(before: Value, after: Value) -> bool:
    """Say whether a value knows more than before."""
    return (
        after.marks != before.marks
        or after.refs != before.refs
        or after.things != before.things
        or (after.items is None) != (before.items is None)
        or (after.consts != before.consts and len(before.consts) < limits.PYTHON_ALTERNATIVES)
    )
