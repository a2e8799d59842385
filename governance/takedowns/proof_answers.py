"""Which orders were confirmed, judged only by what the bots themselves signed.
Pure; an acknowledgement that does not hold confirms nothing and is a problem."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.takedowns.bundle import AcknowledgementFact, OrderFact, ProofFacts
from governance.takedowns.bundle_reader import Problem
from governance.takedowns.proof_checks import ON
from plugins.runtime.blocks import Block
from plugins.runtime.errors import KeyInvalid
from plugins.runtime.signing import StatementError, key_id_of, open_statement
from plugins.runtime.statements import ACKNOWLEDGEMENT_KIND


@dataclass(frozen=True, slots=True)
class Answers:
    """The acknowledgement of each confirmed order, by order, and what did not hold."""

    confirmed: Mapping[int, AcknowledgementFact]
    problems: tuple[Problem, ...]


def match_answers(facts: ProofFacts, *, block: Block | None) -> Answers:
    """Hold every acknowledgement against its order and its bot's key; `block` is what the bots had to obey."""
    orders = {order.order: order for order in facts.orders}
    confirmed: dict[int, AcknowledgementFact] = {}
    nonces: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for at, said in enumerate(facts.acknowledgements):
        order = orders.get(said.order)
        what, nonce = _judge(said, order=order, facts=facts, block=block)
        if said.order in confirmed or (nonce and nonce in nonces):
            what = "an answer counts twice"
        if what:
            who = f"bot {order.bot}" if order else f"order {said.order}"
            problems.append(Problem("acknowledgements.json", f"[{at}] {who}", what))
            continue
        confirmed[said.order] = said
        nonces.add(nonce)
    return Answers(confirmed, (*problems, *_find_unanswered(facts, confirmed=confirmed)))


def _judge(
    said: AcknowledgementFact, *, order: OrderFact | None, facts: ProofFacts, block: Block | None
) -> tuple[str, tuple[str, str]]:
    """Return what is wrong with an answer, or "", and the bot with the nonce it used."""
    nobody = ("", "")
    if order is None:
        return "answers no order of this bundle", nobody
    public = facts.bot_keys.get(order.bot, "")
    try:
        payload = open_statement(said.statement, kind=ACKNOWLEDGEMENT_KIND, keys={key_id_of(public): public})
    except (StatementError, KeyInvalid) as error:
        return f"not signed by the bot's own key: {error}", nobody
    differing = _find_differing(payload, order=order, facts=facts, block=block)
    if differing:
        return f"the bot signed about another {differing}", nobody
    sequence, first = payload.get("sequence"), block.sequence if block else 0
    if type(sequence) is not int or sequence < first + (order.action == ON):
        return "the bot signed about a feed from before the order", nobody
    if said.received_at < order.ordered_at:
        return "it was received before the order", nobody
    return "", (str(order.bot), str(payload.get("nonce")))


def _find_differing(payload: Mapping[str, object], *, order: OrderFact, facts: ProofFacts, block: Block | None) -> str:
    expected = {
        "bot": str(order.bot),
        "takedown": str(facts.takedown.takedown),
        "publisher": facts.takedown.publisher,
        "plugin": facts.takedown.plugin,
        "version": order.version,
        "action": order.action,
        "block": block.id if block else None,
    }
    return next((name for name, value in expected.items() if payload.get(name) != value), "")


def _find_unanswered(facts: ProofFacts, *, confirmed: Mapping[int, AcknowledgementFact]) -> list[Problem]:
    """The platform may not call an order confirmed that its bot did not sign, nor the reverse."""
    return [
        Problem("orders.json", f"[{at}] bot {order.bot}", "its state and the bot's own answer do not agree")
        for at, order in enumerate(facts.orders)
        if (order.state == "confirmed") != (order.order in confirmed)
    ]
