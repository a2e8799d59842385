"""Collects facts while scripts are walked, one for each place, act and detail, and hands them out in order.

It joins what several callers bring to one place; it drops nothing that says more than what it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Act, Context, Fact, Origin, Trick
from scanners.javascript.values import Marks, spoken, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Frame

RANKS = {Context.INSTALL: 3, Context.IMPORT: 2, Context.RUNTIME: 1, Context.DEAD: 0}
DETAIL_CHARACTERS = 2_000
Place = tuple[str, int, int, Act]


@dataclass(slots=True)
class Draft:
    """A fact that later callers may still add to."""

    place: Place
    detail: str
    end_line: int
    context: Context
    scope: str
    snippet: str
    marks: Marks
    tricks: frozenset[Trick]

    def add(self, *, context: Context, marks: Marks, tricks: frozenset[Trick]) -> None:
        """Add what another caller brings."""
        if RANKS[context] > RANKS[self.context]:
            self.context = context
        self.marks = union(self.marks, marks)
        self.tricks |= tricks

    def finish(self) -> Fact:
        """Return the fact; origins in other files count as line 0."""
        path, line, _, act = self.place
        origins = {Origin(label, at if where == path else 0, name) for label, where, at, name in self.marks}
        return Fact(
            act,
            path,
            line,
            self.end_line,
            self.context,
            self.scope,
            self.detail,
            tuple(sorted(origins)),
            self.tricks,
            self.snippet,
        )


@dataclass(slots=True)
class Recorder:
    """Everything recorded so far."""

    drafts: dict[Place, dict[str, Draft]] = field(default_factory=dict)

    def add(self, frame: Frame, act: Act, node: Node, *, detail: str, marks: Marks, tricks: frozenset[Trick]) -> None:
        """Record one act at one node."""
        module = frame.module
        detail = spoken(detail)[:DETAIL_CHARACTERS]
        line = module.base_line or node.start_point.row + 1
        # The environment as a whole is noticed where it is named and where it is used.
        place = (module.path, line, 0 if act is Act.ENVIRONMENT_READ else node.start_byte, act)
        details = self.drafts.setdefault(place, {})
        if detail not in details and len(details) >= limits.SCRIPT_FACTS_PER_PLACE:
            detail = next(reversed(details))
        draft = details.get(detail)
        if draft is not None:
            draft.add(context=frame.context, marks=marks, tricks=tricks)
            return
        end_line = module.base_line or node.end_point.row + 1
        text = module.content[node.start_byte : node.start_byte + 4 * limits.SNIPPET_CHARACTERS].decode(
            "utf-8", "replace"
        )
        text = text if node.end_byte - node.start_byte > len(text) else text[: node.end_byte - node.start_byte]
        snippet = " ".join(text.split())[: limits.SNIPPET_CHARACTERS]
        details[detail] = Draft(place, detail, end_line, frame.context, frame.name, snippet, marks, tricks)

    def finish(self) -> tuple[Fact, ...]:
        """Return all facts in the order of their places."""
        kept: list[Fact] = []
        for place in sorted(self.drafts):
            details = self.drafts[place]
            others = [draft for name, draft in details.items() if name]
            for name in sorted(details):
                draft = details[name]
                if not name and any(draft.marks <= other.marks for other in others):
                    continue
                kept.append(draft.finish())
        return tuple(kept)
