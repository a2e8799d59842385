"""What Eve says about her plugin is compared with what is in it, and her names with those of others."""

import json

import pytest

from scanners.declared import MANIFEST_NAME
from scanners.engines.metadata import run_metadata
from scanners.rules import load_rules
from tests.scanners.declared_samples import make_manifest, make_sources

README = "# Weather card\n\n" + "Asks for a town and shows its weather as a card, with a picture. " * 3
NODE = ("weather Weather weather_card.nodes:Weather",)
PLUGIN = {
    MANIFEST_NAME: make_manifest(nodes=NODE),
    "README.md": README,
    "weather_card/__init__.py": "",
    "weather_card/nodes.py": "class Weather:\n    pass\n",
}


def run(files: dict[str, str], *, needs_manifest: bool = False) -> list[str]:
    reading = run_metadata(make_sources(files), needs_manifest=needs_manifest)
    assert reading.errors == ()
    assert reading.read <= set(files)
    return sorted(finding.rule_id for finding in reading.findings)


def run_node(*nodes: str) -> list[str]:
    return run({**PLUGIN, MANIFEST_NAME: make_manifest(nodes=nodes)})


def test_honest_plugin_is_left_alone() -> None:
    assert run(PLUGIN, needs_manifest=True) == []


def test_manifest_is_missed_only_where_one_is_needed() -> None:
    files = {name: text for name, text in PLUGIN.items() if name != MANIFEST_NAME}

    assert run(files) == []
    assert run(files, needs_manifest=True) == ["manifest-missing"]
    assert run({**files, MANIFEST_NAME: "not toml"}, needs_manifest=True) == ["manifest-missing"]


@pytest.mark.parametrize(
    "code",
    [
        "class Weather:\n    pass\n",
        "def Weather():\n    pass\n",
        "async def Weather():\n    pass\n",
        "Weather = object\n",
        "Weather: type = object\n",
        "from .more import Weather\n",
        "from .more import Rain as Weather\n",
        "from .more import *\n",
        "try:\n    from a import Weather\nexcept ImportError:\n    Weather = None\n",
        "for Weather in ():\n    pass\n",
        "(Weather := object)\n",
        "def __getattr__(name):\n    return name\n",
        "globals().update(Weather=1)\n",
        "with open(__file__) as Weather:\n    pass\n",
    ],
)
def test_entry_point_is_found_however_it_is_bound(code: str) -> None:
    assert run({**PLUGIN, "weather_card/nodes.py": code}) == []


@pytest.mark.parametrize(
    "code", ["", "def run():\n    Weather = 1\n", "class Rain:\n    class Weather:\n        pass\n", "print(Weather)\n"]
)
def test_entry_point_that_is_not_bound_is_missing(code: str) -> None:
    assert run({**PLUGIN, "weather_card/nodes.py": code}) == ["entry-point-missing"]


def test_entry_point_in_no_file_is_missing() -> None:
    assert run_node("weather Weather weather_card.other:Weather") == ["entry-point-missing"]
    assert run_node("weather Weather weather_card.nodes") == ["entry-point-missing"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("exports.Weather = class {};\n", []),
        ("export class Weather {}\n", []),
        ("export { x as Weather };\n", []),
        ("export class Weather2 {}\n", ["entry-point-missing"]),
        ("", ["entry-point-missing"]),
    ],
)
def test_entry_point_of_javascript_is_looked_for_as_a_word(code: str, found: list[str]) -> None:
    manifest = make_manifest(runtime="javascript", nodes=("weather Weather src/index.js#Weather",))

    assert run({"README.md": README, MANIFEST_NAME: manifest, "src/index.js": code}) == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'other-thing'\nversion = '1.0.0'\n"),
        ("pyproject.toml", "[tool.poetry]\nname = 'weather-card'\nversion = '2.0.0'\n"),
        ("PKG-INFO", "Name: weather-card\nVersion: 1.0.1\n\n"),
        ("weather_card-1.0.0.dist-info/METADATA", "Name: other-thing\nVersion: 1.0.0\n\n"),
        ("package.json", json.dumps({"name": "other-thing", "version": "1.0.0"})),
    ],
)
def test_metadata_of_another_project_is_a_mismatch(path: str, text: str) -> None:
    assert run({**PLUGIN, path: text}) == ["identity-mismatch"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'nexus_weather.card'\ndynamic = ['version']\n"),
        ("PKG-INFO", "Name: Weather-Card\nVersion: 1.0\n\n"),
        ("package.json", json.dumps({"name": "@ada/weather-card", "version": "0.0.0"})),
        ("package.json", json.dumps({"private": True})),
        ("package.json", "{"),
        ("vendor/left/package.json", json.dumps({"name": "left", "version": "7.0.0"})),
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
    ],
)
def test_metadata_of_the_same_project_is_no_mismatch(path: str, text: str) -> None:
    own = {"package.json": json.dumps({"name": "weather-card", "version": "1.0.0"})} if "vendor" in path else {}

    assert run({**PLUGIN, **own, path: text}) == []


@pytest.mark.parametrize(
    ("first", "second"), [("1.0.0-rc.1", "1.0.0rc1"), ("1.2.0", "1.2"), ("1.0.0+build5", "1.0.0"), ("v1.0.0", "1.0.0")]
)
def test_two_spellings_of_a_version_are_one(first: str, second: str) -> None:
    files = {
        MANIFEST_NAME: make_manifest(version=second, nodes=NODE),
        "PKG-INFO": f"Name: weather-card\nVersion: {first}\n\n",
    }

    assert run({**PLUGIN, **files}) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("weather-card", []),
        ("reqeusts", ["plugin-name-lookalike"]),
        ("requests", []),
        ("requests-cache-card", []),
    ],
)
def test_name_like_a_popular_project_is_found(name: str, found: list[str]) -> None:
    assert run({**PLUGIN, MANIFEST_NAME: make_manifest(name=name, nodes=NODE)}) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("We\u0430ther card", ["plugin-name-mixed"]),
        ("\u041f\u043e\u0433\u043e\u0434\u0430 card", []),
        ("Wetter f\u00fcr \u00d6sterreich", []),
        ("Python\u3067\u5929\u6c17", []),
    ],
)
def test_word_of_two_scripts_is_found_and_languages_are_left_alone(title: str, found: list[str]) -> None:
    manifest = make_manifest(nodes=NODE).replace("Weather card", title)

    assert run({**PLUGIN, MANIFEST_NAME: manifest}) == found


def test_absurd_version_is_found() -> None:
    assert run({**PLUGIN, MANIFEST_NAME: make_manifest(version="99.0.1", nodes=NODE)}) == ["version-absurd"]
    assert run({"README.md": README, "PKG-INFO": "Name: inner\nVersion: 999.0\n\n"}) == ["version-absurd"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["readme-empty"]),
        ("# Test\n\n[badge](https://example.invalid/badge)\n", ["readme-empty"]),
        (README.replace("Weather card", "Requests") + "pip install requests\n", ["readme-copied"]),
        ("discord.py\n==========\n\n" + README[16:] + "pip install -U discord.py\n", ["readme-copied"]),
        (README.replace("Weather card", "Deprecated!") + "This is deprecated.\n", []),
        (README.replace("Weather card", "Requests weather card") + "pip install requests\n", []),
        (README.replace("# Weather card", "Without a heading."), []),
    ],
)
def test_readme_that_says_nothing_or_belongs_to_others_is_found(text: str, found: list[str]) -> None:
    assert run({**PLUGIN, "README.md": text}) == found


def test_missing_readme_is_for_information_and_may_stand_in_metadata() -> None:
    files = {name: text for name, text in PLUGIN.items() if name != "README.md"}

    assert run(files) == ["readme-missing"]
    assert (
        run({**files, "weather_card-1.0.0.dist-info/METADATA": f"Name: weather-card\nVersion: 1.0.0\n\n{README}"}) == []
    )


@pytest.mark.parametrize(
    ("node", "rule_id"),
    [
        ("execute-code Run weather_card.nodes:Weather", "node-shadows-tool"),
        ("x Send_message weather_card.nodes:Weather", "node-shadows-tool"),
        ("search Search_towns weather_card.nodes:Weather", "node-name-generic"),
        ("search-towns Search_towns weather_card.nodes:Weather", None),
    ],
)
def test_node_named_like_a_tool_of_the_platform_is_found(node: str, rule_id: str | None) -> None:
    assert run_node(node) == ([rule_id] if rule_id else [])


def test_two_nodes_of_one_name_are_found() -> None:
    assert run_node("town-map A weather_card.nodes:Weather", "town_map B weather_card.nodes:Weather") == ["node-twice"]


@pytest.mark.parametrize(
    ("path", "importing", "found"),
    [
        ("json/__init__.py", "import json\n", ["module-shadowed"]),
        ("random.py", "from random import choice\n", ["module-shadowed"]),
        ("requests/__init__.py", "import requests.sessions\n", ["module-shadowed"]),
        ("src/requests/__init__.py", "import requests\n", ["module-shadowed"]),
        ("json/__init__.py", "", []),
        ("weather_card/json.py", "import json\n", []),
        ("weather_card/json.py", "from . import json\n", []),
        ("test/test_nodes.py", "import test\n", []),
        ("helpers_of_ada.py", "import helpers_of_ada\n", []),
    ],
)
def test_module_in_the_place_of_a_known_one_is_found(path: str, importing: str, found: list[str]) -> None:
    nodes = f"{importing}class Weather:\n    pass\n"

    assert run({**PLUGIN, "weather_card/nodes.py": nodes, path: "x = 1\n"}) == found


def test_bundled_module_with_its_metadata_weighs_less() -> None:
    files = {"requests/__init__.py": "", "requests-2.32.3.dist-info/RECORD": ""}

    assert run({**PLUGIN, **files, "weather_card/nodes.py": "import requests\nclass Weather:\n    pass\n"}) == [
        "module-bundled"
    ]


def test_project_without_a_manifest_may_be_the_module_itself() -> None:
    own = {"README.md": README, "PKG-INFO": "Name: dataclasses\nVersion: 0.8\n\n"}

    assert run({**own, "dataclasses.py": "", "more.py": "import dataclasses\n"}) == []
    assert run({"README.md": README, "requests/__init__.py": "", "more.py": "import requests\n"}) == []
    assert run({"README.md": README, "socket.py": "", "more.py": "import socket\n"}) == ["module-shadowed"]


def test_module_named_with_letters_of_another_script_is_found() -> None:
    files = {"README.md": README, "r\u0435quests/__init__.py": "KEY = 1\n", "donn\xe9es.py": "KEY = 1\n"}

    assert run(files) == ["module-lookalike"]


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("http://198.51.100.7/x", ["homepage-odd"]),
        ("https://abc.ngrok.io", ["homepage-odd"]),
        ("https://weather.example.invalid", []),
        ("not a page", []),
    ],
)
def test_home_where_nobody_can_be_found_is_odd(page: str, found: list[str]) -> None:
    document = {"name": "weather-card", "version": "1.0.0", "repository": {"url": page}, "bugs": 7}

    assert run({**PLUGIN, "package.json": json.dumps(document)}) == found


@pytest.mark.parametrize(
    "rule_id", ["plugin-name-lookalike", "plugin-name-mixed", "version-absurd", "homepage-odd", "identity-mismatch"]
)
def test_rule_on_metadata_finds_its_matching_sample_and_leaves_its_clean_one_alone(rule_id: str) -> None:
    rule = load_rules()[rule_id]

    assert rule_id in run({**PLUGIN, "package.json": rule.match})
    assert run({**PLUGIN, "package.json": rule.clean}) == []


@pytest.mark.parametrize("rule_id", ["readme-empty", "readme-copied"])
def test_rule_on_readmes_finds_its_matching_sample_and_leaves_its_clean_one_alone(rule_id: str) -> None:
    rule = load_rules()[rule_id]

    assert run({**PLUGIN, "README.md": rule.match.lstrip()}) == [rule_id]
    assert run({**PLUGIN, "README.md": rule.clean.lstrip()}) == []


@pytest.mark.parametrize("name", ["package.json", "pyproject.toml", "PKG-INFO", MANIFEST_NAME])
@pytest.mark.parametrize(
    "text", ["", "{", "[[[[" * 2_000, "\x00", '{"name": [], "version": {}}', "name = 1\n", "a" * 100_000]
)
def test_hostile_metadata_is_read_without_a_fault(name: str, text: str) -> None:
    assert isinstance(run({**PLUGIN, name: text}), list)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("package.json", '{"name": "tidy", "bin": {"git": "./git.js"}}', ["program-shadowed"]),
        ("package.json", '{"name": "git", "bin": {"git": "./git.js"}}', []),
        ("package.json", '{"name": "tidy", "bin": "./tidy.js"}', []),
        ("pyproject.toml", '[project]\nname = "tidy"\n[project.scripts]\nsudo = "a:b"\n', ["program-shadowed"]),
        ("pyproject.toml", '[project]\nname = "tidy"\n[project.scripts]\ntidy = "a:b"\n', []),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    pip = a:b\n", ["program-shadowed"]),
        ("pyproject.toml", "[project", []),
    ],
)
def test_command_in_the_place_of_a_known_program_is_found(path: str, text: str, found: list[str]) -> None:
    assert run({"README.md": README, path: text}) == found
