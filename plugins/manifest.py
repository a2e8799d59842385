"""What a plugin says about itself: reads nexus-plugin.toml, or refuses it with every reason at once.
Never believes it: whether the code does what is declared here is for the engine to find out."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.licenses import canonicalize_license_expression

from plugins.errors import ManifestRefused, Problem
from plugins.manifest_checks import find_problems, find_unreadable

MANIFEST_NAME = "nexus-plugin.toml"
MANIFEST_MAX_BYTES = 64 * 1024
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Node:
    """One node the plugin adds to the visual builder; the entry point is module:attribute or file#Name."""

    id: str
    title: str
    entry_point: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything the plugin declares that it may touch; what is not here is not allowed."""

    network: tuple[str, ...]
    environment: tuple[str, ...]
    secrets: tuple[str, ...]
    filesystem: str
    subprocess: bool
    user_data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dependency:
    name: str
    constraint: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that passed every check; the license is in its canonical SPDX spelling."""

    name: str
    title: str
    version: str
    runtime: str
    license: str
    description: str
    nodes: tuple[Node, ...]
    permissions: Permissions
    needs_analytics_consent: bool
    dependencies: tuple[Dependency, ...]

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON, in the shape of the file; build_manifest reads it back to an equal one."""
        permissions = self.permissions
        return {
            "plugin": {
                "name": self.name,
                "title": self.title,
                "version": self.version,
                "runtime": self.runtime,
                "license": self.license,
                "description": self.description,
            },
            "nodes": [_node_to_dict(node) for node in self.nodes],
            "permissions": {
                "network": list(permissions.network),
                "environment": list(permissions.environment),
                "secrets": list(permissions.secrets),
                "filesystem": permissions.filesystem,
                "subprocess": permissions.subprocess,
                "user_data": list(permissions.user_data),
            },
            "analytics": {"consent_required": self.needs_analytics_consent},
            "dependencies": {dependency.name: dependency.constraint for dependency in self.dependencies},
        }

    def permission_set(self) -> frozenset[str]:
        """One string a permission, such as "network:api.example.com", so that versions compare as sets.

        Writing includes reading: going from write to read is never growth.
        """
        permissions = self.permissions
        listed = {
            "network": permissions.network,
            "environment": permissions.environment,
            "secrets": permissions.secrets,
            "filesystem": {"none": (), "read": ("read",), "write": ("read", "write")}[permissions.filesystem],
            "user_data": permissions.user_data,
        }
        named = {f"{kind}:{name}" for kind, names in listed.items() for name in names}
        return frozenset(named | ({"subprocess"} if permissions.subprocess else set()))


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in these bytes (TOML 1.0, UTF-8, at most MANIFEST_MAX_BYTES).

    Raises ManifestRefused, and nothing else, with all problems at once.
    """
    if len(data) > MANIFEST_MAX_BYTES:
        raise _refuse_file(f"{len(data)} bytes", f"at most {MANIFEST_MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refuse_file(f"a byte at position {error.start} that is not UTF-8", "UTF-8 text") from error
    if _depth_of(text) > _MAX_DEPTH:
        # The parser recurses into brackets: deep ones must be refused before it sees them.
        raise _refuse_file("brackets or dotted keys nested too deeply", f"at most {_MAX_DEPTH} levels")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refuse_file(f"text that is not TOML: {str(error)[:200]}", "TOML 1.0") from error
    except ValueError as error:
        raise _refuse_file("a number too long to read", "TOML 1.0 with ordinary numbers") from error
    return build_manifest(document)


def build_manifest(document: Mapping[str, Any]) -> Manifest:
    """The manifest in this parsed file or stored JSON; raises ManifestRefused with all problems at once."""
    problems = find_unreadable(document, max_depth=_MAX_DEPTH) or find_problems(document)
    if problems:
        raise ManifestRefused(problems)
    plugin, permissions = document["plugin"], document["permissions"]
    return Manifest(
        name=plugin["name"],
        title=plugin["title"],
        version=plugin["version"],
        runtime=plugin["runtime"],
        license=canonicalize_license_expression(plugin["license"]),
        description=plugin["description"],
        nodes=tuple(
            Node(id=n["id"], title=n["title"], entry_point=n["entry_point"], description=n.get("description"))
            for n in document["nodes"]
        ),
        permissions=Permissions(
            network=tuple(permissions["network"]),
            environment=tuple(permissions["environment"]),
            secrets=tuple(permissions["secrets"]),
            filesystem=permissions["filesystem"],
            subprocess=permissions["subprocess"],
            user_data=tuple(permissions["user_data"]),
        ),
        needs_analytics_consent=document["analytics"]["consent_required"],
        dependencies=tuple(Dependency(*item) for item in document.get("dependencies", {}).items()),
    )


def missing_entry_points(manifest: Manifest, *, members: Collection[str]) -> tuple[Problem, ...]:
    """One problem for each node whose file is not among the archive's members (relative, "/" between parts).

    A python module is looked for from the archive's root, as source: nobody can review a compiled one.
    """
    problems = []
    for index, node in enumerate(manifest.nodes):
        files = _entry_files(node.entry_point, manifest.runtime)
        if not any(file in members for file in files):
            expected = f"{' or '.join(files)} in the archive"
            problems.append(Problem(f"nodes[{index}].entry_point", f'"{node.entry_point}"', expected))
    return tuple(problems)


def _entry_files(entry_point: str, runtime: str) -> tuple[str, ...]:
    if runtime == "javascript":
        return (entry_point.partition("#")[0],)
    module = entry_point.partition(":")[0].replace(".", "/")
    return (f"{module}.py", f"{module}/__init__.py")


def _node_to_dict(node: Node) -> dict[str, str]:
    described = {} if node.description is None else {"description": node.description}
    return {"id": node.id, "title": node.title, **described, "entry_point": node.entry_point}


def _refuse_file(found: str, expected: str) -> ManifestRefused:
    return ManifestRefused((Problem(MANIFEST_NAME, found, expected),))


# Strings and comments are single tokens, so that brackets written in them do not count. An unclosed one ends
# with its line or file: tried again from every quote, the time would grow with the square of the size.
_TOKENS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\\?\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*\\?"?'
    r"|'[^'\n]*'?"
    r"|\#[^\n]*"
    r"|(?P<open>[\[{])"
    r"|(?P<close>[\]}])"
    r"|(?P<dot>\.)"
    r"|(?P<line>\n)",
    re.DOTALL,
)


def _depth_of(text: str) -> int:
    """The deepest nesting, by brackets or by dots of a line: the parser's time grows with their square."""
    depth = dots = deepest = 0
    for match in _TOKENS.finditer(text):
        depth += (match["open"] is not None) - (match["close"] is not None)
        dots = 0 if match["line"] else dots + (match["dot"] is not None)
        deepest = max(deepest, depth, dots)
    return deepest
