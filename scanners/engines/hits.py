"""What a look at one source yields: a rule and the lines it applies to. Only a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule at some lines of one source, counted from 1."""

    rule_id: str
    line: int
    end_line: int
