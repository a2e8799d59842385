"""The grounds a takedown may rest on, each with what the people affected read. A code keeps its meaning for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from governance.takedowns.errors import GroundsUnknown, StatementOfReasonsMissing


@dataclass(frozen=True, slots=True)
class TakedownGround:
    """One ground: its code, title, and the sentence in notices."""

    code: str
    title: str
    public_text: str


GROUNDS: Mapping[str, TakedownGround] = MappingProxyType(
    {
        ground.code: ground
        for ground in (
            TakedownGround("malware", "Malware", "it contains code that acts against the people who run it"),
            TakedownGround("data_theft", "Theft of data", "it sends out data or secrets it has no right to"),
            TakedownGround("account_takeover", "Publisher taken over", "its publisher's account may be in other hands"),
            TakedownGround("impersonation", "Impersonation", "it passes itself off as somebody else's work"),
            TakedownGround("policy", "Policy", "it breaks the marketplace's rules"),
            TakedownGround("suspected", "Suspected harm", "we have reason to suspect harm and are looking into it"),
        )
    }
)


def require_reasons(code: str, *, statement: str) -> TakedownGround:
    """Return the ground; raises GroundsUnknown or StatementOfReasonsMissing."""
    ground = GROUNDS.get(code)
    if ground is None:
        raise GroundsUnknown(f"no grounds {code}; choose one of {', '.join(GROUNDS)}")
    if not statement.strip():
        raise StatementOfReasonsMissing("say why in the statement of reasons")
    return ground
