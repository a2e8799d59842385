"""What is written about the rules is what the rules say."""

import re
from pathlib import Path

import pytest

from scanners.rules import Rule, load_rules
from scanners.rules.__main__ import document_rules, main

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
RULES = load_rules()


def test_documentation_is_up_to_date() -> None:
    assert main(["--check", str(DOCUMENT)]) == 0


def test_documentation_that_is_out_of_date_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "rules.md"
    assert main(["--check", str(copy)]) == 1
    assert main(["--write", str(copy)]) == 0
    assert main(["--check", str(copy)]) == 0
    copy.write_text(copy.read_text() + "more\n")
    assert main(["--check", str(copy)]) == 1
    assert "--write" in capsys.readouterr().err


def test_every_technique_has_a_section_and_every_rule_its_place_in_it() -> None:
    text = document_rules(RULES.values())
    sections = {section.partition("\n")[0]: section for section in text.split("\n## ")[1:]}

    assert set(sections) == {rule.technique for rule in RULES.values()}
    for rule in RULES.values():
        assert f"\n### {rule.id}\n" in sections[rule.technique]
        assert rule.fix in sections[rule.technique]


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_rule_names_techniques_of_attack_and_standards_by_name(rule: Rule) -> None:
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", technique) for technique in rule.attack)
    assert len(set(rule.attack)) == len(rule.attack)
    assert rule.references
    assert not any("://" in reference for reference in rule.references)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.engine in ("permissions", "dependencies", "metadata")],
    ids=lambda rule: rule.id,
)  # fmt: skip
def test_rule_on_what_is_declared_has_a_sample_that_matches_and_one_that_does_not(rule: Rule) -> None:
    assert rule.languages
    assert rule.match.strip()
    assert rule.clean.strip()
    assert rule.match != rule.clean
