"""Whatever hides a text, the text is read: each way of hiding, and what cannot be known stays unknown."""

import base64
import bz2
import codecs
import gzip
import lzma
import zlib

import pytest

from scanners.facts import Act, Trick
from scanners.python.passes import PythonPass
from tests.scanners.python.conftest import Read

COMMAND = "id --name"
ENCODED = base64.b64encode(COMMAND.encode()).decode()
TWICE = base64.b64encode(ENCODED.encode())
HIDDEN = {
    "plus": "'id ' + '--name'",
    "join": "' '.join(['id', '--name'])",
    "percent": "'%s %s' % ('id', '--name')",
    "format": "'{} {}'.format('id', '--name')",
    "named format": "'{a} {b}'.format(a='id', b='--name')",
    "f-string": "f\"{'id'} --name\"",
    "reversed": repr(COMMAND[::-1]) + "[::-1]",
    "reversed call": f"''.join(reversed({COMMAND[::-1]!r}))",
    "slice": "'xxid --namexx'[2:-2]",
    "replace": "'iQd --nQame'.replace('Q', '')",
    "translate": "'1d --name'.translate(str.maketrans('1', 'i'))",
    "characters": f"''.join(chr(c) for c in {[ord(c) for c in COMMAND]})",
    "map of characters": f"''.join(map(chr, {[ord(c) for c in COMMAND]}))",
    "map of a lambda": f"''.join(map(lambda c: chr(c - 1), {[ord(c) + 1 for c in COMMAND]}))",
    "xor": f"''.join(chr(c ^ 7) for c in {[ord(c) ^ 7 for c in COMMAND]})",
    "xor of bytes": f"bytes(a ^ b for a, b in zip({bytes(c ^ 9 for c in COMMAND.encode())!r}, b'\\t' * 9)).decode()",
    "bytes": f"bytes({list(COMMAND.encode())}).decode()",
    "hex": f"bytes.fromhex({COMMAND.encode().hex()!r}).decode()",
    "unhexlify": f"__import__('binascii').unhexlify({COMMAND.encode().hex()!r}).decode()",
    "base64": f"__import__('base64').b64decode({ENCODED!r}).decode()",
    "base32": f"__import__('base64').b32decode({base64.b32encode(COMMAND.encode())!r}).decode()",
    "base85": f"__import__('base64').b85decode({base64.b85encode(COMMAND.encode())!r}).decode()",
    "zlib": f"__import__('zlib').decompress({zlib.compress(COMMAND.encode())!r}).decode()",
    "gzip": f"__import__('gzip').decompress({gzip.compress(COMMAND.encode(), mtime=0)!r}).decode()",
    "bz2": f"__import__('bz2').decompress({bz2.compress(COMMAND.encode())!r}).decode()",
    "lzma": f"__import__('lzma').decompress({lzma.compress(COMMAND.encode())!r}).decode()",
    "rot13": f"__import__('codecs').decode({codecs.encode(COMMAND, 'rot13')!r}, 'rot13')",
    "integer": f"int.to_bytes({int.from_bytes(COMMAND.encode(), 'big')}, 9, 'big').decode()",
    "number method": f"({int.from_bytes(COMMAND.encode(), 'big')}).to_bytes(9, 'big').decode()",
    "quoted": "__import__('urllib.parse', fromlist=['x']).unquote('id%20--name')",
    "json": "__import__('json').loads('{\"a\": \"id --name\"}')['a']",
    "dictionary": "{'a': 'id --name'}['a']",
    "list": "['x', 'id --name'][1]",
    "base64 twice": f"__import__('base64').b64decode(__import__('base64').b64decode({TWICE!r}))",
    "conditional": "'id --name' if print else ''",
}
BY_STATEMENTS = {
    "loop": f"t = ''\nfor c in {[ord(c) ^ 3 for c in COMMAND]}:\n    t += chr(c ^ 3)\nos.system(t)",
    "append": f"t = []\nfor c in {[ord(c) for c in COMMAND]}:\n    t.append(chr(c))\nos.system(''.join(t))",
    "decoder": f"def d(s, k):\n    return ''.join(chr(ord(c) ^ k) for c in s)\n"
    f"os.system(d({''.join(chr(ord(c) ^ 2) for c in COMMAND)!r}, 2))",
    "decoder with a loop": "def d(s):\n    r = ''\n    for c in s:\n        r = r + chr(ord(c) - 1)\n    return r\n"
    f"os.system(d({''.join(chr(ord(c) + 1) for c in COMMAND)!r}))",
    "default": "def f(a='id', b='--name'):\n    os.system(a + ' ' + b)\nf()",
    "class attribute": "class A:\n    a = 'id '\n    def f(self):\n        os.system(self.a + '--name')",
    "lambda": "f = lambda a, b: a + b\nos.system(f('id ', '--name'))",
    "pieces by number": "p = {0: 'id', 1: ' ', 2: '--name'}\nos.system(p[0] + p[1] + p[2])",
    "unpacked": "a, b = 'id ', '--name'\nos.system(a + b)",
    "while": "a = 'id '\na += '--name'\nwhile True:\n    os.system(a)",
}
REACHED = {
    "getattr": "getattr(os, 'sys' + 'tem')('id')",
    "import": "__import__('o' + 's').system('id')",
    "importlib": "__import__('importlib').import_module('os').system('id')",
    "dictionary of module": "os.__dict__['system']('id')",
    "vars": "vars(os)['system']('id')",
    "modules": "__import__('sys').modules['os'].system('id')",
    "globals": "globals()['os'].system('id')",
    "builtins": "__builtins__.__dict__['__import__']('os').system('id')",
    "builtins subscript": "__builtins__['__import__']('os').system('id')",
    "attrgetter": "__import__('operator').attrgetter('system')(os)('id')",
    "methodcaller": "__import__('operator').methodcaller('system', 'id')(os)",
    "partial": "__import__('functools').partial(os.system, 'id')()",
    "table": "T = {'a': os.system}\nT['a']('id')",
    "list": "[os.system][0]('id')",
    "alias": "run = os.system\nrun('id')",
    "walrus": "(run := os.system)('id')",
    "map": "list(map(os.system, ['id']))",
    "lambda": "(lambda f: f('id'))(os.system)",
    "returned": "def f():\n    return os.system\nf()('id')",
    "default": "def f(run=os.system):\n    run('id')\nf()",
    "class": "class A:\n    run = os.system\nA.run('id')",
    "field": "class A:\n    def __init__(self):\n        self.run = os.system\n    def go(self):\n"
    "        self.run('id')",
    "decorator": "@os.system\ndef f():\n    return 'id'",
    "star": "from os import *\nsystem('id')",
    "call": "os.system.__call__('id')",
    "setattr": "class A: pass\na = A()\nsetattr(a, 'run', os.system)\na.run('id')",
    "globals set": "globals()['run'] = os.system\nrun('id')",
    "eval": "eval('os.system')('id')",
    "exec": "exec('import os as z')\nz.system('id')",
    "conditional import": "try:\n    import osx as z\nexcept ImportError:\n    import os as z\nz.system('id')",
    "function globals": "def f(): pass\nf.__globals__['os'].system('id')",
    "posix": "import posix\nposix.system('id')",
    "thread": "import threading\nthreading.Thread(target=os.system, args=('id',)).start()",
    "starred": "a = ['id']\nos.system(*a)",
    "type": "type('A', (), {'f': lambda self: os.system('id')})",
}


def commands(result: PythonPass) -> set[str]:
    return {fact.detail for fact in result.facts if fact.act is Act.PROCESS_START}


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_text_is_read(name: str, read_python: Read) -> None:
    assert COMMAND in commands(read_python(f"import os\nos.system({HIDDEN[name]})"))


@pytest.mark.parametrize("name", BY_STATEMENTS)
def test_text_put_together_by_statements_is_read(name: str, read_python: Read) -> None:
    assert COMMAND in commands(read_python(f"import os\n{BY_STATEMENTS[name]}"))


@pytest.mark.parametrize("name", REACHED)
def test_function_is_known_however_it_is_reached(name: str, read_python: Read) -> None:
    facts = read_python(f"import os\n{REACHED[name]}").facts
    assert Act.PROCESS_START in {fact.act for fact in facts}


@pytest.mark.parametrize(
    ("source", "trick"),
    [
        ("import os\ngetattr(os, 'sys' + 'tem')('id')", Trick.JOINED),
        ("import os\ngetattr(os, 'metsys'[::-1])('id')", Trick.DECODED),
        ("import os\ngetattr(os, 'system')('id')", Trick.LOOKED_UP),
        ("import os\nrun = os.system\nrun('id')", Trick.ALIASED),
        ("import os\nos.system('id')", Trick.SHELL),
        ("import subprocess\nsubprocess.run('id', shell=True)", Trick.SHELL),
        ("import subprocess\nsubprocess.run(['powershell', '-c', 'id'])", Trick.SHELL),
        ("import subprocess\nsubprocess.Popen(['a'], creationflags=0x08000000)", Trick.HIDDEN_WINDOW),
        ("import subprocess as s\ns.Popen(['a'], creationflags=s.CREATE_NO_WINDOW)", Trick.HIDDEN_WINDOW),
        ("import os\nos.system('powershell -WindowStyle Hidden -enc AAAAAAAAAAAAAAAAAAAA')", Trick.HIDDEN_WINDOW),
        (("import os, datetime\nif datetime.datetime.now() > datetime.datetime(2030, 1, 1):\n"
    "    os.system('id')"), Trick.GUARDED),
        ("import os, socket\nif socket.gethostname() == 'x':\n    os.system('id')", Trick.GUARDED),
        ("import os, time\nif time.time() < 9:\n    raise SystemExit\nos.system('id')", Trick.GUARDED),
        ("import os\nwhile True:\n    os.system('id')", Trick.LOOP),
    ],
)  # fmt: skip
def test_detour_is_a_trick_of_the_fact(source: str, trick: Trick, read_python: Read) -> None:
    facts = [fact for fact in read_python(source).facts if fact.act is Act.PROCESS_START]
    assert any(trick in fact.tricks for fact in facts), facts


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['id'])",
        "import subprocess, sys\nif sys.platform == 'win32':\n    subprocess.run(['id'])",
        "import subprocess, platform\nif platform.system() == 'Windows':\n    subprocess.run(['id'])",
        "import subprocess, time\nstart = time.time()\nif time.time() - start > 5:\n    subprocess.run(['id'])",
        "import subprocess\nfor x in range(3):\n    subprocess.run(['id'])",
        "import subprocess\nsubprocess.run(['id'], stdout=subprocess.DEVNULL)",
        "from subprocess import run\nrun(['id'])",
        "import subprocess as sp\nsp.run(['id'])",
    ],
)
def test_plain_call_has_no_trick(source: str, read_python: Read) -> None:
    (fact,) = [fact for fact in read_python(source).facts if fact.act is Act.PROCESS_START]
    assert fact.tricks == frozenset()


@pytest.mark.parametrize(
    "text", ["'%999999999d' % 1", "'x' * 10 ** 9", "10 ** 10 ** 10", "'a'.ljust(10 ** 9)", "1 << 10 ** 9"]
)
def test_text_that_would_burst_is_left_alone(text: str, read_python: Read) -> None:
    assert read_python(f"import os\nos.system(str({text}))").errors == ()
