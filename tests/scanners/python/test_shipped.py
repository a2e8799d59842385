"""A file that the plugin ships stands for what it holds, and what it names is called by its name."""

import pytest

from scanners.facts import Act, Label, Trick
from scanners.python.shipped import hide_addresses
from tests.scanners.python.conftest import Read

STEPS = '{"steps": [{"module": "string", "call": "capwords"}, {"module": "os", "call": "system", "args": ["id -u"]}]}'
RUN_STEPS = (
    "    for step in S['steps']:\n        m = importlib.import_module(step['module'])\n"
    "        getattr(m, step['call'])(*step.get('args', [x]))\n"
)
READERS = {
    "read text": "from pathlib import Path\nT = Path(__file__).with_name('a.txt').read_text()\nexec(T)",
    "read bytes": "from pathlib import Path\nT = (Path(__file__).parent / 'a.txt').read_bytes()\nexec(T)",
    "open": "import os\nT = open(os.path.join(os.path.dirname(__file__), 'a.txt')).read()\nexec(T)",
    "relative": "with open('a.txt') as handle:\n    exec(handle.read())",
    "get data": "import pkgutil\nexec(pkgutil.get_data(__name__, 'a.txt'))",
    "resource": "import importlib.resources\nexec(importlib.resources.read_text('x', 'a.txt'))",
    "files": "from importlib.resources import files\nexec(files('x').joinpath('a.txt').read_text())",
}
INI = "import configparser\nD = configparser.ConfigParser()\nD.read('a.ini')\nos.system(D['a']['c'])"
PARSERS = {
    "json load": ("a.json", '{"c": "id"}', "import json\nD = json.load(open('a.json'))\nos.system(D['c'])"),
    "json loads": ("a.json", '{"c": "id"}', "import json\nD = json.loads(open('a.json').read())\nos.system(D['c'])"),
    "toml": ("a.toml", 'c = "id"', "import tomllib\nD = tomllib.load(open('a.toml', 'rb'))\nos.system(D['c'])"),
    "ini": ("a.ini", "[a]\nc = id\n", INI),
}  # fmt: skip
NOT_READ = {
    "another place": "import json, os\nos.system(json.load(open('/etc/a.json'))['c'])",
    "unknown place": "import json, os\ndef f(p):\n    os.system(json.load(open(p + '/a.json'))['c'])",
    "damaged": "import json, os\nos.system(json.load(open('b.json'))['c'])",
}


def test_table_of_steps_calls_what_it_names(read_python: Read) -> None:
    text = f"import importlib, json\nS = json.load(open('s.json'))\ndef run(x):\n{RUN_STEPS}"
    facts = read_python(text, beside={"s.json": STEPS}).facts
    started = next(fact for fact in facts if fact.act is Act.PROCESS_START)
    assert started.detail == "id -u"
    assert Trick.NAMED_IN_DATA in started.tricks
    assert Label.FILE in started.labels


@pytest.mark.parametrize("name", READERS)
def test_shipped_text_that_runs_is_read_as_code(name: str, read_python: Read) -> None:
    found = read_python(READERS[name], beside={"a.txt": "import os\nos.system('id')"})
    assert any(fact.act is Act.PROCESS_START and fact.detail == "id" for fact in found.facts)


@pytest.mark.parametrize("name", PARSERS)
def test_shipped_data_is_known_by_its_keys(name: str, read_python: Read) -> None:
    path, content, text = PARSERS[name]
    facts = read_python(f"import os\n{text}", beside={path: content}).facts
    assert any(fact.act is Act.PROCESS_START and fact.detail == "id" for fact in facts)


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_shipped_or_damaged_stays_unknown(name: str, read_python: Read) -> None:
    facts = read_python(NOT_READ[name], beside={"a.json": '{"c": "id"}', "b.json": "{"}).facts
    assert [fact.detail for fact in facts if fact.act is Act.PROCESS_START] == [""]


def test_pickle_kept_in_data_calls_what_it_names(read_python: Read) -> None:
    packed = "Y29zCnN5c3RlbQooVmlkCnRSLg=="
    text = "import base64, json, pickle\npickle.loads(base64.b64decode(json.load(open('m.json'))['w']))"
    facts = read_python(text, beside={"m.json": f'{{"w": "{packed}"}}'}).facts
    assert any(fact.act is Act.PROCESS_START and fact.detail == "id" for fact in facts)


def test_what_could_be_called_stands_first_in_a_long_list(read_python: Read) -> None:
    steps = ",".join(['{"m": "string", "c": "capwords"}'] * 700 + ['{"m": "os", "c": "system"}'])
    text = "import importlib, json\nfor s in json.load(open('s.json')):\n"
    text += "    getattr(importlib.import_module(s['m']), s['c'])('id')"
    facts = read_python(text, beside={"s.json": f"[{steps}]"}).facts
    assert any(fact.act is Act.PROCESS_START and Trick.NAMED_IN_DATA in fact.tricks for fact in facts)


def test_addresses_in_settings_are_for_whoever_installs_the_plugin() -> None:
    text = '{"hook": "https://a.example.invalid/x", "host": "a.example.invalid", "call": "os.system"}'
    hidden = hide_addresses("config.json", text)
    assert "example" not in hidden
    assert "os.system" in hidden
    assert hide_addresses("theme.json", text) == text
