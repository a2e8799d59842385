"""One call of a foreign function, as its effects see it. Only a value, and the look-up of its kind."""

import ast
from dataclasses import dataclass

from scanners.python.addresses import NETWORK_CALLS
from scanners.python.calls import CALLS
from scanners.python.domain import UNKNOWN, Tricks, Value


@dataclass(slots=True)
class Call:
    """A call of a foreign function; `callee` holds what the instance is about and how the function was reached."""

    node: ast.AST
    name: str
    callee: Value
    args: list[Value]
    keywords: dict[str, Value]

    @property
    def tricks(self) -> Tricks:
        """Return the detours to the function itself."""
        return self.callee.tricks

    def argument(self, position: int, *names: str) -> Value:
        """Return an argument by its position or by any of its names; unknown when it is not given."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.args[position] if 0 <= position < len(self.args) else UNKNOWN

    def has(self, position: int, *names: str) -> bool:
        """Say whether an argument is given."""
        return position < len(self.args) or any(name in self.keywords for name in names)

    def argument_node(self, position: int) -> ast.expr | None:
        """Return the expression of a positional argument."""
        if isinstance(self.node, ast.Call) and position < len(self.node.args):
            return self.node.args[position]
        return None


def find_kind(name: str) -> str | None:
    """Return the kind of thing a foreign function does, or None when the tables do not know it."""
    return CALLS.get(name) or NETWORK_CALLS.get(name)
