"""The form of every fact in a proof bundle: plain JSON in, frozen facts out, or the place where the form breaks.
Pure; checks form only, whether a fact holds is for the checks to find out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from governance.takedowns.bundle import (
    PEOPLE_NAME,
    AcknowledgementFact,
    FeedFact,
    LinkFact,
    NoticeFact,
    OrderFact,
    ProofFacts,
    TakedownFact,
)
from plugins.runtime.errors import InvalidMoment
from plugins.runtime.moments import parse_moment

_Fact = TypeVar("_Fact")
_Parser = Callable[[Any], Any]
FACT_FILES = (
    "takedown.json",
    "orders.json",
    "acknowledgements.json",
    "bots.json",
    "notices.json",
    "feed.json",
    "ledger.json",
    "keys.json",
)


def build_facts(values: Mapping[str, Any], *, written_at: object) -> ProofFacts:
    """Build the facts from the files' JSON; raises ValueError naming the file and the place."""
    missing = [name for name in FACT_FILES if name not in values]
    if missing:
        raise ValueError(f"{missing[0]}: cannot be read, so nothing more can be said")
    people = _people(values.get(PEOPLE_NAME))
    feed = _object(values["feed.json"], {"at_order": _body, "latest": _body}, where="feed.json")
    ledger = _object(values["ledger.json"], {"links": _list, "checkpoint": _statement}, where="ledger.json")
    return ProofFacts(
        takedown=_takedown(values["takedown.json"], people=people),
        orders=_facts(OrderFact, values["orders.json"], where="orders.json"),
        acknowledgements=_facts(AcknowledgementFact, values["acknowledgements.json"], where="acknowledgements.json"),
        bot_keys=_bot_keys(values["bots.json"]),
        notices=_notices(values["notices.json"], people=people),
        feed_at_order=_fact(FeedFact, feed["at_order"], where="feed.json: at_order"),
        feed_latest=_fact(FeedFact, feed["latest"], where="feed.json: latest"),
        links=_facts(LinkFact, ledger["links"], where="ledger.json: links"),
        checkpoint=ledger["checkpoint"],
        platform_keys=_texts(values["keys.json"], where="keys.json"),
        written_at=_object({"written_at": written_at}, {"written_at": _moment}, where="manifest.json")["written_at"],
    )


@dataclass(frozen=True, slots=True)
class _People:
    """What names people: the statement's words, and address, salt and receipt by notice; all empty when withheld."""

    statement: str | None
    notices: Mapping[str, Mapping[str, Any]]


def _people(value: Any) -> _People:
    if value is None:
        return _People(None, {})
    read = _object(value, {"statement": _optional(_text), "notices": _body}, where=PEOPLE_NAME)
    fields = {"recipient": _optional(_text), "salt": _optional(_text), "receipt": _optional(_text)}
    named = {key: _object(item, fields, where=f"{PEOPLE_NAME}: {key}") for key, item in read["notices"].items()}
    return _People(read["statement"], named)


def _takedown(value: Any, *, people: _People) -> TakedownFact:
    return TakedownFact(statement=people.statement, **_object(value, _FIELDS[TakedownFact], where="takedown.json"))


def _notices(value: Any, *, people: _People) -> tuple[NoticeFact, ...]:
    if not isinstance(value, list):
        raise ValueError("notices.json: is not a list")
    read = [_object(item, _FIELDS[NoticeFact], where=f"notices.json[{at}]") for at, item in enumerate(value)]
    withheld: Mapping[str, Any] = {"recipient": None, "salt": None, "receipt": None}
    strange = set(people.notices) - {str(fields["notice"]) for fields in read}
    if strange:
        raise ValueError(f"{PEOPLE_NAME}: names a notice that is not there: {min(strange)}")
    return tuple(NoticeFact(**fields, **people.notices.get(str(fields["notice"]), withheld)) for fields in read)


def _facts(kind: type[_Fact], value: Any, *, where: str) -> tuple[_Fact, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: is not a list")
    return tuple(_fact(kind, item, where=f"{where}[{at}]") for at, item in enumerate(value))


def _fact(kind: type[_Fact], value: Any, *, where: str) -> _Fact:
    return kind(**_object(value, _FIELDS[kind], where=where))


def _object(value: Any, fields: Mapping[str, _Parser], *, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(fields):
        raise ValueError(f"{where}: has not exactly the fields {', '.join(fields)}")
    built = {}
    for name, parser in fields.items():
        try:
            built[name] = parser(value[name])
        except ValueError as error:
            raise ValueError(f"{where}.{name}: {error}") from error
    return built


def _bot_keys(value: Any) -> dict[UUID, str]:
    try:
        return {_uuid(bot): key for bot, key in _texts(value, where="bots.json").items()}
    except ValueError as error:
        raise ValueError(f"bots.json: {error}") from error


def _texts(value: Any, *, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError(f"{where}: is not an object of texts")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")
    return value


def _digest(value: Any) -> str:
    text = _text(value)
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError("is not a SHA-256 in lower-case hex")
    return text


def _digest_or_nothing(value: Any) -> str:
    return value if value == "" else _digest(value)


def _digests(value: Any) -> tuple[str, ...]:
    return tuple(_digest(item) for item in _list(value))


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("is not an integer")
    return value


def _uuid(value: Any) -> UUID:
    if not isinstance(value, str) or str(found := UUID(value)) != value:
        raise ValueError("is not a UUID in its usual spelling")
    return found


def _moment(value: object) -> datetime:
    try:
        return parse_moment(value)
    except InvalidMoment as error:
        raise ValueError(str(error)) from error


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("is not a list")
    return value


def _statement(value: Any) -> dict[str, str]:
    return _texts(value, where="statement")


def _body(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("is not an object")
    return value


def _changes(value: Any) -> tuple[dict[str, Any], ...]:
    return tuple(_body(item) for item in _list(value))


def _optional(parser: _Parser) -> _Parser:
    return lambda value: None if value is None else parser(value)


_FIELDS: Mapping[type, Mapping[str, _Parser]] = {
    TakedownFact: {
        "takedown": _uuid,
        "publisher": _text,
        "plugin": _text,
        "versions": _text,
        "artifact_sha256": _digests,
        "file_sha256": _digests,
        "grounds": _text,
        "statement_sha256": _digest,
        "ordered_by": _text,
        "exposed_since": _moment,
        "contained_at": _moment,
        "removed_at": _optional(_moment),
        "reinstated_at": _optional(_moment),
    },
    OrderFact: {
        "order": _integer,
        "bot": _uuid,
        "installation": _integer,
        "version": _text,
        "artifact_sha256": _digest,
        "action": _text,
        "state": _text,
        "ordered_at": _moment,
        "settled_at": _optional(_moment),
    },
    AcknowledgementFact: {"order": _integer, "received_at": _moment, "statement": _statement},
    NoticeFact: {
        "notice": _uuid,
        "kind": _text,
        "recipient_digest": _digest,
        "queued_at": _moment,
        "deadline_at": _moment,
        "delivered_at": _optional(_moment),
        "message_id": _text,
        "receipt_digest": _digest_or_nothing,
    },
    FeedFact: {"after": _integer, "digest": _digest, "changes": _changes, "freshness": _statement},
    LinkFact: {
        "sequence": _integer,
        "body": _optional(_body),
        "body_digest": _digest,
        "previous_hash": _digest,
        "hash": _digest,
    },
}
