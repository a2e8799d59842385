"""The grounds a takedown may rest on, each with what the people affected read. A code keeps its meaning for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from governance.takedowns.errors import GroundsUnknown, StatementOfReasonsMissing

SUSPICION = "suspected"


@dataclass(frozen=True, slots=True)
class TakedownGround:
    """One ground: its code, title, the sentence in notices, the rule it breaks, and the law where there is one."""

    code: str
    title: str
    public_text: str
    rule: str
    law: str = ""


GROUNDS: Mapping[str, TakedownGround] = MappingProxyType(
    {
        ground.code: ground
        for ground in (
            TakedownGround(
                "malware",
                "Malware",
                "it contains code that acts against the people who run it",
                rule="A plugin does nothing against the people who run it.",
                law="Directive 2013/40/EU on attacks against information systems, Articles 3 to 7",
            ),
            TakedownGround(
                "data_theft",
                "Theft of data",
                "it sends out data or secrets it has no right to",
                rule="A plugin sends data only where its manifest and its user say.",
                law="Regulation (EU) 2016/679, Articles 5 and 6; Directive 2013/40/EU, Articles 3 and 6",
            ),
            TakedownGround(
                "account_takeover",
                "Publisher taken over",
                "its publisher's account may be in other hands",
                rule="A publisher's account is used by nobody but its members.",
            ),
            TakedownGround(
                "impersonation",
                "Impersonation",
                "it passes itself off as somebody else's work",
                rule="A plugin does not pass itself off as somebody else's work.",
            ),
            TakedownGround(
                "policy",
                "Policy",
                "it breaks the marketplace's rules",
                rule="A plugin keeps the marketplace's rules, as the facts above describe.",
            ),
            TakedownGround(
                SUSPICION,
                "Suspected harm",
                "we have reason to suspect harm and are looking into it",
                rule="The marketplace may contain a plugin for as long as it looks into suspected harm.",
            ),
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


def require_removal_reasons(code: str, *, statement: str) -> TakedownGround:
    """Return the ground of a removal; raises as require_reasons, also for a mere suspicion."""
    ground = require_reasons(code, statement=statement)
    if code == SUSPICION:
        raise GroundsUnknown("a suspicion contains a plugin and cannot remove it; sign for what was found")
    return ground
