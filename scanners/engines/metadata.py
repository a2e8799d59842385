"""Engine `metadata`: what a plugin says about itself against what is in it, and whom its names could be taken for.

Never judges what the code does, nor asks anyone who the publisher is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from packaging.version import InvalidVersion, Version

from scanners import limits
from scanners.declared import MANIFEST_NAME, Declared
from scanners.dependency import is_absurd, line_of
from scanners.engines.commands import find_shadowed_programs
from scanners.engines.entry_points import find_missing_entry_points
from scanners.engines.identifiers import look_alike
from scanners.engines.shadowing import find_shadowed_modules, find_shadowed_tools
from scanners.hosts import HostKind, read_host
from scanners.identity import PLACEHOLDER_VERSIONS, Identity, count_letters, find_readmes, heading_of, read_identities
from scanners.lookalikes import Ecosystem, Slip, find_lookalike, is_popular, latin_of
from scanners.report import Finding, Kind
from scanners.rules import load_rules
from scanners.sources import Reading, Source, Sources

THROW_AWAY = re.compile(
    r"(^|\.)(bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|rb\.gy|cutt\.ly|ngrok(-free)?\.(io|app)|trycloudflare\.com|loca\.lt"
    r"|webhook\.site|pipedream\.net|requestbin\.(com|net)|duckdns\.org|no-ip\.(org|com)|ddns\.net|pastebin\.com|transfer\.sh"
    r"|anonfiles\.com|onion)$"
)
WORD = re.compile(r"[^\W\d_]+")


def run_metadata(sources: Sources, *, needs_manifest: bool = False) -> Reading:
    """Return what is odd about names, versions, readmes and entry points."""
    identities = read_identities(sources.files)
    readmes = find_readmes(sources.files)
    read = {identity.path for identity in identities} | {source.path for source, _ in readmes}
    findings = [finding for identity in identities for finding in judge_identity(identity)]
    findings += judge_readmes(sources, identities=identities)
    findings += [
        make(rule_id, path=path, line=line, named=named)
        for rule_id, path, line, named in find_shadowed_modules(sources, names=[item.name for item in identities])
    ]
    findings += [
        make("program-shadowed", path=path, line=line, named=named)
        for path, line, named in find_shadowed_programs(sources.files, names=[item.name for item in identities])
    ]
    findings += [
        make("module-lookalike", path=source.path, line=0, named=named) for source, named in find_disguised(sources)
    ]
    if sources.declared is None:
        findings += [make("manifest-missing", path="", line=0)] if needs_manifest else []
    else:
        read.add(MANIFEST_NAME)
        findings += judge_manifest(sources.declared, sources=sources, identities=identities)
    return Reading(findings=tuple(dict.fromkeys(findings)), read=frozenset(read))


def find_disguised(sources: Sources) -> Iterator[tuple[Source, str]]:
    """Yield every source in whose path a name is drawn like a plain one with letters of another script."""
    for source in sources.of_kind(Kind.PYTHON, Kind.JAVASCRIPT):
        for part in PurePosixPath(source.path).parts:
            plain = "".join(look_alike(letter) or letter for letter in part)
            if not part.isascii() and plain.isascii():
                yield source, plain


def make(rule_id: str, *, path: str, line: int, named: str = "") -> Finding:
    """Return a finding, with what it is about in its title."""
    shown = named[: limits.SNIPPET_CHARACTERS]
    finding = load_rules()[rule_id].make_finding(path=path, line=line, snippet=shown)
    return replace(finding, title=f"{finding.title}: {shown}") if shown else finding


def judge_manifest(declared: Declared, *, sources: Sources, identities: tuple[Identity, ...]) -> list[Finding]:
    """Return what is odd about the manifest and about everything it promises."""
    text = next((file.text for file in sources.files if file.path == MANIFEST_NAME and file.text), "")

    def place(rule_id: str, named: str, shown: str = "") -> Finding:
        return make(rule_id, path=MANIFEST_NAME, line=line_of(text, named), named=shown or named)

    ecosystem = Ecosystem.JAVASCRIPT if declared.runtime == "javascript" else Ecosystem.PYTHON
    findings = [place("plugin-name-mixed", named) for named in (declared.name, declared.title) if is_mixed(named)]
    if popular := popular_for(declared.name, ecosystem=ecosystem):
        findings.append(place("plugin-name-lookalike", declared.name, f"{declared.name} for {popular}"))
    findings += [place("version-absurd", declared.version)] if is_absurd(declared.version) else []
    findings += [
        place("entry-point-missing", point) for point in find_missing_entry_points(declared, files=sources.files)
    ]
    findings += [place(rule_id, named) for rule_id, named in find_shadowed_tools(declared.nodes)]
    return findings + judge_agreement(declared, identities=identities)


def judge_agreement(declared: Declared, *, identities: tuple[Identity, ...]) -> list[Finding]:
    """Return a finding for every metadata file that speaks of another project, or of another version of this one."""
    findings = []
    for identity in identities:
        differing = []
        if identity.name and declared.name and not share_a_name(identity.name, declared.name):
            differing.append(f"name {identity.name}, declared {declared.name}")
        version = identity.version.casefold().removeprefix("v")
        if version not in PLACEHOLDER_VERSIONS and declared.version and not is_same_version(version, declared.version):
            differing.append(f"version {identity.version}, declared {declared.version}")
        if differing:
            shown = "; ".join(differing)
            findings.append(make("identity-mismatch", path=identity.path, line=identity.line, named=shown))
    return findings


def share_a_name(first: str, second: str) -> bool:
    """Say whether one name holds the words of the other: prefixes of a platform or of an owner are usual."""
    one, other = (set(re.split(r"[^a-z0-9]+", name.casefold())) - {""} for name in (first, second))
    joined = [re.sub(r"[^a-z0-9]", "", name.casefold()) for name in (first, second)]
    return one <= other or other <= one or joined[0] in joined[1] or joined[1] in joined[0]


def is_same_version(first: str, second: str) -> bool:
    """Say whether two spellings mean one version: 1.0.0-rc.1 and 1.0.0rc1 do; what follows a plus does not count."""
    try:
        return Version(Version(first).public) == Version(Version(second).public)
    except InvalidVersion:
        return first.casefold() == second.casefold()


def judge_identity(identity: Identity) -> list[Finding]:
    """Return what is odd about what one metadata file says."""
    checks: list[tuple[str, str, Callable[[], bool]]] = [
        ("plugin-name-mixed", identity.name, lambda: is_mixed(identity.name)),
        ("version-absurd", identity.version, lambda: is_absurd(identity.version)),
    ]
    checks += [("homepage-odd", page, lambda page=page: is_odd_page(page)) for page in identity.pages]  # type: ignore[misc]
    findings = [
        make(rule_id, path=identity.path, line=identity.line, named=named)
        for rule_id, named, check in checks
        if check()
    ]
    if popular := popular_for(identity.name, ecosystem=identity.ecosystem):
        shown = f"{identity.name} for {popular}"
        findings.append(make("plugin-name-lookalike", path=identity.path, line=identity.line, named=shown))
    return findings


def popular_for(name: str, *, ecosystem: Ecosystem) -> str:
    """Return the popular project a name can be taken for, empty when there is none."""
    lookalike = find_lookalike(name.replace(" ", "-"), ecosystem=ecosystem) if name else None
    return lookalike.popular if lookalike is not None and lookalike.slip is not Slip.COMBINED else ""


def is_mixed(name: str) -> bool:
    """Say whether a word of the name mixes ASCII letters with foreign ones that look like ASCII letters."""
    return any(
        not word.isascii()
        and any(letter.isascii() for letter in word)
        and any(not letter.isascii() and latin_of(letter) != letter for letter in word)
        for word in WORD.findall(name)
    )


def is_odd_page(page: str) -> bool:
    """Say whether a project's page is where nobody can be found again."""
    host = read_host(page)
    return host.kind is HostKind.ADDRESS or THROW_AWAY.search(host.name) is not None


def is_manual_of(title: str, *, text: str) -> bool:
    """Say whether a readme is headed by a popular name and tells people to install or import just that."""
    if not any(is_popular(title, ecosystem=ecosystem) for ecosystem in Ecosystem):
        return False
    name = "[-_.]".join(map(re.escape, title.split("-")))
    use = rf"\b(?:install|add|import|from|require)\b\W{{1,3}}(?:-\S+\s+)?{name}(?![\w-])"
    return re.search(use, text, re.IGNORECASE) is not None


def judge_readmes(sources: Sources, *, identities: tuple[Identity, ...]) -> list[Finding]:
    """Return what is odd about the readme."""
    readmes = find_readmes(sources.files)
    if not readmes:
        return [make("readme-missing", path="", line=0)]
    declared = sources.declared
    own = [identity.name for identity in identities] + ([declared.name, declared.title] if declared else [])
    findings = []
    if all(count_letters(text) < limits.README_CHARACTERS for _, text in readmes):
        findings.append(make("readme-empty", path=readmes[0][0].path, line=1))
    for source, text in readmes:
        heading = heading_of(text)
        title = re.sub(r"\s+", "-", heading)
        if is_manual_of(title, text=text) and any(own) and not any(share_a_name(title, name) for name in own if name):
            findings.append(make("readme-copied", path=source.path, line=line_of(text, heading), named=heading))
    return findings
