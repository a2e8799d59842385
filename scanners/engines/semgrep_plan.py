"""Decides which rule of semgrep looks at which file: the words it needs are there, and so are the facts it waits for.

Starts nothing. A rule that is kept from a file could not have matched in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Any

from scanners.engines import CANARY_STEM, StagedFile, select_rules
from scanners.engines.words import Text, Word, split_need
from scanners.report import Kind
from scanners.rules import Rule

NAME = "semgrep"
READ_RULE = "read"
CANARY_RULE = "canary"
LANGUAGES = ("python", "javascript", "typescript")
# Matches nothing and can be ruled out by no word, so that a file it sees is parsed.
READ = {"id": READ_RULE, "languages": list(LANGUAGES), "pattern": "$X.$X.$X.$X = $X"}
CANARY = {
    "id": CANARY_RULE,
    "languages": list(LANGUAGES),
    "mode": "taint",
    "pattern-sources": [{"pattern": "canary_source(...)"}],
    "pattern-sinks": [{"pattern": "canary_sink(...)"}],
}
CANARY_TEXTS = {
    "python": "song = canary_source()\ncanary_sink(song)\n",
    "javascript": "const song = canary_source();\ncanary_sink(song);\n",
    "typescript": "const song: string = canary_source();\ncanary_sink(song);\n",
}
SUFFIXES = {"python": ".py", "javascript": ".js", "typescript": ".ts"}
TYPED_SUFFIXES = frozenset([".ts", ".tsx"])
NAME_BITS = 200  # a component of a path may have 255 bytes


@dataclass(frozen=True)
class Target:
    """One file that semgrep is shown: of which stage, by which rules, in which language."""

    stage: int
    file: StagedFile
    language: str
    rules: frozenset[str]

    @cached_property
    def name(self) -> str:
        """Its path in the folder of the batch; the folders say which rules look at it, see `render_rules`."""
        bits = "".join("1" if rule in self.rules else "0" for rule in rule_order())
        return f"{'/'.join(cut(bits))}/{'c' if self.stage < 0 else self.stage}{self.file.name}"


CANARIES = tuple(
    Target(
        stage=-1,
        file=StagedFile(name=f"{CANARY_STEM}{suffix}", path="", kind=Kind.TEXT, is_guess=False),
        language=language,
        rules=frozenset([CANARY_RULE]),
    )
    for language, suffix in SUFFIXES.items()
)


def language_of(file: StagedFile) -> str:
    """Return the language semgrep reads a staged file in."""
    if file.kind is Kind.PYTHON:
        return "python"
    return "typescript" if PurePosixPath(file.name).suffix in TYPED_SUFFIXES else "javascript"


def rules_for(file: StagedFile) -> dict[str, Rule]:
    """Return the rules in a file's language, whether or not they will see it."""
    return rules_by_language()[language_of(file)]


def choose_rules(file: StagedFile, *, data: bytes) -> frozenset[str]:
    """Return the rules that must look at a staged file of these bytes; none, when none could match."""
    text = Text(data)
    chosen = {
        rule_id
        for rule_id, rule in rules_for(file).items()
        if (file.acts is None or file.acts.issuperset(rule.when)) and all(map(text.has_any, compile_needs()[rule_id]))
    }
    return frozenset(chosen if file.is_parsed else chosen | {READ_RULE})


@cache
def rules_by_language() -> dict[str, dict[str, Rule]]:
    """Return semgrep's rules by language and id."""
    rules = select_rules(NAME)
    return {
        language: {rule_id: rule for rule_id, rule in rules.items() if language in rule.languages}
        for language in LANGUAGES
    }


@cache
def compile_needs() -> dict[str, tuple[tuple[Word, ...], ...]]:
    """Return the words each rule needs: one of each group."""
    return {rule_id: tuple(map(split_need, rule.needs)) for rule_id, rule in select_rules(NAME).items()}


@cache
def rule_order() -> tuple[str, ...]:
    """Return every rule id in the order of the bits in a target's folders."""
    return (CANARY_RULE, READ_RULE, *sorted(select_rules(NAME)))


def render_rules(targets: Sequence[Target]) -> dict[str, Any]:
    """Return the configuration semgrep reads for these targets.

    A list of files for each rule would be searched for every file. A folder's name has a bit for each rule instead,
    so that one expression says which folders a rule looks into.
    """
    used = frozenset([CANARY_RULE]).union(*(target.rules for target in targets))
    tables: list[dict[str, Any]] = [CANARY, READ]
    tables += [
        {"id": rule.id, "languages": list(rule.languages), **rule.semgrep}
        for rule in select_rules(NAME).values()
        if rule.semgrep is not None
    ]
    return {
        "rules": [
            {"message": "-", "severity": "ERROR", "paths": {"include": [make_glob(table["id"])]}, **table}
            for table in tables
            if table["id"] in used
        ]
    }


def make_glob(rule_id: str) -> str:
    """Return the expression for the folders whose bit for this rule is set."""
    order = rule_order()
    position = order.index(rule_id)
    return f"/{'/'.join(cut('?' * position + '1' + '?' * (len(order) - position - 1)))}/*"


def cut(bits: str) -> list[str]:
    """Return the bits in parts that fit a folder's name."""
    return [bits[start : start + NAME_BITS] for start in range(0, len(bits), NAME_BITS)]
