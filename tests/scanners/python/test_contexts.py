"""When code runs is told apart, across modules; layers are followed; what cannot be followed is an error."""

import ast
import base64

import pytest

from scanners import limits
from scanners.facts import Act, Context
from scanners.python.passes import read_modules
from scanners.report import Kind
from scanners.sources import Source, hold_tree
from tests.scanners.evasions import DETOURS
from tests.scanners.python.conftest import Read

RUN = "import os\nos.system('id')\n"
PLACES: dict[str, tuple[dict[str, str], Context]] = {
    "module": ({"main.py": RUN}, Context.IMPORT),
    "class body": ({"main.py": "import os\nclass A:\n    os.system('id')"}, Context.IMPORT),
    "default argument": ({"main.py": "import os\ndef f(x=os.system('id')): pass"}, Context.IMPORT),
    "called function": ({"main.py": "import os\ndef f():\n    os.system('id')\nf()"}, Context.IMPORT),
    "called by called": (
        {"main.py": "import os\ndef f():\n    os.system('id')\ndef g():\n    f()\ng()"},
        Context.IMPORT,
    ),
    "function": ({"main.py": "import os\ndef f():\n    os.system('id')"}, Context.RUNTIME),
    "method": ({"main.py": "import os\nclass A:\n    def f(self):\n        os.system('id')"}, Context.RUNTIME),
    "method called": (
        {"main.py": "import os\nclass A:\n    def f(self):\n        os.system('id')\nA().f()"},
        Context.IMPORT,
    ),
    "main guard": ({"main.py": "import os\nif __name__ == '__main__':\n    os.system('id')"}, Context.RUNTIME),
    "thread": (
        {"main.py": "import os, threading\ndef f():\n    os.system('id')\nthreading.Thread(target=f).start()"},
        Context.IMPORT,
    ),
    "setup": ({"setup.py": RUN}, Context.INSTALL),
    "setup's guard": ({"setup.py": "import os\nif __name__ == '__main__':\n    os.system('id')"}, Context.INSTALL),
    "install command": (
        {
            "setup.py": "import os\nfrom setuptools import setup\nfrom setuptools.command.install import install\n"
            "class I(install):\n    def run(self):\n        os.system('id')\nsetup(cmdclass={'install': I})"
        },
        Context.INSTALL,
    ),
    "function beside setup": ({"setup.py": "import os\ndef f():\n    os.system('id')"}, Context.RUNTIME),
    "module of setup": ({"setup.py": "import hooks\n", "hooks.py": RUN}, Context.INSTALL),
    "build backend": ({"back.py": "import os\ndef build_wheel(*a):\n    os.system('id')"}, Context.INSTALL),
    "start-up lines": ({"a.pth": RUN}, Context.INSTALL),
    "tests": ({"main.py": "x = 1", "tests/test_a.py": RUN}, Context.DEAD),
    "tests that are imported": ({"main.py": "import tests.test_a", "tests/test_a.py": RUN}, Context.IMPORT),
    "nothing but tests": ({"tests/test_a.py": RUN}, Context.IMPORT),
    "never": ({"main.py": "import os\nif False:\n    os.system('id')"}, Context.DEAD),
    "type checking": (
        {
            "main.py": "import os\nfrom typing import TYPE_CHECKING as T\nimport typing\n"
            "if typing.TYPE_CHECKING:\n    os.system('id')"
        },
        Context.DEAD,
    ),
    "other module": (
        {
            "main.py": "from lib.net import go\ngo()",
            "lib/__init__.py": "",
            "lib/net.py": "import os\ndef go():\n    os.system('id')",
        },
        Context.IMPORT,
    ),
    "relative module": (
        {"lib/__init__.py": "from .net import go\ngo()", "lib/net.py": "import os\ndef go():\n    os.system('id')"},
        Context.IMPORT,
    ),
    "module attribute": (
        {"lib/__init__.py": "from . import net\nnet.go()", "lib/net.py": "import os\ndef go():\n    os.system('id')"},
        Context.IMPORT,
    ),
    "star import": (
        {"main.py": "from net import *\ngo()", "net.py": "import os\ndef go():\n    os.system('id')"},
        Context.IMPORT,
    ),
    "below a folder": (
        {
            "a-1.0/src/lib/__init__.py": "import lib.net as n\nn.go()",
            "a-1.0/src/lib/net.py": "import os\ndef go():\n    os.system('id')",
        },
        Context.IMPORT,
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_moment_is_known(name: str, read_python: Read) -> None:
    files, context = PLACES[name]
    facts = [fact for fact in read_python(files).facts if fact.act is Act.PROCESS_START]
    assert [fact.context for fact in facts] == [context]


def test_entry_point_in_a_tests_folder_is_alive(read_python: Read) -> None:
    files = {"main.py": "x = 1", "examples/bot.py": RUN}
    (fact,) = read_python(files, entry_points=("examples.bot:run",)).facts
    assert fact.context is Context.IMPORT


def test_root_that_is_a_module_itself_is_read(read_python: Read) -> None:
    files = {"__init__.py": "from . import net\nnet.go()", "net.py": "import os\ndef go():\n    os.system('id')"}
    assert [fact.context for fact in read_python(files).facts] == [Context.IMPORT]


def test_scope_is_the_function_around(read_python: Read) -> None:
    source = "import os\nclass A:\n    def f(self):\n        def g():\n            os.system('id')\n        g()\n"
    assert [fact.scope for fact in read_python(source).facts] == ["A.f.g"]


def test_value_of_another_module_keeps_where_it_comes_from(read_python: Read) -> None:
    files = {
        "main.py": "import requests\nfrom conf import KEY\nrequests.post('https://x.example.invalid', data=KEY)",
        "conf.py": "import os\nKEY = os.environ['A_TOKEN']",
    }
    (sent,) = [fact for fact in read_python(files).facts if fact.act is Act.NETWORK_SEND]
    assert [(origin.label.value, origin.line) for origin in sent.origins] == [("secret", 0)]


def test_own_module_hides_a_foreign_one_of_its_name(read_python: Read) -> None:
    files = {"main.py": "import helper\nhelper.run('id')", "helper.py": "def run(x): pass"}
    assert read_python(files).facts == ()


def test_own_file_in_another_folder_is_not_the_library(read_python: Read) -> None:
    files = {"main.py": "import subprocess\nsubprocess.run(['id'])", "deep/subprocess.py": "def run(x): pass"}
    assert [fact.act for fact in read_python(files).facts] == [Act.PROCESS_START]


def wrap(source: str, *, times: int) -> str:
    for _ in range(times):
        source = f"import base64\nexec(base64.b64decode({base64.b64encode(source.encode()).decode()!r}))"
    return source


def test_layers_are_followed_to_the_line_that_runs_them(read_python: Read) -> None:
    result = read_python(wrap(RUN, times=3))
    assert {(layer.line, layer.depth) for layer in result.layers} == {(2, 1), (2, 2), (2, 3)}
    assert [(fact.line, fact.detail) for fact in result.facts if fact.act is Act.PROCESS_START] == [(2, "id")]


def test_layers_below_the_limit_are_left(read_python: Read) -> None:
    result = read_python(wrap(RUN, times=limits.FOLD_LAYERS + 1))
    assert Act.PROCESS_START not in {fact.act for fact in result.facts}


def test_names_of_a_layer_are_known_after_it(read_python: Read) -> None:
    facts = read_python("exec('import os as z')\nz.system('id')").facts
    assert Act.PROCESS_START in {fact.act for fact in facts}


def test_text_run_as_code_without_end_is_an_error(read_python: Read) -> None:
    result = read_python("".join(f"exec('x = {number}')\n" for number in range(60)))
    assert result.errors == (f"main.py: runs over {limits.LAYERS_PER_FILE} texts as code",)


def test_canonical_copy_shows_what_a_source_hides(read_python: Read) -> None:
    (copy,) = read_python("import os\n\ngetattr(os, 'sys' + 'tem')('id')\n").copies
    assert "os.system('id')" in copy.text
    assert copy.lines[copy.text.split("\n").index("os.system('id')")] == 3


def test_tree_is_left_as_it_was() -> None:
    text = "import os\ngetattr(os, 'sys' + 'tem')('id')\n"
    tree = ast.parse(text)
    source = Source(path="main.py", kind=Kind.PYTHON, sha256="", size=1, stored=None, text=text, parse=hold_tree(tree))
    assert read_modules([source], entry_points=()).copies
    assert ast.dump(tree) == ast.dump(ast.parse(text))


def test_plain_source_has_no_copy(read_python: Read) -> None:
    assert read_python(RUN).copies == ()


@pytest.mark.parametrize("name", DETOURS)
def test_detour_is_a_hit(name: str, read_python: Read) -> None:
    rule_id, source = DETOURS[name]
    assert rule_id in {hit.rule_id for hit in read_python(source).findings}


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    return f(x)\nf(1)",
        "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\ng('a')",
        "f = lambda x: f(x)\nf(f)",
        "class A(A): pass",
        "class A:\n    def __call__(self): return self()\nA()()",
        "x = [x for x in x]",
        "while True:\n    x = x + x",
        "a = 'a'\n" + "a = a + a\n" * 60,
        "a = []\na.append(a)\nprint(a, [a])",
        "d = {}\nd['d'] = d\nprint(d['d']['d'])",
        "import main\nmain.x = main",
        "x = y = z = {**x, **y}",
        "def f(*a, **k):\n    f(*a, *a, **k)\nf(1, 2, b=3)",
        "".join("for a in b:\n" + "    " * n for n in range(1, 15)) + "c(a)",
        "x = " + "[" * 80 + "]" * 80,
        "import os\nos.system(str(0x" + "f" * 9000 + "))",
        "import struct\nstruct.pack('I', -1)",
        "import codecs\ncodecs.decode('x', 'undefined')",
        "b''.decode('idna')\n'x'.encode('no-such-codec')",
        "'%s' % ('a', 'b')\n'{0[a]} {!r:>9}'.format(1)",
        "'\\udc80'.encode()\nopen('\\udc80').read()",
    ],
)  # fmt: skip
def test_hostile_shape_is_followed_in_bounded_time(source: str, read_python: Read) -> None:
    assert read_python(source).errors == ()


def test_module_beyond_the_budget_is_an_error_and_keeps_its_facts(
    read_python: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PYTHON_STEPS_PER_MODULE", 200)
    result = read_python({"big.py": RUN + "x = f(1)\n" * 200, "small.py": RUN})
    assert result.errors == ("big.py: too complex to follow",)
    assert {fact.path for fact in result.facts} == {"big.py", "small.py"}


def test_nesting_beyond_the_stack_is_an_error_of_its_module(read_python: Read) -> None:
    result = read_python({"deep.py": "x = " + "+".join(["y"] * 1500), "small.py": RUN})
    assert "deep.py: too complex to follow" in result.errors
    assert [fact.path for fact in result.facts] == ["small.py"]


def test_reading_twice_says_the_same(read_python: Read) -> None:
    files = {name: source for name, (_, source) in DETOURS.items()}
    assert read_python(files).facts == read_python(files).facts
