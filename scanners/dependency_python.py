"""Reads which Python distributions a project depends on, from every kind of file that an installer or people use.

Evaluates nothing: of setup.py only constants are read.
"""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator
from email.errors import MessageError
from email.parser import HeaderParser
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from scanners import limits
from scanners.declared import read_table
from scanners.dependency import Dependency, Index, Named, Place, is_shipped_file, line_of, name_of, place_of
from scanners.lookalikes import Ecosystem
from scanners.sources import Source
from scanners.tree_index import list_nodes

REQUIREMENTS = re.compile(r"^((.*[._-])?requirements?([._-].*)?|constraints?([._-].*)?)\.(txt|in|pip)$")
# Spelt apart, as a file of ours may not look like one that names another registry.
INDEX_OPTION = re.compile(r"^(?:-i|-f|--(?:extra-)?index[-_]url|--find[-_]links|--trusted[-_]host)(?:[ =]+(\S+))?")
INDEX_LINE = re.compile(r"^\s*(?:extra[-_])?(?:index[-_]url|find[-_]links)\s*[=:]\s*(\S+)", re.MULTILINE)
INCLUDE_OPTION = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
EDITABLE_OPTION = re.compile(r"^(?:-e|--editable)[ =]*(\S+)")
OPTION_TAIL = re.compile(r"\s+--?(?:hash|global-option|install-option|config-settings)[ =].*$")
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


def read_python(source: Source) -> Named | None:
    """Return what a Python dependency file names; None when the file is none."""
    name, text = name_of(source.path), source.text or ""
    is_listed = "/requirements/" in f"/{source.path.casefold()}" and name.endswith((".txt", ".in"))
    if REQUIREMENTS.match(name) or is_listed:
        return read_requirements(text, path=source.path)
    if name == "pyproject.toml":
        return read_project(text, path=source.path)
    if name == "pipfile":
        return read_pipfile(text, path=source.path)
    if name == "setup.cfg":
        return read_setup_configuration(text, path=source.path)
    if name == "setup.py":
        return read_setup(source)
    if name in ("pkg-info", "metadata"):
        return read_metadata(text, path=source.path)
    if name in ("pip.conf", "pip.ini", ".pydistutils.cfg"):
        return Named(indexes=find_indexes(text, path=source.path))
    return None


def read_requirements(text: str, *, path: str) -> Named:
    """Return what a requirements or constraints file names."""
    dependencies: list[Dependency] = []
    indexes: list[Index] = []
    is_readable = True
    for number, line in logical_lines(text):
        if match := INDEX_OPTION.match(line):
            indexes.append(Index(match[1] or "", path, number))
        elif (match := INCLUDE_OPTION.match(line)) or (match := EDITABLE_OPTION.match(line)):
            dependencies += read_address(match[1], path=path, line=number)
        elif not line.startswith("-"):
            made = read_requirement(OPTION_TAIL.sub("", line), path=path, line=number)
            is_readable = is_readable and made is not None
            dependencies += [made] if made is not None else []
    return Named(tuple(dependencies), tuple(indexes), is_readable)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines an installer sees, with the number of their first: continued ones joined, comments cut."""
    start, parts = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        start = start if parts else number
        if line.rstrip().endswith("\\"):
            parts += line.rstrip()[:-1] + " "
            continue
        whole = re.sub(r"(^|\s)#.*$", "", parts + line).strip()
        parts = ""
        if whole:
            yield start, whole


def read_address(address: str, *, path: str, line: int) -> list[Dependency]:
    """Return a dependency for an address that stands alone; a file of the same project is none."""
    if place_of(address, ecosystem=Ecosystem.PYTHON) in (Place.LOCAL, Place.REGISTRY):
        return []
    name = re.search(r"#(?:.*&)?egg=([\w.-]+)", address)
    return [make(name[1] if name else "", address, path=path, line=line)]


def read_requirement(text: str, *, path: str, line: int, is_shipped: bool = True) -> Dependency | None:
    """Return the dependency of one requirement; None when no installer would take it."""
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        if place_of(text, ecosystem=Ecosystem.PYTHON) is not Place.REGISTRY:
            name = re.search(r"#(?:.*&)?egg=([\w.-]+)", text)
            return make(name[1] if name else "", text, path=path, line=line, is_shipped=is_shipped)
        return None
    specification = wanted.url or str(wanted.specifier)
    return make(wanted.name, specification, path=path, line=line, is_shipped=is_shipped)


def make(name: str, specification: str, *, path: str, line: int, is_shipped: bool = True) -> Dependency:
    """Return one Python dependency."""
    shipped = is_shipped and is_shipped_file(path)
    return Dependency(Ecosystem.PYTHON, name, specification, path=path, line=line, is_shipped=shipped)


def read_project(text: str, *, path: str) -> Named:
    """Return what a pyproject.toml names, by the standard and by the tools that have tables of their own."""
    document = load_toml(text)
    if document is None:
        return Named(is_readable=False)
    project, tool = read_table(document, "project"), read_table(document, "tool")
    poetry, uv = read_table(tool, "poetry"), read_table(tool, "uv")
    found = [
        *read_list(project.get("dependencies"), text=text, path=path),
        *read_list(read_table(document, "build-system").get("requires"), text=text, path=path),
        *read_table_of(poetry.get("dependencies"), text=text, path=path),
        *read_table_of(uv.get("sources"), text=text, path=path),
    ]
    groups = [
        *read_table(project, "optional-dependencies").values(),
        *read_table(document, "dependency-groups").values(),
    ]
    for group in groups:
        found += read_list(group, text=text, path=path, is_shipped=False)
    for table in (poetry.get("dev-dependencies"), *read_table(poetry, "group").values()):
        inner = table.get("dependencies", table) if isinstance(table, dict) else None
        found += read_table_of(inner, text=text, path=path, is_shipped=False)
    listed = [poetry.get("source"), uv.get("index"), read_table(tool, "pdm").get("source")]
    return Named(tuple(found), read_index_tables(listed, text=text, path=path))


def read_pipfile(text: str, *, path: str) -> Named:
    """Return what a Pipfile names."""
    document = load_toml(text)
    if document is None:
        return Named(is_readable=False)
    found = [
        *read_table_of(document.get("packages"), text=text, path=path),
        *read_table_of(document.get("dev-packages"), text=text, path=path, is_shipped=False),
    ]
    return Named(tuple(found), read_index_tables([document.get("source")], text=text, path=path))


def load_toml(text: str) -> dict[str, Any] | None:
    """Return a TOML document; None when it is none, or nested so that its parser would not return."""
    if text.count("[") + text.count("{") > limits.MARKUP_NESTING:
        return None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def read_list(value: Any, *, text: str, path: str, is_shipped: bool = True) -> list[Dependency]:
    """Return the dependencies of a list of requirements."""
    items = [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
    made = (read_requirement(item, path=path, line=line_of(text, item), is_shipped=is_shipped) for item in items)
    return [dependency for dependency in made if dependency is not None]


def read_table_of(value: Any, *, text: str, path: str, is_shipped: bool = True) -> list[Dependency]:
    """Return the dependencies of a table of names, with a range or a table of its own each."""
    found = []
    for name, entry in value.items() if isinstance(value, dict) else ():
        if name.casefold() == "python":
            continue
        keys = ("git", "url", "path", "file", "version") if isinstance(entry, dict) else ()
        text_of = entry if isinstance(entry, str) else next((str(entry[key]) for key in keys if key in entry), "*")
        is_git = isinstance(entry, dict) and "git" in entry
        specification = f"git+{text_of}" if is_git and not text_of.startswith("git") else text_of
        found.append(make(str(name), specification, path=path, line=line_of(text, str(name)), is_shipped=is_shipped))
    return found


def read_index_tables(listed: list[Any], *, text: str, path: str) -> tuple[Index, ...]:
    """Return the indexes of tables that have a `url` each."""
    entries = [entry for item in listed if isinstance(item, list) for entry in item if isinstance(entry, dict)]
    addresses = [entry["url"] for entry in entries if isinstance(entry.get("url"), str)]
    return tuple(Index(address, path, line_of(text, address)) for address in addresses)


def read_setup_configuration(text: str, *, path: str) -> Named:
    """Return what a setup.cfg names."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return Named(is_readable=False)
    found: list[Dependency] = []
    for section, key, is_shipped in (
        ("options", "install_requires", True),
        ("options", "setup_requires", True),
        ("options", "dependency_links", True),
        ("metadata", "requires_dist", True),
    ):
        lines = parser.get(section, key, fallback="").splitlines()
        found += read_list(
            [line.strip() for line in lines if line.strip()], text=text, path=path, is_shipped=is_shipped
        )
    return Named(tuple(found), find_indexes(text, path=path))


def find_indexes(text: str, *, path: str) -> tuple[Index, ...]:
    """Return the indexes that an installer's settings name."""
    return tuple(Index(match[1], path, line_of(text, match[1])) for match in INDEX_LINE.finditer(text))


def read_setup(source: Source) -> Named:
    """Return what a setup.py hands to setup() as constants, and lists of constants it hands over by name."""
    if source.tree is None:
        return Named()
    lists = {
        target.id: node.value
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: list[Dependency] = []
    for call in (node for node in list_nodes(source.tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg in ("install_requires", "setup_requires", "dependency_links"):
                value = (
                    lists.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
                )
                found += read_constants(value, path=source.path)
    return Named(tuple(found))


def read_constants(value: ast.expr, *, path: str) -> list[Dependency]:
    """Return the requirements among the texts of a list."""
    items = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
    texts = [
        (item.value, item.lineno) for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    made = (read_requirement(text, path=path, line=line) for text, line in texts)
    return [dependency for dependency in made if dependency is not None]


def read_metadata(text: str, *, path: str) -> Named:
    """Return what a distribution's own metadata names."""
    try:
        headers = HeaderParser().parsestr(text)
    except (MessageError, RecursionError):
        return Named(is_readable=False)
    found = []
    for value in headers.get_all("Requires-Dist") or ():
        wanted = read_requirement(
            str(value),
            path=path,
            line=line_of(text, f"Requires-Dist: {value}"),
            is_shipped="extra ==" not in str(value),
        )
        found += [wanted] if wanted is not None else []
    return Named(tuple(found))
