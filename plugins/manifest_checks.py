"""Everything that can be wrong with a manifest's content, as sentences: the schema first, then meaning.
Decides nothing about the plugin; never raises, whatever the document holds."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from plugins.errors import Problem
from plugins.runtime.ranges import InvalidVersion, parse_version

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))
MAX_PROBLEMS = 100
_VALIDATOR = Draft202012Validator(SCHEMA)
_MAX_ITEMS = 100
_MAX_SHOWN = 60
_LARGEST = 2**63 - 1
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_@/.-]{1,128}")

# A range as javascript writes it: "^1.2", ">=1 <2", "1.x || 2.x", "1.0.0 - 2.0.0".
_NPM_PART = (
    r"(?:[~^]|[<>]=?|=)?[0-9]{1,9}(?:\.(?:[0-9]{1,9}|[xX*])){0,2}"
    r"(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
_NPM_SET = rf"{_NPM_PART}(?: - {_NPM_PART}|(?: {_NPM_PART})*)"
_NPM_RANGE = re.compile(rf"{_NPM_SET}(?: \|\| {_NPM_SET})*")

# Drawn as nothing, though Unicode counts them as printable.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)}
)


def find_unreadable(document: Mapping[str, Any], *, max_depth: int) -> list[Problem]:
    """What must be refused before the schema looks: anything so deep, long or large that looking costs."""
    waiting: list[tuple[str, Any, int]] = [("", document, 1)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > max_depth:
            return [Problem(key, "values nested too deeply", f"at most {max_depth} levels")]
        if isinstance(value, int) and abs(value) > _LARGEST:
            return [Problem(key, "a number beyond all use", "a text, true or false, or a list")]
        if isinstance(value, Mapping | list):
            if len(value) > _MAX_ITEMS:
                return [Problem(key or "the manifest", f"{len(value)} items", f"at most {_MAX_ITEMS} items")]
            items = value.items() if isinstance(value, Mapping) else enumerate(value)
            waiting += [(_join(key, name), item, depth + 1) for name, item in items]
    return []


def find_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a readable document, at most MAX_PROBLEMS, each once; empty when it may be used."""
    found = [
        *(problem for error in _VALIDATOR.iter_errors(document) for problem in _translate(error)),
        *_hidden_characters(document),
        *_wrong_meanings(document),
    ]
    return list(dict.fromkeys(found))[:MAX_PROBLEMS]


def _translate(error: ValidationError) -> Iterator[Problem]:
    """One fault of structure in plain words: the schema's own description is what was expected."""
    key = ""
    for part in error.absolute_path:
        key = _join(key, part)
    schema, value = cast("dict[str, Any]", error.schema), cast("Any", error.instance)
    if error.validator == "required":
        missing = [name for name in schema["required"] if name not in value]
        yield from (Problem(_join(key, name), "nothing", _describe(schema, name)) for name in missing)
    elif error.validator == "additionalProperties":
        extra = [name for name in value if name not in schema["properties"]]
        yield from (Problem(_join(key, name), "an unknown key", _list_keys(name, schema)) for name in extra)
    elif "propertyNames" in error.absolute_schema_path:
        yield Problem(_join(key, value), f"the name {_show(value)}", schema["description"])
    else:
        yield Problem(key, _show(value), schema["description"])


def _describe(schema: Mapping[str, Any], name: str) -> str:
    """What the published schema says of this property, directly or by reference."""
    wanted = schema["properties"][name]
    if "$ref" in wanted:
        wanted = SCHEMA["$defs"][wanted["$ref"].rpartition("/")[2]]
    return str(wanted["description"])


def _list_keys(name: str, schema: Mapping[str, Any]) -> str:
    close = get_close_matches(name[:_MAX_SHOWN], schema["properties"], n=1)
    hint = f' (did you mean "{close[0]}"?)' if close else ""
    return f"one of {', '.join(schema['properties'])}{hint}"


def _hidden_characters(document: Mapping[str, Any]) -> Iterator[Problem]:
    """A reviewer must see what is there: nothing unseen in a text, and one spelling for one word."""
    for key, text in _list_texts(document, ""):
        hidden = next((character for character in text if _is_hidden(character)), None)
        if hidden is not None:
            found = f"the character U+{ord(hidden):04X} in {_show(text)}"
            yield Problem(key, found, "a text without control, direction or invisible characters or unusual spaces")
        elif not unicodedata.is_normalized("NFC", text):
            yield Problem(key, f"{_show(text)} in another Unicode form", "a text in Unicode form NFC")


def _wrong_meanings(document: Mapping[str, Any]) -> Iterator[Problem]:
    plugin = _table(document, "plugin")
    yield from _wrong_version(plugin.get("version"))
    yield from _wrong_license(plugin.get("license"))
    nodes = document.get("nodes")
    ids = [node.get("id") for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    yield from _repeated("nodes", ids, "each node's id once")
    for name, values in _table(document, "permissions").items():
        if isinstance(values, list):
            yield from _repeated(_join("permissions", name), values, "each name once")
    yield from _wrong_dependencies(_table(document, "dependencies"), runtime=plugin.get("runtime"))


def _wrong_version(version: Any) -> Iterator[Problem]:
    expected = SCHEMA["properties"]["plugin"]["properties"]["version"]
    if isinstance(version, str) and len(version) <= expected["maxLength"]:
        try:
            parse_version(version)
        except InvalidVersion:
            yield Problem("plugin.version", _show(version), expected["description"])


def _wrong_license(expression: Any) -> Iterator[Problem]:
    expected = SCHEMA["properties"]["plugin"]["properties"]["license"]
    # The parser below recurses over parentheses; the schema has refused longer texts already.
    if isinstance(expression, str) and len(expression) <= expected["maxLength"]:
        try:
            canonicalize_license_expression(expression)
        except InvalidLicenseExpression:
            yield Problem("plugin.license", _show(expression), expected["description"])


def _repeated(key: str, values: list[Any], expected: str) -> Iterator[Problem]:
    for text, count in Counter(value for value in values if isinstance(value, str)).items():
        if count > 1:
            yield Problem(key, f"{_show(text)} {count} times", expected)


def _wrong_dependencies(dependencies: Mapping[str, Any], *, runtime: Any) -> Iterator[Problem]:
    constraints = {name: value for name, value in dependencies.items() if isinstance(value, str)}
    if runtime == "python":
        yield from _wrong_python_dependencies(constraints)
    elif runtime == "javascript":
        expected = 'a version range such as "^1.2.0", ">=1.2.0 <2.0.0" or "*"'
        for name, constraint in constraints.items():
            if constraint != "*" and not _NPM_RANGE.fullmatch(constraint):
                yield Problem(_join("dependencies", name), _show(constraint), expected)


def _wrong_python_dependencies(constraints: Mapping[str, str]) -> Iterator[Problem]:
    # "Foo_Bar" and "foo-bar" are one distribution to every Python installer.
    for plain, count in Counter(canonicalize_name(name) for name in constraints).items():
        if count > 1:
            yield Problem("dependencies", f"{_show(plain)} {count} times, spelt differently", "each name once")
    for name, constraint in constraints.items():
        if "@" in name:
            yield Problem(_join("dependencies", name), f"the name {_show(name)}", "a name without a scope")
        if constraint != "*" and not _is_specifier(constraint):
            expected = 'a version specifier such as ">=1.2,<2", "~=1.4" or "*"'
            yield Problem(_join("dependencies", name), _show(constraint), expected)


def _is_specifier(constraint: str) -> bool:
    try:
        return len(SpecifierSet(constraint)) > 0
    except InvalidSpecifier:
        return False


def _list_texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every text at or below a value, names of keys among them."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield _join(key, name), name
            yield from _list_texts(item, _join(key, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _list_texts(item, _join(key, index))


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _is_hidden(character: str) -> bool:
    # Not printable: control, direction, zero-width, tag, private, unassigned; any space but the plain one.
    return not character.isprintable() or ord(character) in _INVISIBLE


def _join(key: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{key}[{part}]"
    name = part if _PLAIN_KEY.fullmatch(part) else _show(part)
    return f"{key}.{name}" if key else name


def _show(value: Any) -> str:
    """A value as a person may safely read it: cut short, with everything unseen written out."""
    if isinstance(value, str):
        shown = "".join(f"\\u{ord(c):04x}" if _is_hidden(c) else c for c in value[:_MAX_SHOWN])
        return f'"{shown}"' if len(value) <= _MAX_SHOWN else f'"{shown}..."'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else str(value)
