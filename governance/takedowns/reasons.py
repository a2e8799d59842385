"""The statement of reasons, field by field as Regulation (EU) 2022/2065, Article 17 (3), lists them. No database."""

from dataclasses import dataclass

from governance.takedowns.grounds import TakedownGround

CONTAINMENT = "containment"
REMOVAL = "removal"
NOTICE = "notice"
OWN_INITIATIVE = "own_initiative"
TERRITORY = "Everywhere the marketplace is offered."
DURATIONS = {
    CONTAINMENT: "Until a person has removed or reinstated it; it is reversible at any time.",
    REMOVAL: "For good, unless it is reversed on appeal.",
}
RESTRICTIONS = {
    CONTAINMENT: "The versions are not offered and are switched off in every bot that runs them.",
    REMOVAL: "The versions are removed from the marketplace and stay off in every bot.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """One statement; a field's name is its column's."""

    restriction: str
    territory: str
    duration: str
    facts: str
    source: str
    is_found_by_machine: bool
    is_decided_by_machine: bool
    legal_ground: str
    contractual_ground: str
    explanation: str
    redress: str


def state_reasons(
    ground: TakedownGround,
    *,
    restriction: str,
    facts: str,
    source: str,
    automatic_cause: str,
    appeal_days: int,
) -> Reasons:
    """Put together what a publisher must be told about a containment or a removal."""
    return Reasons(
        restriction=restriction,
        territory=TERRITORY,
        duration=DURATIONS[restriction],
        facts=facts.strip(),
        source=source,
        is_found_by_machine=automatic_cause.startswith("known_file"),
        is_decided_by_machine=bool(automatic_cause),
        legal_ground=ground.law,
        contractual_ground=ground.rule,
        explanation=f"On these facts we hold that {ground.public_text}.",
        redress=(
            f"You may appeal, free of charge, within {appeal_days} days by answering this statement (Article 20); you "
            "may turn to a certified out-of-court dispute settlement body (Article 21), and to the courts."
        ),
    )


def render_reasons(reasons: Reasons) -> str:
    """The statement as its publisher reads it."""
    found = "by automated means" if reasons.is_found_by_machine else "without automated means"
    decided = "by automated means, and is put before a person" if reasons.is_decided_by_machine else "by a person"
    heard = "notices submitted to us" if reasons.source == NOTICE else "our own investigation"
    lines = (
        ("Restriction", RESTRICTIONS[reasons.restriction]),
        ("Where", reasons.territory),
        ("For how long", reasons.duration),
        ("Facts and circumstances", reasons.facts),
        ("How we learnt of it", f"{heard}; it was found {found}, and the decision was taken {decided}."),
        ("Legal ground", reasons.legal_ground),
        ("Contractual ground", reasons.contractual_ground),
        ("Why this follows", reasons.explanation),
        ("What you can do", reasons.redress),
    )
    return "\n\n".join(f"{title}: {text}" for title, text in lines if text)
