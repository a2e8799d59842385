"""Credentials with their maker's mark are found and never repeated; made-up ones and those of tests weigh nothing."""

import pytest

from scanners.engines.secrets import find_secrets, run_secrets
from scanners.report import Finding, Severity
from scanners.rules import Rule, load_rules
from tests.scanners.sources_factory import make_sources

RULES = [rule for rule in load_rules().values() if rule.engine == "secrets"]


def look(content: str, path: str = "main.py") -> tuple[Finding, ...]:
    reading = run_secrets(make_sources({path: content}))
    assert reading.errors == ()
    return reading.findings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_finds_its_matching_sample(rule: Rule) -> None:
    assert rule.id in {finding.rule_id for finding in look(rule.match)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_leaves_its_clean_sample_alone(rule: Rule) -> None:
    assert look(rule.clean) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_finding_never_repeats_the_secret(rule: Rule) -> None:
    secrets = [value for _, value, _ in find_secrets(rule.match)]

    assert secrets
    for finding in look(rule.match):
        assert not any(value in finding.snippet for value in secrets if not value.startswith("BEGIN"))


@pytest.mark.parametrize("path", ["tests/test_client.py", "docs/guide.md", "README.md", "examples/config.json"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_key_of_a_test_or_guide_weighs_little(rule: Rule, path: str) -> None:
    assert all(finding.severity in (Severity.LOW, Severity.INFO) for finding in look(rule.match, path))


@pytest.mark.parametrize(
    "line",
    [
        "key = os.environ['AWS_SECRET_ACCESS_KEY']",
        "sha = '3f786850e387550fdab836ed7e6dc881de23001b'",
        "integrity = 'sha512-" + "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA=='" + "'",
        "pattern = r'-----BEGIN (RSA|EC) PRIVATE KEY-----'",
        "url = f'https://{user}:{password}@example.invalid'",
        "url = 'https://user:pass@example.invalid'",
        "token = 'xoxb-your-token-here'",
        "TELEGRAM = '123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
        "password = 'correct horse battery staple'",
        "time = '12:34:56' + 'https://a.example.invalid:8080/@scope'",
    ],
)
def test_what_only_looks_like_a_key_is_left_alone(line: str) -> None:
    assert look(line + "\n") == ()


def test_secret_in_one_huge_line_is_found_in_time() -> None:
    rule = load_rules()["secret-platform-token"]

    assert [finding.rule_id for finding in look("x" * 500_000 + rule.match + "://" * 10_000)] == [rule.id]
