"""Puts facts together into findings: a rule's `flow` table says which facts, what flows into them, and what stands by.

Pure matching over data. It knows no language and no rule by name, and it weighs nothing.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

from scanners.errors import RulesInvalid
from scanners.facts import Act, Context, Fact, Label, Trick
from scanners.hosts import HostKind, read_host
from scanners.inventory import PYTHON_SUFFIXES, SCRIPT_SUFFIXES
from scanners.report import Finding, Kind
from scanners.rules import FOLDER, Rule, load_rules

ENGINE: Final = "flows"
HOLE: Final = "{}"  # what a language pass could not fold
LIVE: Final = frozenset([Context.INSTALL, Context.IMPORT, Context.RUNTIME])
SCRIPT_LANGUAGES: Final = frozenset(["javascript", "typescript"])
NO_KIND: Final[frozenset[Kind]] = frozenset()
NO_KINDS: Final[Mapping[str, frozenset[Kind]]] = {}
WITHIN: Final = ("line", "scope", "file", "plugin")
COMPANION_KEYS: Final = ("within", "absent", "count", "shared", "copied", "source")
PATTERN_KEYS: Final = frozenset(
    [
        "acts", "labels", "all_labels", "without", "origins", "named", "tricks", "detail", "detail_not", "contexts",
        "stranger", "unowned", "here",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FactPattern:
    """Which facts are meant: one of the acts, with any of `labels`, all of `all_labels` and none of `without` in it.

    `origins` counts the different places that labels come from, `named` must be found in the name of one of them,
    `tricks` any of which must be there; `detail` must, `detail_not` must not be found in the constant evidence.
    `stranger` asks for a secret that is named after a service which the constant host does not belong to, `unowned` for
    secrets that are not all named after the service of that host, `here` for
    one of `labels` that enters in the same file. An empty field asks for nothing.
    """

    acts: frozenset[Act]
    labels: frozenset[Label]
    all_labels: frozenset[Label]
    without: frozenset[Label]
    origins: int
    named: re.Pattern[str] | None
    tricks: frozenset[Trick]
    detail: re.Pattern[str] | None
    detail_not: re.Pattern[str] | None
    contexts: frozenset[Context]
    stranger: bool
    unowned: bool
    here: bool

    def matches(self, fact: Fact) -> bool:
        """Say whether a fact is one of those meant."""
        labels = fact.labels
        if fact.act not in self.acts or fact.context not in self.contexts:
            return False
        if (self.labels and not self.labels & labels) or not self.all_labels <= labels or self.without & labels:
            return False
        if self.origins and len({o for o in fact.origins if not self.labels or o.label in self.labels}) < self.origins:
            return False
        if self.named is not None and not self.names(fact):
            return False
        if self.tricks and not self.tricks & fact.tricks:
            return False
        if self.detail is not None and not self.detail.search(fact.detail):
            return False
        if self.detail_not is not None and self.detail_not.search(fact.detail):
            return False
        if self.here and not any(origin.line and origin.label in self.labels for origin in fact.origins):
            return False
        if self.unowned and is_sent_home(fact):
            return False
        return not self.stranger or is_sent_to_stranger(fact)

    def names(self, fact: Fact) -> bool:
        """Say whether something that flows in has the name that is meant."""
        meant = [origin for origin in fact.origins if origin.label in self.labels]
        return self.named is not None and any(self.named.search(origin.name) for origin in meant)


@dataclass(frozen=True, slots=True)
class Companion:
    """A second fact that must (or, when `is_absent`, must not) stand in the same scope, file or plugin.

    With `is_shared` it is about the same data: something flows into both. With `is_copied` all that flows into the
    first flows into this one too. With `is_source` the first one's data enters where it stands.
    """

    pattern: FactPattern
    within: str
    is_absent: bool
    count: int
    is_shared: bool
    is_copied: bool
    is_source: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """One rule's condition."""

    rule: Rule
    pattern: FactPattern
    companions: tuple[Companion, ...]


@cache
def load_flows() -> tuple[Flow, ...]:
    """Return the condition of every rule that has one; raises RulesInvalid."""
    return tuple(
        parse_flow(rule, rule.flow) for rule in load_rules().values() if rule.engine == ENGINE and rule.flow is not None
    )


def match_flows(facts: Iterable[Fact], *, kinds: Mapping[str, frozenset[Kind]] = NO_KINDS) -> list[Finding]:
    """Return a finding for every fact that meets a rule's condition; `kinds` are those of the code at each path."""
    by_act: dict[Act, list[Fact]] = {}
    for fact in facts:
        by_act.setdefault(fact.act, []).append(drop_uncarried(fact))
    findings = []
    for flow in load_flows():
        for fact in select(flow.pattern, by_act=by_act):
            if not is_spoken(fact.path, kinds=kinds.get(fact.path, NO_KIND), languages=flow.rule.languages):
                continue
            met = [find_companions(companion, fact=fact, by_act=by_act) for companion in flow.companions]
            if all(found is not None for found in met):
                beside = [other for found in met if found for other in found[:1]]
                findings.append(make_finding(flow.rule, fact=fact, beside=beside))
    return findings


def drop_uncarried(fact: Fact) -> Fact:
    """Return the fact without what it cannot carry: a name that is looked up tells nothing but what is filled in."""
    is_plain = fact.act is Act.NETWORK_LOOKUP and fact.detail and HOLE not in fact.detail
    return replace(fact, origins=()) if is_plain and fact.origins else fact


def select(pattern: FactPattern, *, by_act: Mapping[Act, list[Fact]]) -> list[Fact]:
    """Return the facts a pattern means."""
    return [fact for act in sorted(pattern.acts) for fact in by_act.get(act, ()) if pattern.matches(fact)]


def is_spoken(path: str, *, kinds: frozenset[Kind], languages: Collection[str]) -> bool:
    """Say whether a rule is about the language of a file; where two are in it, or none is known, it is about both."""
    suffix = PurePosixPath(path).suffix.casefold()
    is_script = suffix in SCRIPT_SUFFIXES or kinds == {Kind.JAVASCRIPT}
    is_python = suffix in PYTHON_SUFFIXES or kinds == {Kind.PYTHON}
    if is_script == is_python:
        return True
    return not SCRIPT_LANGUAGES.isdisjoint(languages) if is_script else "python" in languages


def find_companions(companion: Companion, *, fact: Fact, by_act: Mapping[Act, list[Fact]]) -> list[Fact] | None:
    """Return the companions that stand by a fact, or None when the condition is not met."""
    found = [
        other
        for other in select(companion.pattern, by_act=by_act)
        if other is not fact
        and is_within(other, fact=fact, within=companion.within)
        and is_about(companion, other=other, fact=fact)
    ]
    if companion.is_absent:
        return None if found else []
    return found if len({(other.act, other.detail, other.line) for other in found}) >= companion.count else None


def is_about(companion: Companion, *, other: Fact, fact: Fact) -> bool:
    """Say whether two facts are as much about the same data as the rule asks."""
    ours, theirs = frozenset(fact.origins), frozenset(other.origins)
    if companion.is_shared and ours.isdisjoint(theirs):
        return False
    if companion.is_copied and not (ours and ours <= theirs):
        return False
    return not companion.is_source or other.line in {origin.line for origin in fact.origins}


def is_within(other: Fact, *, fact: Fact, within: str) -> bool:
    """Say whether two facts stand as near to each other as the rule asks."""
    if within == "plugin":
        return True
    if other.path != fact.path:
        return False
    if within == "line":
        return other.line == fact.line
    return within == "file" or other.scope == fact.scope


def make_finding(rule: Rule, *, fact: Fact, beside: list[Fact]) -> Finding:
    """Return the finding, with the way its data took and what stands beside it."""
    trace = [f"{origin.label} enters at line {origin.line}" for origin in fact.origins if origin.line]
    trace.append(f"{fact.act} {fact.detail[:80]}".rstrip() + f" at line {fact.line}, {fact.context} context")
    trace += [f"beside {other.act} {other.detail[:80]}".rstrip() + f" at {other.path}:{other.line}" for other in beside]
    return rule.make_finding(
        path=fact.path, line=fact.line, end_line=fact.end_line, snippet=fact.snippet, trace=tuple(trace)
    )


def is_sent_to_stranger(fact: Fact) -> bool:
    """Say whether a secret named after a service goes to a constant host that is not that service's."""
    host = read_host(fact.detail)
    if host.kind not in (HostKind.NAME, HostKind.ADDRESS):
        return False
    names = [origin.name for origin in fact.origins if origin.label in (Label.SECRET, Label.AUTHENTICATION)]
    for word, owner in load_owners():
        if any(word.search(name) for name in names) and not owner.search(host.name):
            return True
    return False


def is_sent_home(fact: Fact) -> bool:
    """Say whether every secret is named after the service whose constant host it goes to."""
    host = read_host(fact.detail)
    names = [origin.name for origin in fact.origins if origin.label in (Label.SECRET, Label.AUTHENTICATION)]
    if host.kind is not HostKind.NAME or not names:
        return False
    words = [word for word, owner in load_owners() if owner.search(host.name)]
    return all(any(word.search(name) for word in words) for name in names)


def parse_flow(rule: Rule, table: Mapping[str, Any]) -> Flow:
    """Return a rule's condition from its table; raises RulesInvalid for an unknown key or word."""
    companions = []
    for item in table.get("also", ()):
        within = item.get("within", "scope")
        if within not in WITHIN:
            raise RulesInvalid(f"rule {rule.id!r}: within is one of {', '.join(WITHIN)}")
        fields = {key: value for key, value in item.items() if key not in COMPANION_KEYS}
        companions.append(
            Companion(
                pattern=parse_pattern(rule, fields),
                within=within,
                is_absent=bool(item.get("absent", False)),
                count=int(item.get("count", 1)),
                is_shared=bool(item.get("shared", False)),
                is_copied=bool(item.get("copied", False)),
                is_source=bool(item.get("source", False)),
            )
        )
    fields = {key: value for key, value in table.items() if key != "also"}
    return Flow(rule=rule, pattern=parse_pattern(rule, fields), companions=tuple(companions))


def parse_pattern(rule: Rule, table: Mapping[str, Any]) -> FactPattern:
    """Return one pattern; raises RulesInvalid for an unknown key or word."""
    if unknown := sorted(set(table) - PATTERN_KEYS):
        raise RulesInvalid(f"rule {rule.id!r}: unknown condition {unknown[0]!r}")
    try:
        return FactPattern(
            acts=frozenset(Act(name) for name in table["acts"]),
            labels=frozenset(Label(name) for name in table.get("labels", ())),
            all_labels=frozenset(Label(name) for name in table.get("all_labels", ())),
            without=frozenset(Label(name) for name in table.get("without", ())),
            origins=int(table.get("origins", 0)),
            named=compile_detail(table.get("named")),
            tricks=frozenset(Trick(name) for name in table.get("tricks", ())),
            detail=compile_detail(table.get("detail")),
            detail_not=compile_detail(table.get("detail_not")),
            contexts=frozenset(Context(name) for name in table["contexts"]) if "contexts" in table else LIVE,
            stranger=bool(table.get("stranger", False)),
            unowned=bool(table.get("unowned", False)),
            here=bool(table.get("here", False)),
        )
    except (KeyError, ValueError, re.error) as error:
        raise RulesInvalid(f"rule {rule.id!r}: {error}") from error


def compile_detail(text: str | None) -> re.Pattern[str] | None:
    """Return an expression over constant evidence; "@name" is a kind of place; raises KeyError or re.error."""
    if text is None:
        return None
    return re.compile(load_places()[text[1:]] if text.startswith("@") else text)


@cache
def load_places() -> dict[str, str]:
    """Return the named expressions that several rules share."""
    document = tomllib.loads((FOLDER / "places" / "places.toml").read_text(encoding="utf-8"))
    return {name: str(expression) for name, expression in document["places"].items()}


@cache
def load_owners() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """Return for every service an expression for its secrets' names, and one for its hosts."""
    document = tomllib.loads((FOLDER / "places" / "owners.toml").read_text(encoding="utf-8"))
    return tuple((re.compile(item["names"]), re.compile(item["hosts"])) for item in document["owner"])
