"""Engine `permissions`: what the code was seen to do against what the manifest allows, one finding a permission.

Finds nothing without a manifest. A capability that is declared is no finding here, whatever it is used for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from scanners import limits
from scanners.declared import MANIFEST_NAME, Declared
from scanners.facts import Act, Fact
from scanners.hosts import is_covered
from scanners.needs import Need, NeedKind, observe_needs
from scanners.report import Finding, Kind
from scanners.rules import load_rules
from scanners.sources import Reading, Sources

RULES = {
    NeedKind.HOST: "undeclared-host",
    NeedKind.ADDRESS: "undeclared-address",
    NeedKind.LOCAL: "undeclared-local-network",
    NeedKind.ANY_HOST: "undeclared-network",
    NeedKind.PROCESS: "undeclared-subprocess",
    NeedKind.SECRET: "undeclared-secret",
    NeedKind.VARIABLE: "undeclared-environment",
    NeedKind.CONVENTION: "undeclared-environment-common",
    NeedKind.ANY_VARIABLE: "undeclared-environment-computed",
    NeedKind.ALL_VARIABLES: "undeclared-environment-all",
    NeedKind.READ: "undeclared-filesystem-read",
    NeedKind.WRITE: "undeclared-filesystem-write",
    NeedKind.USER_DATA: "undeclared-user-data",
}
# A computed name is allowed by any declared one, so the line that the other finding asks for answers it too.
ANSWERED_BY = {
    NeedKind.ANY_HOST: frozenset([NeedKind.HOST, NeedKind.ADDRESS]),
    NeedKind.ANY_VARIABLE: frozenset([NeedKind.VARIABLE, NeedKind.SECRET, NeedKind.CONVENTION]),
    NeedKind.READ: frozenset([NeedKind.WRITE]),
}
KEYS = {
    NeedKind.HOST: "network",
    NeedKind.SECRET: "secrets",
    NeedKind.VARIABLE: "environment",
    NeedKind.CONVENTION: "environment",
    NeedKind.USER_DATA: "user_data",
}
# Code that nobody can follow from here may use anything.
OPAQUE_ACTS = frozenset([Act.CODE_LOAD, Act.CODE_UNPACK, Act.NATIVE_LOAD, Act.NATIVE_CALL])


@dataclass(frozen=True, slots=True)
class Grant:
    """One declared permission: its key in the manifest, and its name where the key holds several."""

    key: str
    name: str = ""


def run_permissions(sources: Sources) -> Reading:
    """Return a finding for each permission that is missing from the manifest, and for each that is not used."""
    read = frozenset(file.path for file in sources.of_kind(Kind.PYTHON, Kind.JAVASCRIPT))
    if sources.declared is None:
        return Reading(findings=(), read=read)
    needs = observe_needs(sources.facts)
    missing = find_missing(needs, declared=sources.declared)
    findings = [make_missing(need, declared=sources.declared) for need in missing]
    findings += [make_unused(grant, sources=sources) for grant in find_unused(needs, sources=sources)]
    return Reading(findings=tuple(findings), read=read)


def find_missing(needs: tuple[Need, ...], *, declared: Declared) -> tuple[Need, ...]:
    """Return the needs the manifest does not meet, without those that meeting another one meets as well."""
    unmet = [need for need in needs if not is_met(need, declared=declared)]
    kinds = {need.kind for need in unmet}
    return tuple(need for need in unmet if not ANSWERED_BY.get(need.kind, frozenset()) & kinds)


def is_met(need: Need, *, declared: Declared) -> bool:
    """Say whether the manifest allows what is needed."""
    variables = declared.environment | declared.secrets
    met: dict[NeedKind, Callable[[], bool]] = {
        NeedKind.HOST: lambda: is_covered(need.name, declared=declared.network),
        NeedKind.ANY_HOST: lambda: bool(declared.network),
        NeedKind.PROCESS: lambda: declared.subprocess,
        NeedKind.SECRET: lambda: need.name in variables,
        NeedKind.VARIABLE: lambda: need.name in variables,
        NeedKind.CONVENTION: lambda: need.name in variables,
        NeedKind.ANY_VARIABLE: lambda: bool(variables),
        NeedKind.READ: lambda: declared.filesystem in ("read", "write"),
        NeedKind.WRITE: lambda: declared.filesystem == "write",
        NeedKind.USER_DATA: lambda: need.name in declared.user_data,
    }
    return need.kind in met and met[need.kind]()


def make_missing(need: Need, *, declared: Declared) -> Finding:
    """Return the finding for an unmet need: where it is first needed, and the very line to add."""
    finding = load_rules()[RULES[need.kind]].make_finding(
        path=need.fact.path, line=need.fact.line, end_line=need.fact.end_line, snippet=need.fact.snippet
    )
    line = suggest_line(need, declared=declared)
    place = f"in {need.fact.scope}" if need.fact.scope else "at module level"
    return replace(
        finding,
        title=f"{finding.title}: {need.name[: limits.SNIPPET_CHARACTERS]}" if need.name else finding.title,
        why=f"{finding.why} First reached {place} ({need.fact.context} time).",
        fix=f"{finding.fix} In {MANIFEST_NAME}: {line}" if line else finding.fix,
    )


def suggest_line(need: Need, *, declared: Declared) -> str:
    """Return the line of [permissions] that meets a need, with what is declared already; empty when none can."""
    if need.kind in KEYS:
        key = KEYS[need.kind]
        names = sorted({*getattr(declared, key), need.name})
        return f"{key} = [{', '.join(quote(name) for name in names)}]"
    lines = {
        NeedKind.PROCESS: "subprocess = true",
        NeedKind.READ: 'filesystem = "read"',
        NeedKind.WRITE: 'filesystem = "write"',
    }
    return lines.get(need.kind, "")


def quote(name: str) -> str:
    """Return a text in TOML."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def find_unused(needs: tuple[Need, ...], *, sources: Sources) -> tuple[Grant, ...]:
    """Return the declared permissions that nothing was seen to use, when nothing could hide the use."""
    declared = sources.declared
    if declared is None or any(is_opaque(fact) for fact in sources.facts):
        return ()
    if not sources.of_kind(Kind.PYTHON, Kind.JAVASCRIPT):
        return ()
    kinds = {need.kind for need in needs}
    unused = [*find_unused_names(needs, declared=declared)]
    if declared.subprocess and NeedKind.PROCESS not in kinds:
        unused.append(Grant("subprocess"))
    if declared.filesystem != "none" and not {NeedKind.READ, NeedKind.WRITE} & kinds:
        unused.append(Grant("filesystem", declared.filesystem))
    elif declared.filesystem == "write" and NeedKind.WRITE not in kinds:
        unused.append(Grant("filesystem", "write"))
    return tuple(grant for grant in unused if not grant.name or not is_named(grant, sources=sources))


def find_unused_names(needs: tuple[Need, ...], *, declared: Declared) -> list[Grant]:
    """Return the declared names that no need carries, unless a computed name may stand for them."""
    kinds = {need.kind for need in needs}
    hosts = [need.name for need in needs if need.kind is NeedKind.HOST]
    names = {need.name for need in needs}
    unused = []
    if NeedKind.ANY_HOST not in kinds:
        unused += [
            Grant("network", entry)
            for entry in sorted(declared.network)
            if not any(is_covered(host, declared=[entry]) for host in hosts)
        ]
    if not {NeedKind.ANY_VARIABLE, NeedKind.ALL_VARIABLES} & kinds:
        unused += [Grant("environment", name) for name in sorted(declared.environment - names)]
        unused += [Grant("secrets", name) for name in sorted(declared.secrets - names)]
    return unused + [Grant("user_data", name) for name in sorted(declared.user_data - names)]


def is_opaque(fact: Fact) -> bool:
    """Say whether a fact runs code that was not read."""
    return fact.act in OPAQUE_ACTS or (fact.act is Act.CODE_EVAL and not fact.detail)


def is_named(grant: Grant, *, sources: Sources) -> bool:
    """Say whether a source names what is declared: settings and dependencies may use it from there."""
    if grant.key == "filesystem":
        return False
    name = grant.name.removeprefix("*.")
    return any(name in file.text for file in sources.files if file.text is not None and file.path != MANIFEST_NAME)


def make_unused(grant: Grant, *, sources: Sources) -> Finding:
    """Return the finding for a permission that is not used, at its line of the manifest."""
    text = next((file.text for file in sources.files if file.path == MANIFEST_NAME and file.text), "")
    match = re.search(rf"^[ \t]*{grant.key}[ \t]*=", text, re.MULTILINE)
    start = match.start() if match else -1
    line = text.count("\n", 0, max(text.find(grant.name, start), start)) + 1 if match else 0
    finding = load_rules()["unused-permission"].make_finding(path=MANIFEST_NAME, line=line)
    named = f"{grant.key}: {grant.name}" if grant.name else grant.key
    return replace(finding, title=f"{finding.title}: {named}")
