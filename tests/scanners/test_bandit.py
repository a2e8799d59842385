"""The lean driver says what bandit says, line for line, and never passes over what it could not look at."""

import ast
import importlib.metadata
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bandit.core import config, manager
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanners import limits
from scanners.decoding import decode_python
from scanners.engines import bandit, bandit_driver
from scanners.engines.bandit import run_bandit
from scanners.engines.bandit_driver import Outcome, check_tree
from scanners.report import Kind
from scanners.sources import Reading, Source, Sources, hold_tree

TREE_SECONDS = 60.0  # of installed distributions, both arms together ...
FILES_MIN = 150  # ... and however slow the machine is
Said = tuple[str, int, int, tuple[int, ...], str, str, str]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def make_source(text: str, *, path: str = "main.py", is_guess: bool = False) -> Source:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        tree = None
    return Source(path, Kind.PYTHON, "0" * 64, len(text), None, text=text, parse=hold_tree(tree), is_guess=is_guess)


def run_over(*files: Source) -> Reading:
    return run_bandit(Sources(files=files, declared=None))


def say(outcome: Outcome) -> list[Said]:
    return [(i.test_id, i.line, i.column, i.lines, i.severity, i.confidence, i.text) for i in outcome.issues]


def ask_stock(path: Path) -> list[Said] | None:
    """What bandit itself says about a file; None when it gives up on it."""
    stock = manager.BanditManager(config.BanditConfig(), "file", quiet=True, ignore_nosec=True)
    stock.files_list = [str(path)]
    stock.run_tests()
    if stock.skipped:
        return None
    return [
        (i.test_id, i.lineno, i.col_offset, tuple(i.linerange), i.severity, i.confidence, i.text) for i in stock.results
    ]


def list_installed() -> Iterator[Path]:
    """Pure Python of everything that is installed, one file of each distribution after the other."""
    queues = [
        [Path(str(file.locate())) for file in found.files or () if file.suffix == ".py"]
        for found in sorted(importlib.metadata.distributions(), key=lambda item: item.metadata["Name"].casefold())
    ]
    while queues := [files for files in queues if files]:
        for files in queues:
            yield files.pop()


@pytest.mark.timeout(300)
def test_driver_says_what_bandit_says_about_everything_installed() -> None:
    deadline = time.monotonic() + TREE_SECONDS
    compared = findings = 0
    for path in list_installed():
        if time.monotonic() > deadline and compared >= FILES_MIN:
            break
        expected = ask_stock(path)
        if expected is None:
            continue
        text = decode_python(path.read_bytes()).text
        outcome = check_tree(ast.parse(text), text=text)
        assert outcome.errors == (), path
        assert say(outcome) == expected, path
        compared, findings = compared + 1, findings + len(expected)
    assert compared >= FILES_MIN
    assert findings > 0


WORDS = st.sampled_from(
    [
        "eval", "exec", "os.system", "subprocess.Popen", "pickle.loads", "requests.get", "yaml.load", "hashlib.md5",
        "ssl.wrap_socket", "random.random", "__import__", "importlib.import_module", "password", "tempfile.mktemp",
        "jinja2.Environment", "paramiko", "f", "x.y[0].z", "(lambda: 0)", "flask.run", "os.chmod", "Popen", "telnetlib",
    ]
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "'/tmp/x'", "b'secret'", "'select * from %s' % x", "'0.0.0.0'", "True", "None", "shell", "f'delete from {x}'",
        "'a' 'b'", "x", "['ls', '-l']", "{'password': 'hunter2'}", "'\u202e'", "0o777",
        "[y for y in 'abc' if 'x' in y]",
        "'select ' + x + '''\n from y'''", "'SHA1'", "(yield)", "[*a]", "lambda p='/tmp': p",
    ]
)  # fmt: skip
ARGUMENTS = st.lists(
    st.tuples(
        st.sampled_from(["", "shell=", "verify=", "Loader=", "debug=", "timeout=", "password=", "**", "mode="]), VALUES
    ),
    max_size=3,
)
CALLS = st.builds(
    lambda word, items: f"{word}({', '.join(sorted((a + b for a, b in items), key=lambda i: '=' in i[:9]))})",
    WORDS,
    ARGUMENTS,
)
SIMPLE = st.one_of(
    CALLS,
    WORDS.map(lambda word: f"import {word.split('.')[0].strip('(): 0') or 'os'} as f"),
    WORDS.map(lambda word: f"from {word.split('.')[0].strip('(): 0') or 'os'} import run as f, z as eval"),
    st.builds("password = {}".format, VALUES),
    st.builds("x['token'] = {}".format, VALUES),
    st.builds("assert {} == {}".format, VALUES, CALLS),
    st.builds("if pwd == {}: pass".format, VALUES),
    st.builds("with open({}) as f, {}: pass".format, VALUES, CALLS),
    st.sampled_from(["from . import x", "pass  # nosec", "import os.path", "x: str = '/tmp'"]),
)
BLOCKS = st.builds(
    lambda head, body: head + ":\n" + "\n".join(f"    {line}" for part in body for line in part.split("\n")),
    st.sampled_from(
        [
            "def f(a, password='x', *, token='y')", "class A(B, metaclass=eval('1'))", "async def g(secret='z')",
            "try:\n    pass\nexcept Exception", "for f in '/tmp'", "while True", "with x", "if 'a' 'b'",
            "match x:\n  case 'a' | ['/tmp']", "try:\n    pass\nfinally",
        ]
    ),
    st.lists(SIMPLE, min_size=1, max_size=4),
)  # fmt: skip


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.one_of(SIMPLE, BLOCKS), max_size=6))
def test_driver_says_what_bandit_says_about_odd_sources(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "odd.py"
        path.write_text(text, encoding="utf-8")
        assert say(check_tree(tree, text=text)) == ask_stock(path)


def test_silencer_in_a_comment_is_ignored() -> None:
    assert say(check_tree(ast.parse("eval(x)  # nosec\n"), text="eval(x)  # nosec\n"))


def test_finding_is_ours_and_on_the_plugins_line() -> None:
    reading = run_over(make_source("import os\n\neval(\n  input()\n)\n"))
    assert [(f.rule_id, f.path, f.line, f.end_line, f.snippet) for f in reading.findings] == [
        ("code-evaluation", "main.py", 3, 5, "eval(")
    ]
    assert reading.read == {"main.py"}
    assert reading.errors == ()


def test_check_that_crashes_is_an_error_and_stops_no_other() -> None:
    reading = run_over(make_source("import importlib\nimportlib.import_module(**x)\neval(y)\n"))
    assert len(reading.errors) == 1
    assert reading.errors[0].startswith("main.py: check blacklist failed at line 2")
    assert [finding.line for finding in reading.findings] == [3]


def test_file_that_does_not_parse_is_an_error_unless_it_was_a_guess() -> None:
    reading = run_over(make_source("def (", path="a.py"), make_source("Dear Ben,", path="b.txt", is_guess=True))
    assert reading.errors == ("a.py: not parsed",)
    assert reading.read == frozenset()


def test_lost_canary_leaves_nothing_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandit, "check_tree", lambda _, **__: Outcome(issues=(), errors=()))
    reading = run_over(make_source("x = 1\n"))
    assert reading.errors == ("the canary was not found",)
    assert reading.read == frozenset()


def test_tree_over_the_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TREE_NODES", 50)
    reading = run_over(make_source("x = [" + "1," * 100 + "]\n"))
    assert reading.errors == ("main.py: more than 50 syntax nodes",)


@pytest.mark.parametrize("fault", [RecursionError, MemoryError])
def test_exhausted_walk_is_an_error_that_names_the_file(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(node: ast.AST) -> list[ast.AST | None]:
        # The canary is one line; only Eve's file is deep.
        if getattr(node, "lineno", 0) > 1:
            raise fault
        return whole(node)

    whole = bandit_driver.children_of
    monkeypatch.setattr(bandit_driver, "children_of", give_up)
    reading = run_over(make_source("x = 1\ny = 2\n"), make_source("eval(x)\n", path="other.py"))
    assert reading.errors == (f"main.py: given up ({fault.__name__})",)
    assert [finding.path for finding in reading.findings] == ["other.py"]


def test_deep_nesting_is_walked_without_recursion() -> None:
    tree = ast.parse("eval(x)\n")
    inner: ast.expr = ast.parse("eval(x)", mode="eval").body
    for _ in range(20_000):
        inner = ast.UnaryOp(op=ast.Not(), operand=inner, lineno=2, col_offset=0, end_lineno=2, end_col_offset=1)
    tree.body.append(ast.Expr(value=inner, lineno=2, col_offset=0, end_lineno=2, end_col_offset=1))
    assert len(check_tree(tree, text="").issues) == 2


def test_equal_sources_give_equal_readings() -> None:
    source = "import pickle, subprocess\npickle.loads(x)\nsubprocess.run(['ls'])\n"
    assert run_over(make_source(source)) == run_over(make_source(source))
