"""Recognises loops that end by nothing of their own, wait for nothing and take more of the machine at every turn.

Looks at statements alone. Whether such a loop is ever entered is for the facts around it to say.
"""

import ast
from typing import Final

# Whoever calls one of these waits, is told when to stop, or gives others their turn.
_WAITING = (
    "sleep wait join get recv recvfrom accept read readline input select poll acquire communicate run "
    "check_call check_output call receive next __next__ wait_for exit _exit execv execve execl "
    "raise_for_status request urlopen post fetch listen serve_forever poll_events step tick process "
    "handle popleft pop advance send readuntil read_event pause kill stop wait_closed getch match expect"
)
WAITING: Final = frozenset(_WAITING.split())
STARTING: Final = frozenset(["fork", "Popen", "Process", "spawnl", "spawnv", "startfile", "system"])
THREADS: Final = frozenset(["Thread", "start_new_thread", "Timer"])
GROWING: Final = frozenset(["append", "extend", "appendleft", "add", "insert"])
WRITING: Final = frozenset(["write", "writelines", "write_text", "write_bytes"])
LEAVING: Final = (ast.Break, ast.Return, ast.Raise, ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith)
ALLOCATING: Final = frozenset(["bytearray", "bytes", "zeros", "ones", "urandom", "range", "list", "token_bytes"])


def find_exhaustion(body: list[ast.stmt]) -> str:
    """Return what an endless loop uses up: processes, threads, disk, memory or processor; nothing when it may wait."""
    parts = [part for statement in body for part in ast.walk(statement)]
    called = {leaf_of(part.func) for part in parts if isinstance(part, ast.Call)}
    if any(isinstance(part, LEAVING) for part in parts) or called & WAITING:
        return ""
    if called & STARTING:
        return "processes"
    if called & THREADS:
        return "threads"
    if called & WRITING and not called - WRITING - ALLOCATING - {"flush"}:
        return "disk"
    if grows(parts, called):
        return "memory"
    is_idle = all(isinstance(part, ast.Pass | ast.Expr | ast.Assign | ast.AugAssign) for part in body)
    return "processor" if is_idle and not called else ""


def grows(parts: list[ast.AST], called: set[str]) -> bool:
    """Say whether a loop does nothing but add to what it holds."""
    is_doubling = any(isinstance(part, ast.AugAssign) and is_same(part.target, part.value) for part in parts)
    return is_doubling or bool(called & GROWING and called & ALLOCATING and not called - GROWING - ALLOCATING)


def is_same(target: ast.expr, value: ast.expr) -> bool:
    """Say whether something is added to itself."""
    return isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id


def leaf_of(node: ast.expr) -> str:
    """Return the last word of what is called."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
