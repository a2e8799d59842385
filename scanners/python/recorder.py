"""Collects what a walk finds, merges what it finds twice, and turns it into facts at the end.

Holds no rule and reads no code. A place that is reached in several ways keeps its earliest context.
"""

from dataclasses import dataclass, field

from scanners import limits
from scanners.facts import Act, Context, Fact, Origin, Trick
from scanners.python.domain import Mark, Marks

ORDER = (Context.INSTALL, Context.IMPORT, Context.RUNTIME, Context.DEAD)
Node = tuple[str, int]  # a function, or a module's own lines, in the graph of who calls whom


@dataclass(slots=True)
class Entry:
    """One act at one place with one detail, while it is still being added to."""

    owner: Node
    scope: str
    is_dead: bool
    marks: set[Mark] = field(default_factory=set)
    tricks: set[Trick] = field(default_factory=set)


@dataclass(slots=True)
class Recorder:
    """Everything found in one plugin so far."""

    entries: dict[tuple[Act, str, int, int], dict[str, Entry]] = field(default_factory=dict)
    edges: dict[Node, set[Node]] = field(default_factory=dict)

    def add(self, act: Act, *, place: tuple[str, int, int], detail: str, entry: Entry) -> None:
        """Record an act; the same act at the same place with the same detail is one."""
        details = self.entries.setdefault((act, *place), {})
        if detail not in details and len(details) >= limits.PYTHON_DETAILS:
            detail = next(iter(details))
        known = details.setdefault(detail, entry)
        known.marks |= entry.marks
        known.tricks |= entry.tricks
        known.is_dead = known.is_dead and entry.is_dead

    def connect(self, caller: Node, callee: Node) -> None:
        """Record that one piece of code runs another."""
        self.edges.setdefault(caller, set()).add(callee)

    def finish(
        self, *, contexts: dict[Node, Context], lines: dict[str, list[str]], dead: frozenset[str]
    ) -> tuple[Fact, ...]:
        """Return the facts in order of place; `dead` are the files nothing runs."""
        facts = []
        for (act, path, line, end_line), details in self.entries.items():
            unreached = Context.DEAD if path in dead else Context.RUNTIME
            for detail, entry in fold_details(details).items():
                context = Context.DEAD if entry.is_dead else contexts.get(entry.owner, unreached)
                if context is Context.DEAD and not entry.is_dead:
                    context = unreached  # that a test calls it as well does not keep others from calling it
                facts.append(
                    Fact(
                        act=act,
                        path=path,
                        line=line,
                        end_line=end_line,
                        context=context,
                        scope=entry.scope,
                        detail=detail,
                        origins=make_origins(frozenset(entry.marks), path=path),
                        tricks=frozenset(entry.tricks),
                        snippet=quote(lines.get(path, []), line),
                    )
                )
        return tuple(sorted(facts, key=lambda fact: (fact.path, fact.line, fact.act, fact.detail)))


def fold_details(details: dict[str, Entry]) -> dict[str, Entry]:
    """Return the entries of one place; what is known of no particular detail is known of all."""
    general = details.get("")
    if general is None or len(details) == 1:
        return details
    rest = {detail: entry for detail, entry in details.items() if detail}
    for entry in rest.values():
        entry.marks |= general.marks
        entry.tricks |= general.tricks
    return rest


def make_origins(marks: Marks, *, path: str) -> tuple[Origin, ...]:
    """Return where something comes from; a line of another file is 0."""
    return tuple(
        sorted(
            {Origin(item.label, item.line if item.path.partition("\0")[0] == path else 0, item.name) for item in marks}
        )
    )


def quote(lines: list[str], line: int) -> str:
    """Return one line of a source, shortened."""
    return lines[line - 1].strip()[: limits.SNIPPET_CHARACTERS] if 1 <= line <= len(lines) else ""


def reach(edges: dict[Node, set[Node]], *, roots: dict[Node, Context]) -> dict[Node, Context]:
    """Return the earliest context of everything that the roots run, directly or through others."""
    contexts: dict[Node, Context] = {}
    for context in ORDER:
        pending = [node for node, wanted in roots.items() if wanted is context and node not in contexts]
        while pending:
            node = pending.pop()
            if node in contexts:
                continue
            contexts[node] = context
            pending += [callee for callee in edges.get(node, ()) if callee not in contexts]
    return contexts
