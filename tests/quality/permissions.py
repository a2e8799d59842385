"""Takes one permission after the other out of right manifests, and counts what the engine says about each of them.

Measures one engine alone: the others are left out, so that hundreds of manifests take seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scanners.report import ScanReport
from scanners.scan import Options, scan_artifacts
from scanners.switches import ENGINES
from tests.samples import archives
from tests.samples.honest_plugins import Deletion, Plugin, delete_each, make_plugins

ENGINE: Final = "permissions"
OPTIONS: Final = Options(without=frozenset(ENGINES) - {"sources", ENGINE})
# Which findings say that a permission of this key is missing.
OWNERS: Final = {
    "network": frozenset(["undeclared-host"]),
    # A manifest may name a secret among the variables: what is missing without it is a secret all the same.
    "environment": frozenset(["undeclared-environment", "undeclared-environment-common", "undeclared-secret"]),
    "secrets": frozenset(["undeclared-secret"]),
    "filesystem": frozenset(["undeclared-filesystem-read", "undeclared-filesystem-write"]),
    "subprocess": frozenset(["undeclared-subprocess"]),
    "user_data": frozenset(["undeclared-user-data"]),
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One manifest without one permission, and what was said about it: (rule, title) of what the right one had not."""

    plugin: str
    key: str
    name: str
    said: tuple[tuple[str, str], ...]

    @property
    def is_exact(self) -> bool:
        """Say whether exactly that permission was found missing, by its name where it has one."""
        if len(self.said) != 1:
            return False
        ((rule_id, title),) = self.said
        return rule_id in OWNERS[self.key] and (self.key == "filesystem" or self.name in title)


@dataclass(frozen=True, slots=True)
class Mutations:
    """All mutations, and the plugins whose right manifest was found fault with: name and rules."""

    mutations: tuple[Mutation, ...]
    spurious: tuple[tuple[str, tuple[str, ...]], ...]


def measure_deletions(into: Path, *, workers: int, plugins: Iterable[Plugin] | None = None) -> Mutations:
    """Scan each plugin with its right manifest and with every one that lacks one permission; `into` gets artifacts."""
    chosen = tuple(make_plugins() if plugins is None else plugins)
    cases: list[tuple[Plugin, Deletion | None]] = []
    for plugin in chosen:
        cases.append((plugin, None))
        cases += [(plugin, deletion) for deletion in delete_each(plugin.permissions)]
    paths = [write_case(plugin, deletion, into=into, number=number) for number, (plugin, deletion) in enumerate(cases)]
    right: dict[str, frozenset[tuple[str, str]]] = {}
    mutations = []
    for (plugin, deletion), report in zip(cases, scan_artifacts(paths, options=OPTIONS, workers=workers), strict=True):
        said = read_missing(report)
        if deletion is None:
            right[plugin.name] = said
        else:
            new = tuple(sorted(said - right[plugin.name]))
            mutations.append(Mutation(plugin.name, deletion.key, deletion.name, new))
    spurious = tuple((name, tuple(sorted({rule for rule, _ in said}))) for name, said in right.items() if said)
    return Mutations(tuple(mutations), spurious)


def write_case(plugin: Plugin, deletion: Deletion | None, *, into: Path, number: int) -> Path:
    """Write one artifact and return its path."""
    path = into / f"case-{number:04}.zip"
    path.write_bytes(archives.pack_zip(plugin.to_tree(deletion.permissions if deletion else None)))
    return path


def read_missing(report: ScanReport) -> frozenset[tuple[str, str]]:
    """Return rule and title of every permission found missing."""
    return frozenset(
        (finding.rule_id, finding.title)
        for finding in report.findings
        if finding.engine == ENGINE and finding.rule_id.startswith("undeclared-")
    )
