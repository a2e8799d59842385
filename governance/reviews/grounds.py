"""The policy reasons a decision may rest on, each with the text its publisher reads.
A code is never reused for another meaning; a changed text gets a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from governance.reviews.errors import GroundsUnfit, StatementMissing

GROUNDS_VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Ground:
    """One policy reason: its code, title, text for the publisher, and the outcomes it can carry."""

    code: str
    title: str
    publisher_text: str
    outcomes: frozenset[str]


def _ground(code: str, title: str, publisher_text: str, *outcomes: str) -> Ground:
    return Ground(code, title, publisher_text, frozenset(outcomes))


GROUNDS: Mapping[str, Ground] = MappingProxyType(
    {
        ground.code: ground
        for ground in (
            _ground(
                "no_objection",
                "No objection",
                "A person has looked at this version and found nothing against publishing it.",
                "approve",
            ),
            _ground(
                "finding_explained",
                "Finding explained",
                "The scan's findings are part of what this plugin openly says it does.",
                "approve",
            ),
            _ground(
                "false_positive",
                "False positive",
                "The scan's findings do not describe what the code does.",
                "approve",
            ),
            _ground(
                "malicious_code",
                "Malicious code",
                "The version contains code that acts against the people who run it.",
                "reject",
                "hold",
            ),
            _ground(
                "undeclared_behaviour",
                "Undeclared behaviour",
                "The code does something its manifest does not declare. Declare it, or take it out.",
                "reject",
                "hold",
            ),
            _ground(
                "obfuscated_code",
                "Obfuscated code",
                "The code hides what it does. Submit readable sources.",
                "reject",
                "hold",
            ),
            _ground(
                "unreadable_content",
                "Unreadable content",
                "Parts of the archive cannot be read by any engine. Leave them out, or submit their sources.",
                "reject",
                "hold",
            ),
            _ground(
                "impersonation",
                "Impersonation",
                "The version passes itself off as somebody else's work.",
                "reject",
                "hold",
            ),
            _ground(
                "needs_investigation",
                "Needs investigation",
                "The version is held while we look into it further. Nothing is asked of you now.",
                "hold",
            ),
        )
    }
)


def require_grounds(code: str, *, outcome: str, statement: str) -> Ground:
    """Return the grounds; raises GroundsUnfit or StatementMissing when they cannot carry the outcome."""
    ground = GROUNDS.get(code)
    if ground is None or outcome not in ground.outcomes:
        raise GroundsUnfit(f"grounds {code} cannot carry the outcome {outcome}; choose others")
    if not statement.strip():
        raise StatementMissing("say in the statement why, in words the publisher can read")
    return ground
