"""The rule of warnings: how far a deadline has run, and whom each step of the path concerns. No database."""

from collections.abc import Sequence
from datetime import datetime


def reached_step(opened_at: datetime, *, due_at: datetime, steps_percent: Sequence[int], now: datetime) -> int:
    """How many steps the time from opening to due has passed: 0 is none, the last is the deadline itself."""
    elapsed = (now - opened_at) / (due_at - opened_at)
    return sum(1 for percent in steps_percent if elapsed >= percent / 100)


def escalation_path(owner_role: str, *, path: Sequence[str], steps: int) -> list[str]:
    """The role of each step: the owner first, then up the playbook's path, whose last role repeats."""
    roles = [owner_role, *(role for role in path if role != owner_role)]
    return [roles[min(step, len(roles) - 1)] for step in range(steps)]
