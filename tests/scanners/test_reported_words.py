"""A report quotes the plugin, but never what lets its reader post; a rule speaks of its own languages alone."""

import pytest

from scanners.flows import is_spoken
from scanners.rules import load_rules

KEY = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "address",
    [
        f"https://discord.com/api/webhooks/123456789012345678/{KEY}",
        f"https://api.telegram.org/bot5200000002:{KEY}/sendMessage",
        f"https://hooks.slack.com/services/T000/B000/{KEY}",
    ],
)
def test_snippet_keeps_the_address_and_loses_the_key(address: str) -> None:
    rule = load_rules()["messages-to-built-in-webhook"]

    snippet = rule.make_finding(path="main.py", line=1, snippet=f'post("{address}")').snippet

    assert snippet.startswith(f'post("{address[:20]}')
    assert KEY[4:] not in snippet
    assert KEY[5:12] not in snippet


@pytest.mark.parametrize(
    ("path", "languages", "is_asked"),
    [
        ("a.py", ["javascript"], False),
        ("a.py", ["python"], True),
        ("a.MJS", ["python"], False),
        ("a.ts", ["javascript"], True),
        ("carrier.txt", ["javascript"], True),
        ("carrier.txt", ["python"], True),
    ],
)
def test_rule_is_asked_about_files_of_its_languages(path: str, languages: list[str], is_asked: bool) -> None:
    assert is_spoken(path, kinds=frozenset(), languages=languages) is is_asked
