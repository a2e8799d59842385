"""Engine `dependencies`: what a plugin would bring with it, from where, and whether it is what its name says.

Fetches and resolves nothing. Whether a dependency is any good is not asked here.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scanners import limits
from scanners.declared import MANIFEST_NAME
from scanners.dependency import (
    Dependency,
    Index,
    Named,
    Place,
    exact_version,
    is_absurd,
    is_shipped_file,
    is_unpinned,
    is_usual_host,
    line_of,
    place_of,
)
from scanners.dependency_javascript import read_javascript
from scanners.dependency_python import read_python
from scanners.errors import RecordsUnreadable
from scanners.facts import Act, Context
from scanners.lookalikes import Ecosystem, Slip, find_lookalike
from scanners.osv import Malice, find_malice
from scanners.report import Finding
from scanners.rules import load_rules
from scanners.sources import Reading, Source, Sources
from scanners.upstream import known_upstream

TARBALL = re.compile(r"/((?:@[^/]+/|@[^/]+%2f)?[^/]+)/-/[^/]+\.tgz", re.IGNORECASE)
UNPINNED_SHOWN = 5  # names in the title of one finding


def run_dependencies(sources: Sources, *, osv_directory: Path | None = None) -> Reading:
    """Return what is odd about the dependencies; records of malicious releases come from `osv_directory`, if given."""
    findings: list[Finding] = []
    errors: list[str] = []
    read: set[str] = set()
    dependencies = list(list_declared(sources))
    for source in sources.files:
        named = read_file(source)
        if named is None:
            continue
        read.add(source.path)
        dependencies += named.dependencies
        findings += [finding for index in named.indexes for finding in judge_index(index)]
        findings += [] if named.is_readable else [make("dependency-file-unreadable", path=source.path, line=0)]
    if len(dependencies) > limits.DEPENDENCIES:
        errors.append(f"more than {limits.DEPENDENCIES} dependencies are named")
    findings += find_unpinned(dependencies)
    try:
        for dependency in dict.fromkeys(dependencies[: limits.DEPENDENCIES]):
            findings += judge(dependency)
            findings += judge_records(dependency, directory=osv_directory)
        findings += find_copies(sources)
    except RecordsUnreadable as error:
        errors.append(error.detail)
    findings += find_installations(sources)
    return Reading(findings=tuple(findings), read=frozenset(read), errors=tuple(errors))


def read_file(source: Source) -> Named | None:
    """Return what a file of a known name names; None for every other file."""
    if source.text is None or source.base_line:
        return None
    if source.size > limits.DEPENDENCY_FILE_BYTES:
        is_known = any(reader(replace(source, text="", parse=None)) for reader in (read_python, read_javascript))
        return Named(is_readable=False) if is_known else None
    return read_python(source) or read_javascript(source)


def list_declared(sources: Sources) -> Iterator[Dependency]:
    """Yield the dependencies of the manifest."""
    if sources.declared is None:
        return
    text = next((file.text for file in sources.files if file.path == MANIFEST_NAME and file.text), "")
    ecosystem = Ecosystem.JAVASCRIPT if sources.declared.runtime == "javascript" else Ecosystem.PYTHON
    for name, constraint in sources.declared.dependencies:
        yield Dependency(ecosystem, name, constraint, path=MANIFEST_NAME, line=line_of(text, name))


def make(rule_id: str, *, path: str, line: int, named: str = "") -> Finding:
    """Return a finding, with what it is about in its title."""
    finding = load_rules()[rule_id].make_finding(path=path, line=line, snippet=named[: limits.SNIPPET_CHARACTERS])
    return replace(finding, title=f"{finding.title}: {named[: limits.SNIPPET_CHARACTERS]}") if named else finding


def judge(dependency: Dependency) -> list[Finding]:
    """Return what is odd about one dependency by itself."""
    if dependency.is_locked:
        return judge_locked(dependency)
    named = f"{dependency.name} {dependency.specification}".strip()
    rule_ids = []
    place = place_of(dependency.specification, ecosystem=dependency.ecosystem)
    if place in (Place.ADDRESS, Place.PLAIN_ADDRESS):
        shipped = "dependency-address" if place is Place.ADDRESS else "dependency-plain-address"
        rule_ids.append(shipped if dependency.is_shipped else "dependency-address-development")
    elif (
        place is Place.LOCAL
        and dependency.is_shipped
        and re.search(r"\.\.[/\\]|^(file:)?(/|~[/\\])", dependency.specification)
    ):
        rule_ids.append("dependency-local")
    if place is Place.REGISTRY and is_absurd(dependency.specification):
        rule_ids.append("dependency-version-absurd")
    findings = [make(rule_id, path=dependency.path, line=dependency.line, named=named) for rule_id in rule_ids]
    return findings + judge_name(dependency)


def judge_name(dependency: Dependency) -> list[Finding]:
    """Return a finding when the name can be taken for a popular one."""
    lookalike = find_lookalike(dependency.name, ecosystem=dependency.ecosystem)
    if lookalike is None:
        return []
    rule_id = "dependency-name-lookalike" if dependency.is_shipped else "dependency-name-lookalike-development"
    if lookalike.slip is Slip.COMBINED:
        rule_id = "dependency-name-combined"
    shown = f"{dependency.name} for {lookalike.popular} ({lookalike.slip})"
    return [make(rule_id, path=dependency.path, line=dependency.line, named=shown)]


def judge_locked(dependency: Dependency) -> list[Finding]:
    """Return what is odd about one line of a lock file."""
    address = dependency.resolved
    place = place_of(address, ecosystem=dependency.ecosystem)
    if place not in (Place.ADDRESS, Place.PLAIN_ADDRESS):
        return []
    rule_ids = []
    fetched = TARBALL.search(address)
    if fetched and dependency.name and fetched[1].replace("%2f", "/").replace("%2F", "/") != dependency.name:
        rule_ids.append("dependency-lock-mismatch")
    if not dependency.is_shipped:
        rule_ids += [] if is_usual_host(address) else ["dependency-address-development"]
    elif not is_usual_host(address):
        rule_ids.append("dependency-plain-address" if place is Place.PLAIN_ADDRESS else "dependency-lock-source")
    named = f"{dependency.name} {address}".strip()
    return [make(rule_id, path=dependency.path, line=dependency.line, named=named) for rule_id in rule_ids]


def judge_index(index: Index) -> list[Finding]:
    """Return a finding for an index that is not the usual registry."""
    address = index.address.strip("\"'")
    if is_usual_host(address) or place_of(address, ecosystem=Ecosystem.PYTHON) is Place.LOCAL:
        return []
    rule_id = "dependency-index" if is_shipped_file(index.path) else "dependency-address-development"
    return [make(rule_id, path=index.path, line=index.line, named=address)]


def find_unpinned(dependencies: list[Dependency]) -> list[Finding]:
    """Return one finding a file that names dependencies of any version."""
    files: dict[str, list[Dependency]] = {}
    for dependency in dependencies:
        is_open = not dependency.is_locked and dependency.is_shipped and is_unpinned(dependency.specification)
        if is_open and dependency.name:
            files.setdefault(dependency.path, []).append(dependency)
    findings = []
    for path, found in sorted(files.items()):
        names = sorted({dependency.name for dependency in found})
        shown = ", ".join(names[:UNPINNED_SHOWN]) + (", ..." if len(names) > UNPINNED_SHOWN else "")
        findings.append(make("dependency-unpinned", path=path, line=found[0].line, named=shown))
    return findings


def judge_records(dependency: Dependency, *, directory: Path | None) -> list[Finding]:
    """Return a finding for each record of malice that is about this dependency. Raises RecordsUnreadable."""
    findings = []
    version = dependency.specification if dependency.is_locked else exact_version(dependency.specification)
    for malice in find_malice(dependency.name, ecosystem=dependency.ecosystem, directory=directory):
        is_certain = malice.is_everything or (version and malice.holds(version))
        if is_certain or (not version and allows_any(dependency, malice=malice)):
            rule_id = "dependency-known-malicious" if is_certain else "dependency-malicious-possible"
            named = f"{dependency.name} {dependency.specification} ({malice.id})"
            findings.append(make(rule_id, path=dependency.path, line=dependency.line, named=named))
    return findings


def allows_any(dependency: Dependency, *, malice: Malice) -> bool:
    """Say whether a range allows a malicious version; a range that cannot be compared does."""
    if not malice.versions or is_unpinned(dependency.specification):
        return True
    if dependency.ecosystem is Ecosystem.JAVASCRIPT:
        # Of npm's ranges only the first number is compared: a wrong "no" would cost more than a look.
        wanted = set(re.findall(r"(?<![\d.])\d+", dependency.specification))
        is_open = re.search(r"[><*|]|(?<![\w.])x", dependency.specification) is not None
        return is_open or any(version.partition(".")[0] in wanted for version in malice.versions)
    try:
        allowed = SpecifierSet(dependency.specification)
        return any(allowed.contains(version, prereleases=True) for version in malice.versions)
    except (InvalidSpecifier, ValueError):
        return True


def find_copies(sources: Sources) -> list[Finding]:
    """Return a finding for every file that is known to be published by another project. Raises RecordsUnreadable."""
    findings = []
    for source in sources.files:
        upstream = known_upstream(source.sha256)
        if upstream is not None and not source.base_line:
            named = f"{upstream.project} {upstream.version} {upstream.path}"
            findings.append(make("bundled-upstream", path=source.path, line=0, named=named))
    return findings


def find_installations(sources: Sources) -> list[Finding]:
    """Return a finding for every place that installs something by itself."""
    findings = []
    for fact in sources.facts:
        if fact.act is Act.SOFTWARE_INSTALL and fact.context is not Context.DEAD:
            is_early = fact.context in (Context.INSTALL, Context.IMPORT)
            rule_id = "installation-at-import" if is_early else "installation-at-run-time"
            finding = make(rule_id, path=fact.path, line=fact.line, named=fact.detail)
            findings.append(replace(finding, end_line=fact.end_line, snippet=fact.snippet))
    return findings
