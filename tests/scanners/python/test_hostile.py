"""No constant that Eve writes ends the pass with anything but facts and named errors."""

import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.python.passes import read_modules
from tests.scanners.python.conftest import Read, read

NUMBERS = ("0", "-1", "1", "2**63", "10**400", "1e308", "True", "0x" + "f" * 5000, "1j", "None", "...")
TEXTS = ("''", "'a'", "b'\\xff\\xfe'", "'%s%d%'", "'{0.a[b]}{'", "'\\ud800'", "'9999999999s'", "'[' * 9000", "'\\0'")
SEQUENCES = ("()", "[1, 'a']", "(b'a', 'b')", "{'a': 1}", "[[]] * 3", "((),)", "[0x" + "f" * 5000 + "]", "{1, 2}")
ATOMS = NUMBERS + TEXTS + SEQUENCES + ("x", "os.environ")
CALLS = (
    "struct.pack({0}, {1})", "int({0}, {1})", "chr({0})", "bytes({0})", "bytearray({0})", "sum({0})", "range({0}, {1})",
    "round({0}, {1})", "base64.b64decode({0})", "bytes.fromhex({0})", "zlib.decompress({0})", "lzma.decompress({0})",
    "codecs.decode({0}, {1})", "json.loads({0})", "ast.literal_eval({0})", "urllib.parse.unquote({0})", "min({0})",
    "urllib.parse.urljoin({0}, {1})", "int.from_bytes({0}, {1})", "int.to_bytes({0}, {1})", "str.maketrans({0}, {1})",
    "textwrap.dedent({0})", "os.fsencode({0})", "binascii.hexlify({0})", "len({0})", "ord({0})", "hex({0})", "str({0})",
    "({0}).join({1})", "({0}).replace({1}, {0})", "({0}).encode({1})", "({0}).decode({1})", "({0}).translate({1})",
    "({0}).split({1})", "({0}).format({1})", "({0}) % ({1})", "({0}) * ({1})", "({0}) + ({1})", "({0}) << ({1})",
    "({0}) ** ({1})", "({0}) // ({1})", "({0}) ^ ({1})", "({0})[{1}]", "({0})[::{1}]", "({0})[{1}:]", "f'{{{0}!r:>9}}'",
    "getattr({0}, {1})", "__import__({0})", "os.path.join({0}, {1})", "open({0}, {1})", "os.system({0})", "exec({0})",
    "subprocess.run({0}, shell={1})", "requests.post({0}, json={1})", "socket.create_connection({0})", "-({0})",
    "dict({0})", "list(zip({0}, {1}))", "list(map({0}, {1}))", "list(reversed({0}))", "tempfile.mkstemp({0})",
    "threading.Thread(target={0}, args={1})", "functools.reduce({0}, {1})", "type({0}, {1}, {1})", "os.getenv({0})",
    "time.sleep({0})", "os.chmod({0}, {1})", "winreg.SetValueEx({0}, {1})", "logging.config.dictConfig({0})",
    "importlib.import_module({0}, {1})", "({0}).hex({1})", "({0}).to_bytes({1}, 'big')", "sorted({0}, key={1})",
)  # fmt: skip
HEAD = (
    "import ast, base64, binascii, codecs, functools, importlib, json, logging.config, lzma, os, requests, socket\n"
    "import struct, subprocess, tempfile, textwrap, threading, time, urllib.parse, winreg, zlib"
)
EXPRESSIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.builds(lambda form, one, other: form.format(one, other), st.sampled_from(CALLS), inner, inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_any_constant_is_computed_or_left(expression: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(expression.replace("\0", ""), "x", "eval")
        except (SyntaxError, ValueError):
            return
        result = read(f"{HEAD}\ndef f(x):\n    y = {expression}\n    exec(y)\n    return [z for z in y]\n")
    assert not result.errors, result.errors


@pytest.mark.parametrize(
    "source",
    [
        "a = (1, 2)\n" + "a = (a, a)\n" * 60 + "print(a, f'{a}', a == a)",
        "a = ['ab' * 9000] * 9000\nb = ''.join(a)\nexec(b)",
        "a = ('ab',) * 9000\n" * 2 + "b = (a,) * 9000\nexec(str(b))",
        "import struct\nexec(struct.pack('999999999s', b'a'))",
        "import json\nexec(json.loads('[' * 9999))",
        "a = 'a' * 9000\n" + "a = a.replace('a', 'aaaaaaaaa')\n" * 20,
        "a = '{0}' * 9000\n" + "a = a.format(a)\n" * 20,
        "a = '%s'\n" + "a = a % a + a\n" * 60,
        "a = 1\n" + "a = a * a + 2\n" * 90 + "a = a << a",
        "a = {}\n" + "a = {'x': a, 'y': a}\n" * 60 + "print(a)",
        "a = []\n" + "a = [a, a, x]\n" * 60 + "print(a)\nf(a)\ndef f(b):\n    exec(b)",
    ],
)
def test_small_texts_with_huge_results_cost_little(read_python: Read, source: str) -> None:
    started = time.process_time()
    read_python(source)
    assert time.process_time() - started < 4


def test_the_door_takes_no_module_at_all() -> None:
    assert read_modules([], entry_points=()).facts == ()
