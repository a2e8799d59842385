"""What a plugin's manifest declares, as far as the engine compares it with the code.

Reads leniently and believes nothing: whether the manifest is in order is decided where a plugin is submitted.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MANIFEST_NAME = "nexus-plugin.toml"
MANIFEST_BYTES = 64 * 1024
MANIFEST_BRACKETS = 400  # opening brackets and dots in a row of keys; the TOML parser recurses into them


@dataclass(frozen=True, slots=True)
class DeclaredNode:
    """One node the plugin adds to the visual builder; texts as a language model would be given them."""

    id: str
    title: str
    description: str
    entry_point: str


@dataclass(frozen=True, slots=True)
class Declared:
    """Identity, nodes and permissions as declared; missing or misshapen keys read as empty, which allows nothing."""

    name: str
    title: str
    version: str
    runtime: str
    license: str
    description: str
    nodes: tuple[DeclaredNode, ...]
    network: frozenset[str]
    environment: frozenset[str]
    secrets: frozenset[str]
    filesystem: str
    subprocess: bool
    user_data: frozenset[str]
    dependencies: tuple[tuple[str, str], ...]


def read_declared(data: bytes) -> Declared | None:
    """Return what a manifest declares, or None when it cannot be read as one."""
    if len(data) > MANIFEST_BYTES or data.count(b"[") + data.count(b"{") > MANIFEST_BRACKETS:
        return None
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    plugin, permissions = read_table(document, "plugin"), read_table(document, "permissions")
    nodes = document.get("nodes")
    return Declared(
        name=read_text(plugin, "name"),
        title=read_text(plugin, "title"),
        version=read_text(plugin, "version"),
        runtime=read_text(plugin, "runtime"),
        license=read_text(plugin, "license"),
        description=read_text(plugin, "description"),
        nodes=tuple(read_node(item) for item in nodes if isinstance(item, dict)) if isinstance(nodes, list) else (),
        network=read_names(permissions, "network"),
        environment=read_names(permissions, "environment"),
        secrets=read_names(permissions, "secrets"),
        filesystem=read_text(permissions, "filesystem") or "none",
        subprocess=permissions.get("subprocess") is True,
        user_data=read_names(permissions, "user_data"),
        dependencies=tuple(
            (str(name), constraint if isinstance(constraint, str) else "")
            for name, constraint in read_table(document, "dependencies").items()
        ),
    )


def read_table(document: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table of the document, empty when it is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def read_text(table: dict[str, Any], key: str) -> str:
    """Return a text of a table, empty when it is none."""
    value = table.get(key)
    return value if isinstance(value, str) else ""


def read_names(table: dict[str, Any], key: str) -> frozenset[str]:
    """Return a list of texts of a table as a set."""
    value = table.get(key)
    items: Iterable[Any] = value if isinstance(value, list) else ()
    return frozenset(item for item in items if isinstance(item, str))


def read_node(item: dict[str, Any]) -> DeclaredNode:
    """Return one node."""
    return DeclaredNode(
        id=read_text(item, "id"),
        title=read_text(item, "title"),
        description=read_text(item, "description"),
        entry_point=read_text(item, "entry_point"),
    )
