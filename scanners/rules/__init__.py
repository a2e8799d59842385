"""Loads the rules, which are data: one TOML file a technique, each rule with samples that match and that do not.

Refuses a rule that lacks a field, so that no finding can reach a reviewer unexplained.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from scanners.errors import RulesInvalid
from scanners.facts import Act, Label
from scanners.report import Confidence, Finding, Severity

FOLDER = Path(__file__).resolve().parent
SCANNERS = FOLDER.parent
ENGINES = frozenset(
    [
        "archive", "inventory", "sources", "flows", "bandit", "semgrep", "yara", "secrets", "texts", "prompts",
        "dependencies", "metadata", "permissions",
    ]
)  # fmt: skip
REQUIRED = frozenset(["id", "engine", "title", "severity", "confidence", "why", "fix"])
FACTS = frozenset([*Act, *Label])
OPTIONAL = frozenset(
    [
        "conclusive", "languages", "match", "clean", "semgrep", "codes", "pattern", "needs", "when", "flow",
        "attack", "references",
    ]
)  # fmt: skip


# The part of an address by which whoever reads a report could post through it.
BUILT_IN_KEY: Final = re.compile(
    r"(webhooks/\d{5,}/[\w-]{4}|/bot\d{6,}:[\w-]{4}|services/T\w+/B\w+/\w{4})[\w-]{8,}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `match` and `clean` are samples in its first language, `pattern` a regular expression over text.

    `needs` are expressions that must all occur in a file before semgrep tries the rule on it, `when` acts and labels
    that must all be among its facts. `flow` says which facts make the finding, see `scanners.flows`. `attack` are
    identifiers of MITRE ATT&CK techniques.
    """

    id: str
    engine: str
    technique: str
    title: str
    severity: Severity
    confidence: Confidence
    conclusive: bool
    why: str
    fix: str
    languages: tuple[str, ...]
    match: str
    clean: str
    codes: tuple[str, ...]
    pattern: str
    needs: tuple[str, ...]
    when: tuple[str, ...]
    semgrep: dict[str, Any] | None
    flow: dict[str, Any] | None
    attack: tuple[str, ...]
    references: tuple[str, ...]

    def make_finding(
        self, *, path: str, line: int, end_line: int | None = None, snippet: str = "", trace: tuple[str, ...] = ()
    ) -> Finding:
        """Return a finding of this rule at a place; lines count from 1, 0 means the file as a whole."""
        return Finding(
            rule_id=self.id,
            engine=self.engine,
            severity=self.severity,
            confidence=self.confidence,
            path=path,
            line=line,
            end_line=line if end_line is None else end_line,
            title=self.title,
            why=self.why,
            fix=self.fix,
            snippet=BUILT_IN_KEY.sub(r"\1…", snippet),
            technique=self.technique,
            conclusive=self.conclusive,
            trace=trace,
        )


@cache
def load_rules() -> dict[str, Rule]:
    """Return every rule by its id; raises RulesInvalid."""
    rules: dict[str, Rule] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for item in document["rule"]:
            shared: dict[str, Any] = {key: document[key] for key in ("attack", "references") if key in document}
            rule = parse_rule({**shared, **item}, technique=document["technique"])
            if rule.id in rules:
                raise RulesInvalid(f"{path.name}: rule {rule.id!r} exists twice")
            rules[rule.id] = rule
    return rules


def parse_rule(item: dict[str, Any], *, technique: str) -> Rule:
    """Return one rule from its table; raises RulesInvalid."""
    name = item.get("id", "?")
    if missing := sorted(REQUIRED - set(item)):
        raise RulesInvalid(f"rule {name!r} lacks {missing[0]!r}")
    if unknown := sorted(set(item) - REQUIRED - OPTIONAL):
        raise RulesInvalid(f"rule {name!r} has an unknown field {unknown[0]!r}")
    if unknown := sorted(set(item.get("when", ())) - FACTS):
        raise RulesInvalid(f"rule {name!r} waits for an unknown fact {unknown[0]!r}")
    own_table = {"semgrep": "semgrep", "flows": "flow"}
    if item["engine"] not in ENGINES or any(
        (item["engine"] == engine) != (table in item) for engine, table in own_table.items()
    ):
        raise RulesInvalid(f"rule {name!r} does not fit its engine")
    try:
        severity, confidence = Severity(item["severity"]), Confidence(item["confidence"])
    except ValueError as error:
        raise RulesInvalid(f"rule {name!r}: {error}") from error
    return Rule(
        id=name,
        engine=item["engine"],
        technique=technique,
        title=item["title"],
        severity=severity,
        confidence=confidence,
        conclusive=bool(item.get("conclusive", False)),
        why=item["why"],
        fix=item["fix"],
        languages=tuple(item.get("languages", ())),
        match=item.get("match", ""),
        clean=item.get("clean", ""),
        codes=tuple(item.get("codes", ())),
        pattern=item.get("pattern", ""),
        needs=tuple(item.get("needs", ())),
        when=tuple(item.get("when", ())),
        semgrep=item.get("semgrep"),
        flow=item.get("flow"),
        attack=tuple(item.get("attack", ())),
        references=tuple(item.get("references", ())),
    )


@cache
def ruleset_digest() -> str:
    """Return a SHA-256 over every rule and every line of the engine: what decides a report beside the artifact."""
    digest = hashlib.sha256()
    data = [path for suffix in ("toml", "yar", "txt") for path in FOLDER.rglob(f"*.{suffix}")]
    for path in sorted([*SCANNERS.rglob("*.py"), SCANNERS / "switches.toml", *data]):
        name = path.relative_to(SCANNERS).as_posix()
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
