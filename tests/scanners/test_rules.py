"""Every rule explains itself, finds its own matching sample and leaves its clean one alone."""

import re

import pytest

from scanners import ScanReport
from scanners.errors import RulesInvalid
from scanners.report import Severity
from scanners.rules import Rule, load_rules, parse_rule, ruleset_digest
from tests.scanners.conftest import Scan

RULES = load_rules()
SAMPLED = [rule for rule in RULES.values() if rule.engine in ("semgrep", "sources", "flows")]
SUFFIXES = {"python": "py", "javascript": "js", "typescript": "ts", "script": "sh", "text": "txt"}
# Rules about a file's place need that place.
NAMES = {
    "host-reported-at-installation": "setup.py",
    "install-network": "setup.py",
    "install-network-and-process": "setup.py",
    "install-hook-npm": "package.json",
    "startup-path": "x.pth",
    "startup-path-active": "x.pth",
    "startup-module": "sitecustomize.py",
}
COMPLETE = {
    "id": "x",
    "engine": "sources",
    "title": "t",
    "severity": "low",
    "confidence": "low",
    "why": "w",
    "fix": "f",
}


def place(rule: Rule, sample: str) -> str:
    name = NAMES.get(rule.id, f"main.{SUFFIXES[rule.languages[0]]}")
    if rule.id == "startup-module" and sample == "clean":
        name = "main.py"
    return f"{rule.id}/{sample}/{name}"


@pytest.fixture(scope="module")
def report(scan: Scan) -> ScanReport:
    return scan({place(rule, kind): getattr(rule, kind) for rule in SAMPLED for kind in ("match", "clean")})


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.id)
def test_rule_finds_its_matching_sample(rule: Rule, report: ScanReport) -> None:
    found = [f for f in report.findings if f.rule_id == rule.id and f.path == place(rule, "match")]
    assert found
    assert found[0].title == rule.title


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.id)
def test_rule_leaves_its_clean_sample_alone(rule: Rule, report: ScanReport) -> None:
    assert not [f for f in report.findings if f.rule_id == rule.id and f.path == place(rule, "clean")]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_rule_explains_itself(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z][a-z0-9]*)*", rule.id)
    assert rule.technique
    assert len(rule.title) > 10
    assert rule.why.endswith(".")
    assert rule.fix.endswith(".")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_only_critical_rules_conclude_alone(rule: Rule) -> None:
    assert not rule.conclusive or rule.severity is Severity.CRITICAL


@pytest.mark.parametrize("rule", [rule for rule in SAMPLED if rule.engine == "semgrep"], ids=lambda rule: rule.id)
def test_semgrep_rule_names_the_words_it_needs(rule: Rule) -> None:
    assert rule.needs
    assert all(re.search(need, rule.match) for need in rule.needs)


@pytest.mark.parametrize("field", COMPLETE)
def test_rule_without_a_field_is_refused(field: str) -> None:
    with pytest.raises(RulesInvalid, match=field):
        parse_rule({key: value for key, value in COMPLETE.items() if key != field}, technique="t")


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "huge"},
        {"confidence": "sure"},
        {"engine": "oracle"},
        {"engine": "semgrep"},
        {"more": 1},
        {"when": ["code.dream"]},
    ],
)
def test_rule_with_an_unknown_value_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(RulesInvalid):
        parse_rule({**COMPLETE, **change}, technique="t")


def test_rule_set_has_one_digest() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", ruleset_digest())
