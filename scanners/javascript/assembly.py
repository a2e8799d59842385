"""Which reader reads which kind of node.

Only the table; every reader is in the module of its subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import Act
from scanners.javascript.binding import ASSIGNMENTS
from scanners.javascript.calls import CALLS
from scanners.javascript.expressions import EXPRESSIONS
from scanners.javascript.functions import FUNCTIONS
from scanners.javascript.statements import STATEMENTS, read_statements
from scanners.javascript.values import UNKNOWN, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Reader, Walker


def read_program(walker: Walker, node: Node) -> Value:
    """Read a script's top level."""
    read_statements(walker, node.named_children)
    return UNKNOWN


def read_debugger(walker: Walker, node: Node) -> Value:
    """Read the statement that stops in a debugger."""
    walker.record(Act.HOST_ANALYSIS, node, detail="debugger")
    return UNKNOWN


READERS: dict[str, Reader] = {
    **EXPRESSIONS,
    **ASSIGNMENTS,
    **CALLS,
    **FUNCTIONS,
    **STATEMENTS,
    "program": read_program,
    "debugger_statement": read_debugger,
}
