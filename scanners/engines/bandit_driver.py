"""Walks a syntax tree once and asks bandit's own checks, which see and answer what they would under bandit itself.

Only the walk is ours. No silencer, no configuration but bandit's default, no score and no log; nothing is run.
"""

# ruff: noqa: SLF001 (bandit keeps its settings and links in attributes with an underscore)
import ast
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bandit.core import config, test_set, utils
from bandit.core.context import Context
from bandit.plugins.trojansource import BIDI_CHARACTERS

from scanners import limits, tree_index
from scanners.collection import pause_collection

# What a check can raise over hostile code. It has not looked then; the scan says so.
CHECK_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NameError, RuntimeError, StopIteration,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip
# All but the nodes that the whole interpreter shares (Load, Add, ...): a link to a parent would keep every tree alive.
LINKED_NODES = (
    ast.expr, ast.stmt, ast.arguments, ast.arg, ast.keyword, ast.alias, ast.comprehension, ast.excepthandler,
    ast.withitem, ast.match_case, ast.pattern, ast.type_ignore, *(
        kind for name in ("type_param",) if (kind := getattr(ast, name, None))
    ),
)  # fmt: skip
# Checks of texts that have nothing to say where a text is no part of an expression of one of these kinds.
PART_CHECKS = frozenset(["hardcoded_sql_expressions"])
PART_HOLDERS = frozenset([ast.BinOp, ast.Attribute, ast.JoinedStr])
IMPORTERS = frozenset(["importlib.import_module", "importlib.__import__"])

Check = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Issue:
    """One answer of a check, in bandit's words; `lines` are all lines it is about, counted from 1."""

    test_id: str
    line: int
    column: int
    lines: tuple[int, ...]
    severity: str
    confidence: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checks say about one tree; with an error, not all of it was looked at."""

    issues: tuple[Issue, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """Bandit's checks and their settings by the kind of node; `calls` and `imports` are the names its lists hold.

    `needs_parts` says that all checks of texts are about texts that are put together.
    """

    by_kind: dict[str, tuple[tuple[Check, tuple[Any, ...]], ...]]
    calls: frozenset[str]
    imports: tuple[str, ...]
    list_check: Check
    needs_parts: bool


def check_tree(tree: ast.Module, *, text: str, codes: frozenset[str] | None = None) -> Outcome:
    """Return what bandit says about a module; `text` is the source the tree was parsed from. Never raises for either.

    Only the checks of these codes, and those by bandit's lists of names, are asked; all of them when None. Links every
    node to its parent and its next sibling, as bandit does.
    """
    walk = Walk(checks=load_checks(codes), text=text)
    try:
        with pause_collection():
            walk.visit_all(tree)
    except (RecursionError, MemoryError) as error:
        walk.errors.append(f"given up ({type(error).__name__})")
    return Outcome(issues=tuple(walk.issues), errors=tuple(dict.fromkeys(walk.errors)))


@cache
def load_checks(codes: frozenset[str] | None = None) -> Checks:
    """Return the checks of the installed bandit under its default configuration, built in memory."""
    tests = test_set.BanditTestSet(config.BanditConfig())
    listed = next(check for checks in tests.tests.values() for check in checks if check.__name__ == "blacklist")
    names = {
        kind: [name for item in items for name in item["qualnames"]] for kind, items in listed._config.items()
    }  # fmt: skip
    asked = {
        kind: [check for check in checks if codes is None or check.__name__ == "blacklist" or check._test_id in codes]
        for kind, checks in tests.tests.items()
    }
    return Checks(
        by_kind={kind: tuple(map(with_settings, checks)) for kind, checks in asked.items() if checks},
        calls=frozenset(names["Call"]),
        imports=tuple({*names["Import"], *names["ImportFrom"]}),
        list_check=listed,
        needs_parts={check.__name__ for check in asked["Str"]} <= PART_CHECKS,
    )


def with_settings(check: Any) -> tuple[Check, tuple[Any, ...]]:
    """Return a check with what it is called with beside the context."""
    return check, (check._config,) if hasattr(check, "_config") else ()


class ImportMemory(Context):  # type: ignore[misc]
    """Bandit's context, which answers once what thirty checks ask about the call and the imports so far."""

    call_function_name_qual = None  # a property to bandit

    def __init__(self, context_object: dict[str, Any], known: dict[tuple[str, int], bool]) -> None:
        super().__init__(context_object)
        self._known = known
        self.call_function_name_qual = context_object.get("qualname")

    def is_module_imported_like(self, module: str) -> bool:
        """Say whether a module whose name holds this text was imported; imports only ever grow."""
        key = (module, len(self._context.get("imports", ())))
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = super().is_module_imported_like(module)
        return answer


@dataclass
class Walk:
    """The state of one walk: what was imported so far, and in which class or function the walk is."""

    checks: Checks
    text: str
    issues: list[Issue] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    namespace: list[str] = field(default_factory=list)
    known: dict[tuple[str, int], bool] = field(default_factory=dict)

    def visit_all(self, tree: ast.Module) -> None:
        """Visit every node below the module in the order of the source, without recursion."""
        visitors = {
            ast.Call: self._visit_call,
            ast.Constant: self._visit_constant,
            ast.Import: self._visit_import,
            ast.ImportFrom: self._visit_import_from,
            ast.FunctionDef: self._visit_function,
            ast.ClassDef: self._visit_class,
        }
        visited = 0
        waiting: list[ast.AST | None] = children_of(tree)
        while waiting:
            node = waiting.pop()
            if node is None:
                self.namespace.pop()
                continue
            visited += 1
            kind: Any = type(node)
            if visitor := visitors.get(kind):
                visitor(node)
                if kind is ast.FunctionDef or kind is ast.ClassDef:
                    waiting.append(None)
            elif kind.__name__ in self.checks.by_kind:
                self._ask(kind.__name__, self._describe(node), lined=node)
            if fields_of(kind):
                waiting += children_of(node)
            if visited > limits.TREE_NODES:
                self.errors.append(f"more than {limits.TREE_NODES} syntax nodes")
                return
        self._ask_about_file()

    def _describe(self, node: ast.AST, **more: Any) -> dict[str, Any]:
        context = {"imports": self.imports, "import_aliases": self.aliases, "node": node, "filename": "", **more}
        if isinstance(node, ast.expr | ast.stmt | ast.excepthandler):
            context["lineno"] = node.lineno
            context["col_offset"] = node.col_offset
        return context

    def _visit_call(self, node: Any) -> None:
        name = utils.get_call_name(node, self.aliases)
        context = self._describe(node, call=node, qualname=name, name=name.rpartition(".")[2])
        is_import = type(node.func) is ast.Name and node.func.id == "__import__"
        is_listed = is_import or name in self.checks.calls or name in IMPORTERS
        self._ask("Call", context, lined=node, is_listed=is_listed)

    def _visit_constant(self, node: Any) -> None:
        parent = node._bandit_parent
        # Text that stands for itself is documentation to bandit.
        if type(parent) is ast.Expr:
            return
        if type(node.value) is str:
            if self.checks.needs_parts and type(parent) not in PART_HOLDERS:
                return
            self._ask("Str", self._describe(node, str=node.value), lined=parent)
        elif type(node.value) is bytes:
            self._ask("Bytes", self._describe(node, bytes=node.value), lined=parent)

    def _visit_import(self, node: Any) -> None:
        for name in node.names:
            if name.asname:
                self.aliases[name.asname] = name.name
            self.imports.add(name.name)
        is_listed = any(name.name.startswith(self.checks.imports) for name in node.names)
        self._ask("Import", self._describe(node, module=node.names[-1].name), lined=node, is_listed=is_listed)

    def _visit_import_from(self, node: Any) -> None:
        if node.module is None:
            self._visit_import(node)
            return
        full_names = [f"{node.module}.{name.name}" for name in node.names]
        for name, full in zip(node.names, full_names, strict=True):
            self.aliases[name.asname or name.name] = full
            self.imports.add(full)
        is_listed = any(full.startswith(self.checks.imports) for full in full_names)
        context = self._describe(node, module=node.module, name=node.names[-1].name)
        self._ask("ImportFrom", context, lined=node, is_listed=is_listed)

    def _visit_function(self, node: Any) -> None:
        self.namespace.append(node.name)
        context = self._describe(node, function=node, qualname="." + ".".join(self.namespace), name=node.name)
        self._ask("FunctionDef", context, lined=node)

    def _visit_class(self, node: Any) -> None:
        self.namespace.append(node.name)

    def _ask_about_file(self) -> None:
        # The one check of whole files looks for bidirectional characters.
        if not self.text.isascii() and any(character in self.text for character in BIDI_CHARACTERS):
            data = io.BytesIO(self.text.encode("utf-8", "replace"))
            self._ask("File", {"file_data": data, "filename": "", "lineno": 0, "col_offset": 0}, lined=None)

    def _ask(self, kind: str, raw: dict[str, Any], *, lined: ast.AST | None, is_listed: bool = True) -> None:
        """Ask every check of this kind; `is_listed` is false when no name is on bandit's lists."""
        context = ImportMemory(raw, self.known)
        for check, settings in self.checks.by_kind.get(kind, ()):
            if not is_listed and check is self.checks.list_check:
                continue
            try:
                found = check(context, *settings)
                if found is not None:
                    self.issues.append(make_issue(found, check=check, raw=raw, lined=lined))
            except CHECK_FAULTS as error:
                place = f"line {raw.get('lineno', 0)}"
                self.errors.append(f"check {check.__name__} failed at {place} ({type(error).__name__})")


def make_issue(found: Any, *, check: Any, raw: dict[str, Any], lined: ast.AST | None) -> Issue:
    """Return a check's answer, completed as bandit completes it from the node it was asked about."""
    lines = found.linerange or ([0, 1] if lined is None else utils.linerange(lined))
    return Issue(
        test_id=found.test_id or check._test_id,
        line=raw["lineno"] if found.lineno is None else found.lineno,
        column=raw["col_offset"] if found.col_offset == -1 else found.col_offset,
        lines=tuple(lines),
        severity=found.severity,
        confidence=found.confidence,
        text=found.text,
    )


def children_of(node: ast.AST) -> list[ast.AST | None]:
    """Return the nodes right below one, last first, each linked to its parent and its next sibling."""
    found: list[ast.AST | None] = []
    kind: Any = type(node)
    for name in fields_of(kind):
        value: Any = getattr(node, name, None)
        if value.__class__ is list:
            following = None
            for item in reversed(value):
                if isinstance(item, LINKED_NODES):
                    item._bandit_sibling = following
                    item._bandit_parent = node
                    found.append(item)
                following = item
        elif isinstance(value, LINKED_NODES):
            value._bandit_sibling = None
            value._bandit_parent = node
            found.append(value)
    return found


@cache
def fields_of(kind: Any) -> tuple[str, ...]:
    """Return the fields of a kind of node that can hold nodes, last first."""
    return () if kind is ast.Constant or kind is ast.Name else tree_index.fields_of(kind)[::-1]
