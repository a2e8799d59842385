"""Names of a script and what they are bound to, block inside block.

Only the chain of names. What a name is worth is for the walker to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scanners.javascript.values import UNDEFINED, Value


@dataclass(slots=True, eq=False)
class Binding:
    """One name; `frame` and `branch` say where it was declared, which decides whether an assignment replaces."""

    value: Value
    frame: int
    branch: int


@dataclass(slots=True, eq=False)
class Scope:
    """The names of one block, inside the names of another."""

    parent: Scope | None
    is_function: bool = False
    names: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """Return the binding a name means here."""
        scope: Scope | None = self
        while scope is not None:
            binding = scope.names.get(name)
            if binding is not None:
                return binding
            scope = scope.parent
        return None

    def around(self) -> Scope:
        """Return the scope of the function or module around."""
        scope = self
        while not scope.is_function and scope.parent is not None:
            scope = scope.parent
        return scope

    def declare(self, name: str, *, frame: int, branch: int, value: Value = UNDEFINED) -> Binding:
        """Bind a name here, whatever it was before."""
        binding = self.names[name] = Binding(value, frame, branch)
        return binding
