"""Some sixty small honest plugins, each with a right manifest, put together of parts that need one permission each.

Nothing here is random: the same plugins every time, in the same order.
"""

import itertools
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from tests.samples import archives
from tests.samples.honest_parts import JAVASCRIPT, PYTHON, Part

MANIFEST: Final = "nexus-plugin.toml"
LISTED: Final = ("network", "environment", "secrets", "user_data")
FILE_ORDER: Final = ("none", "read", "write")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a manifest declares."""

    network: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    filesystem: str = "none"
    subprocess: bool = False
    user_data: tuple[str, ...] = ()

    def to_toml(self) -> str:
        """Return the manifest's table."""
        lines = [f"{key} = {json.dumps(list(getattr(self, key)))}" for key in LISTED]
        lines += [f'filesystem = "{self.filesystem}"', f"subprocess = {json.dumps(self.subprocess)}"]
        return "\n".join(["[permissions]", *lines, ""])


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin without its manifest, and what a right manifest declares."""

    name: str
    runtime: str
    entry_point: str
    permissions: Permissions
    files: dict[str, str] = field(default_factory=dict)

    def to_tree(self, permissions: Permissions | None = None) -> dict[str, bytes | str]:
        """Return the artifact's files, with the right permissions or with others."""
        title = self.name.replace("-", " ").capitalize()
        manifest = (
            f'[plugin]\nname = "{self.name}"\ntitle = "{title}"\nversion = "1.0.0"\nruntime = "{self.runtime}"\n'
            f'license = "MIT"\ndescription = "{title}, for a bot."\n\n'
            f'[[nodes]]\nid = "node"\ntitle = "{title}"\nentry_point = "{self.entry_point}"\n\n'
            f"{(permissions or self.permissions).to_toml()}\n[analytics]\nconsent_required = false\n\n[dependencies]\n"
        )
        return {MANIFEST: manifest, **self.files}


@dataclass(frozen=True, slots=True)
class Deletion:
    """A manifest that lacks one permission: the key it was taken from, and its name where the key holds several."""

    key: str
    name: str
    permissions: Permissions


def read_plugins() -> tuple[Plugin, ...]:
    """Return the benign samples that stand in the repository, with what their manifests declare."""
    return tuple(read_plugin(folder) for folder in sorted((archives.SAMPLES / "benign").iterdir()))


def read_plugin(folder: Path) -> Plugin:
    """Return one plugin of the repository."""
    document = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    declared = document["permissions"]
    files = {name: data.decode() for name, data in archives.read_folder(folder).items() if name != MANIFEST}
    permissions = Permissions(
        **{key: tuple(declared[key]) for key in LISTED},
        filesystem=declared["filesystem"],
        subprocess=declared["subprocess"],
    )
    plugin = document["plugin"]
    return Plugin(plugin["name"], plugin["runtime"], document["nodes"][0]["entry_point"], permissions, files)


def make_plugins() -> tuple[Plugin, ...]:
    """Return the plugins: each part alone, and neighbours in twos and threes, in both languages."""
    return (*combine(PYTHON, runtime="python"), *combine(JAVASCRIPT, runtime="javascript"))


def combine(parts: tuple[Part, ...], *, runtime: str) -> Iterator[Plugin]:
    """Yield a plugin for each part, each pair of neighbours, and each third three parts around the circle."""
    circle = (*parts, *parts)
    chosen = [
        *((part,) for part in parts),
        *itertools.islice(itertools.pairwise(circle), len(parts)),
        *(circle[start : start + 3] for start in range(0, len(parts), 3)),
    ]
    for number, several in enumerate(chosen, start=1):
        # Two that need the same thing in two ways are one permission, whose deletion is still one finding.
        yield make_plugin(several, name=f"honest-{runtime}-{number}", runtime=runtime)


def make_plugin(parts: tuple[Part, ...], *, name: str, runtime: str) -> Plugin:
    """Return the plugin that does what each part does."""
    permissions = Permissions()
    for part in parts:
        permissions = grant(permissions, key=part.key, name=part.name)
    if runtime == "python":
        folder = name.replace("-", "_")
        imports = "\n".join(sorted({line for part in parts for line in part.imports}))
        body = "\n\n\n".join(part.body for part in parts)
        calls = "\n".join(f"        found.append({part.call})" for part in parts)
        node = f"class Node:\n    def run(self, message):\n        found = []\n{calls}\n        return found\n"
        files = {f"{folder}/__init__.py": "", f"{folder}/nodes.py": f"{imports}\n\n\n{body}\n\n\n{node}"}
        return Plugin(name, runtime, f"{folder}.nodes:Node", permissions, files)
    imports = "\n".join(sorted({line for part in parts for line in part.imports}))
    body = "\n\n".join(part.body for part in parts)
    calls = "\n".join(f"    found.push(await {part.call});" for part in parts)
    node = f"class Node {{\n  async run(message) {{\n    const found = [];\n{calls}\n    return found;\n  }}\n}}"
    files = {"src/index.js": f"{imports}\n\n{body}\n\n{node}\nmodule.exports = {{ Node }};\n"}
    return Plugin(name, runtime, "src/index.js#Node", permissions, files)


def grant(permissions: Permissions, *, key: str, name: str) -> Permissions:
    """Return the permissions with one more."""
    if key == "subprocess":
        return replace(permissions, subprocess=True)
    if key == "filesystem":
        return replace(permissions, filesystem=max(permissions.filesystem, name, key=FILE_ORDER.index))
    return put_names(permissions, key=key, names=tuple(sorted({*getattr(permissions, key), name})))


def put_names(permissions: Permissions, *, key: str, names: tuple[str, ...]) -> Permissions:
    """Return the permissions with other names under one of the listed keys."""
    changed: dict[str, Any] = {key: names}
    return replace(permissions, **changed)


def delete_each(permissions: Permissions) -> Iterator[Deletion]:
    """Yield the permissions with one of them gone, for each of them."""
    for key in LISTED:
        for name in getattr(permissions, key):
            left = tuple(other for other in getattr(permissions, key) if other != name)
            yield Deletion(key, name, put_names(permissions, key=key, names=left))
    if permissions.subprocess:
        yield Deletion("subprocess", "", replace(permissions, subprocess=False))
    if permissions.filesystem != "none":
        yield Deletion("filesystem", permissions.filesystem, replace(permissions, filesystem="none"))
