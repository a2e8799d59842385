"""A manifest is believed only when every part of it is right, and refused with every reason at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plugins.errors import ManifestRefused, Problem
from plugins.manifest import (
    Dependency,
    Manifest,
    Node,
    Permissions,
    build_manifest,
    missing_entry_points,
    parse_manifest,
)
from plugins.manifest_checks import MAX_PROBLEMS, SCHEMA
from tests.plugins.manifest_samples import ADAS_MANIFEST, JAVASCRIPT, edited, refused

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")

# What is written instead of what, and the key that is complained about.
FAULTS = [
    ('"weather-card"', '"Weather-card"', "plugin.name"),
    ('"weather-card"', '"weather--card"', "plugin.name"),
    ('"weather-card"', '"weather-card-"', "plugin.name"),
    ('"weather-card"', '"wc"', "plugin.name"),
    ('"weather-card"', f'"{"w" * 65}"', "plugin.name"),
    ('"weather-card"', '"weather-card\\n"', "plugin.name"),
    ('"weather-card"', '"we\u0430ther-card"', "plugin.name"),
    ('"weather-card"', "7", "plugin.name"),
    ('"Weather card"', '""', "plugin.title"),
    ('"Weather card"', '"   "', "plugin.title"),
    ('"Weather card"', f'"{"w" * 81}"', "plugin.title"),
    ('"1.0.0"', '"1.0"', "plugin.version"),
    ('"1.0.0"', '"v1.0.0"', "plugin.version"),
    ('"1.0.0"', '"01.0.0"', "plugin.version"),
    ('"1.0.0"', '"1.0.0-"', "plugin.version"),
    ('"1.0.0"', f'"1.0.0-{"a" * 64}"', "plugin.version"),
    ('"1.0.0"', "1.0", "plugin.version"),
    ('"1.0.0"', "2026-01-01", "plugin.version"),
    ('"python"', '"perl"', "plugin.runtime"),
    ('"mit"', '"Use-it-after-midnight"', "plugin.license"),
    ('"mit"', '"mit and"', "plugin.license"),
    ('"mit"', '""', "plugin.license"),
    ('"mit"', f'"{"(" * 98}mit{")" * 98}x"', "plugin.license"),
    ('id = "weather"', 'id = "Weather"', "nodes[0].id"),
    ('id = "weather"', 'id = "forecast"', "nodes"),
    ("weather_card.nodes:Weather", "weather_card.nodes", "nodes[0].entry_point"),
    ("weather_card.nodes:Weather", "weather_card/nodes.py:Weather", "nodes[0].entry_point"),
    ("weather_card.nodes:Weather", "..nodes:Weather", "nodes[0].entry_point"),
    ("weather_card.nodes:Weather", "nodes:Weather()", "nodes[0].entry_point"),
    ('"api.example.invalid"', '"https://api.example.invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', '"api.example.invalid:443"', "permissions.network[0]"),
    ('"api.example.invalid"', '"api.example.invalid/path"', "permissions.network[0]"),
    ('"api.example.invalid"', '"*"', "permissions.network[0]"),
    ('"api.example.invalid"', '"*.invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', '"api.*.invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', '"192.0.2.1"', "permissions.network[0]"),
    ('"api.example.invalid"', '"API.example.invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', '"api.example.invalid\\n"', "permissions.network[0]"),
    ('"api.example.invalid"', '"-api.example.invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', f'"{"a." * 126}invalid"', "permissions.network[0]"),
    ('"api.example.invalid"', '"*.maps.example.invalid"', "permissions.network"),
    ('["LANG"]', '["1LANG"]', "permissions.environment[0]"),
    ('["LANG"]', '["LANG=C"]', "permissions.environment[0]"),
    ('["LANG"]', '"LANG"', "permissions.environment"),
    ('["LANG"]', '["LANG", "LANG"]', "permissions.environment"),
    ('"WEATHER_API_KEY"', '""', "permissions.secrets[0]"),
    ('"none"', '"all"', "permissions.filesystem"),
    ("subprocess = false", 'subprocess = "no"', "permissions.subprocess"),
    ("subprocess = false", "subprocess = 0", "permissions.subprocess"),
    ('"message_text"', '"passwords"', "permissions.user_data[0]"),
    ("consent_required = true", "consent_required = 1", "analytics.consent_required"),
    ('">=0.27,<1"', '">=0.27,<<1"', "dependencies.httpx"),
    ('">=0.27,<1"', '","', "dependencies.httpx"),
    ('">=0.27,<1"', '"latest"', "dependencies.httpx"),
    ('">=0.27,<1"', '"@ git+ssh://example.invalid/x"', "dependencies.httpx"),
    ('httpx = ">=0.27,<1"', '"-httpx" = "*"', "dependencies.-httpx"),
    ('httpx = ">=0.27,<1"', '"@a/httpx" = "*"', "dependencies.@a/httpx"),
    ('httpx = ">=0.27,<1"', 'Foo_Bar = "*"\nfoo-bar = "*"', "dependencies"),
]
JAVASCRIPT_FAULTS = [
    ("src/nodes/index.mjs#Weather", "../index.mjs#Weather", "nodes[0].entry_point"),
    ("src/nodes/index.mjs#Weather", "/index.mjs#Weather", "nodes[0].entry_point"),
    ("src/nodes/index.mjs#Weather", "src//index.mjs#Weather", "nodes[0].entry_point"),
    ("src/nodes/index.mjs#Weather", "src/../index.mjs#Weather", "nodes[0].entry_point"),
    ("src/nodes/index.mjs#Weather", "src/index.node#Weather", "nodes[0].entry_point"),
    ("src/nodes/index.mjs#Weather", "weather:Weather", "nodes[0].entry_point"),
    ("^1.2.0", "latest", "dependencies.@weather/core"),
    ("^1.2.0", ">=1,<2", "dependencies.@weather/core"),
    ("^1.2.0", "1.2.0 ||", "dependencies.@weather/core"),
]


def keys_refused(data: bytes) -> set[str]:
    return {problem.key for problem in refused(data)}


def test_right_manifest_is_read_whole() -> None:
    assert parse_manifest(ADAS_MANIFEST.encode()) == Manifest(
        name="weather-card",
        title="Weather card",
        version="1.0.0",
        runtime="python",
        license="MIT",
        description="Shows the weather in a chat.",
        nodes=(
            Node("weather", "Weather", "weather_card.nodes:Weather", "Asks for a town."),
            Node("forecast", "Forecast", "weather_card:Forecast", None),
        ),
        permissions=Permissions(
            network=("api.example.invalid", "*.maps.example.invalid"),
            environment=("LANG",),
            secrets=("WEATHER_API_KEY",),
            filesystem="none",
            subprocess=False,
            user_data=("message_text",),
        ),
        needs_analytics_consent=True,
        dependencies=(Dependency("httpx", ">=0.27,<1"),),
    )


def test_javascript_manifest_is_read_with_its_own_entry_points_and_ranges() -> None:
    manifest = parse_manifest(edited(JAVASCRIPT))
    assert [node.entry_point for node in manifest.nodes] == [
        "src/nodes/index.mjs#Weather",
        "index.js#$forecast",
    ]
    assert manifest.dependencies == (Dependency("@weather/core", "^1.2.0"),)


@pytest.mark.parametrize(
    "constraint", ["*", "1.2.3", "~1.2", "1.x", ">=1.2.0 <2", "1.0.0 - 2.0.0", "^1 || ^2.0.0-rc.1"]
)
def test_javascript_range_is_accepted(constraint: str) -> None:
    assert parse_manifest(edited({**JAVASCRIPT, "^1.2.0": constraint})).dependencies[0].constraint == constraint


@pytest.mark.parametrize("constraint", ["*", "==1.2.3", "~=1.4", ">=1, !=1.5", "==1.*"])
def test_python_specifier_is_accepted(constraint: str) -> None:
    assert parse_manifest(edited({">=0.27,<1": constraint})).dependencies[0].constraint == constraint


def test_dependencies_may_be_left_out() -> None:
    assert parse_manifest(ADAS_MANIFEST.partition("[dependencies]")[0].encode()).dependencies == ()


@pytest.mark.parametrize(("old", "new", "key"), FAULTS)
def test_wrong_value_is_refused_at_its_key_alone(old: str, new: str, key: str) -> None:
    assert keys_refused(edited({old: new})) == {key}


@pytest.mark.parametrize(("old", "new", "key"), JAVASCRIPT_FAULTS)
def test_wrong_javascript_value_is_refused_at_its_key_alone(old: str, new: str, key: str) -> None:
    assert keys_refused(edited({**JAVASCRIPT, old: new})) == {key}


def test_entry_point_of_the_other_runtime_is_refused() -> None:
    keys = keys_refused(edited({'runtime = "python"': 'runtime = "javascript"', '">=0.27,<1"': '"*"'}))
    assert keys == {"nodes[0].entry_point", "nodes[1].entry_point"}


@pytest.mark.parametrize("line", [line for line in ADAS_MANIFEST.splitlines() if " = " in line])
def test_every_line_but_the_optional_ones_is_required(line: str) -> None:
    data = edited({line + "\n": ""})
    if line.startswith(("httpx", 'description = "Asks')):
        assert parse_manifest(data).name == "weather-card"
    else:
        (problem,) = refused(data)
        assert problem.key.rpartition(".")[2] == line.partition(" ")[0]
        assert problem.found == "nothing"


@pytest.mark.parametrize("section", ["[plugin]", "[[nodes]]", "[permissions]", "[analytics]", "[dependencies]"])
def test_unknown_key_is_refused_in_every_section(section: str) -> None:
    data = edited({section: f"{section}\nsurprise = 1"})
    assert {key.rpartition(".")[2] for key in keys_refused(data)} == {"surprise"}


def test_unknown_section_is_refused_with_those_that_exist() -> None:
    (problem,) = refused(ADAS_MANIFEST.encode() + b"[permission]\n")
    assert problem == Problem(
        "permission",
        "an unknown key",
        'one of plugin, nodes, permissions, analytics, dependencies (did you mean "permissions"?)',
    )


def test_problem_says_what_was_found_and_what_is_expected() -> None:
    (problem,) = refused(edited({'"1.0.0"': '"1.0"'}))
    assert str(problem).startswith('plugin.version: found "1.0", expected a text: a version by Semantic Versioning')


def test_all_problems_are_told_at_once() -> None:
    data = edited({'"1.0.0"': '"1"', '"mit"': '"?"', '"none"': '"all"', '["LANG"]': "[3]", "[analytics]": "[other]"})
    assert keys_refused(data) == {
        "plugin.version", "plugin.license", "permissions.filesystem", "permissions.environment[0]",
        "analytics", "other",
    }  # fmt: skip


def test_problems_are_each_told_once_and_never_without_end() -> None:
    nodes = "".join(f'[[nodes]]\nid = {n}\ntitle = {n}\nentry_point = "?"\n' for n in range(90))
    problems = refused(edited({"[permissions]": nodes + "[permissions]"}))
    assert len(problems) == len(set(problems)) == MAX_PROBLEMS


@pytest.mark.parametrize("text", ["Wetter für Köln", "天気", "الطقس", "Weather \U0001f324\ufe0f"])
def test_text_in_any_language_is_accepted(text: str) -> None:
    assert parse_manifest(edited({'"Weather card"': f'"{text}"'})).title == text


def test_text_in_another_unicode_form_is_refused() -> None:
    (problem,) = refused(edited({"Shows the weather": "Ko\u0308ln"}))
    assert problem.key == "plugin.description"
    assert problem.expected == "a text in Unicode form NFC"


def test_manifest_as_json_fits_the_published_schema_and_reads_back_equal() -> None:
    manifest = parse_manifest(ADAS_MANIFEST.encode())
    stored = json.loads(json.dumps(manifest.to_dict()))
    assert list(Draft202012Validator(SCHEMA).iter_errors(stored)) == []
    assert build_manifest(stored) == manifest


def test_stored_manifest_that_lost_its_name_is_refused() -> None:
    stored = parse_manifest(ADAS_MANIFEST.encode()).to_dict()
    with pytest.raises(ManifestRefused):
        build_manifest({**stored, "plugin": {**stored["plugin"], "name": None}})


def test_published_schema_is_a_schema_and_describes_each_of_its_parts() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    def nameless(part: Any, path: str) -> list[str]:
        if not isinstance(part, dict):
            return []
        inner = [fault for key, value in part.items() if key != "allOf" for fault in nameless(value, f"{path}/{key}")]
        is_checking = bool({"type", "enum", "pattern"} & set(part)) and not path.endswith("/properties")
        return inner + ([path] if is_checking and "description" not in part else [])

    assert nameless(SCHEMA, "") == []


def described_keys(part: Any, key: str = "") -> dict[str, str]:
    """Every key of the published schema with its sentence; list items end in []."""
    part = SCHEMA["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    found = {key: part["description"]} if key else {}
    for name, inner in part.get("properties", {}).items():
        found |= described_keys(inner, f"{key}.{name}" if key else name)
    return found | (described_keys(part["items"], f"{key}[]") if "items" in part else {})


def test_documentation_shows_a_right_manifest() -> None:
    example_text = DOCUMENTATION.partition("```toml\n")[2].partition("```")[0]
    assert parse_manifest(example_text.encode()).name == "weather-card"


def test_documentation_names_every_key_as_the_schema_does() -> None:
    rows = [line.split(" | ") for line in DOCUMENTATION.splitlines() if line.startswith("| `")]
    assert {row[0].strip("| `"): row[-1].removesuffix(" |") for row in rows} == described_keys(SCHEMA)


def test_permissions_compare_as_a_set() -> None:
    before = parse_manifest(ADAS_MANIFEST.encode()).permission_set()
    grown = {'"none"': '"write"', "subprocess = false": "subprocess = true", '["LANG"]': '["LANG", "HOME"]'}
    after = parse_manifest(edited(grown)).permission_set()
    assert after - before == {"filesystem:read", "filesystem:write", "subprocess", "environment:HOME"}
    assert before - after == set()


def test_less_of_a_permission_is_not_growth() -> None:
    writing = parse_manifest(edited({'"none"': '"write"'})).permission_set()
    assert parse_manifest(edited({'"none"': '"read"'})).permission_set() < writing


@pytest.mark.parametrize("file", ["weather_card/nodes.py", "weather_card/nodes/__init__.py"])
def test_python_entry_point_is_a_module_or_a_folder_of_one(file: str) -> None:
    manifest = parse_manifest(ADAS_MANIFEST.encode())
    assert missing_entry_points(manifest, members=[file, "weather_card/__init__.py"]) == ()


@pytest.mark.parametrize("file", ["src/weather_card/nodes.py", "weather_card/nodes.pyc", "weather_card/nodes.so"])
def test_entry_point_without_readable_source_is_missing(file: str) -> None:
    manifest = parse_manifest(ADAS_MANIFEST.encode())
    (problem,) = missing_entry_points(manifest, members={file, "weather_card.py"})
    assert problem == Problem(
        "nodes[0].entry_point",
        '"weather_card.nodes:Weather"',
        "weather_card/nodes.py or weather_card/nodes/__init__.py in the archive",
    )


def test_javascript_entry_point_is_exactly_its_file() -> None:
    manifest = parse_manifest(edited(JAVASCRIPT))
    problems = missing_entry_points(manifest, members={"src/nodes/index.mjs", "src/index.js"})
    assert [problem.key for problem in problems] == ["nodes[1].entry_point"]
