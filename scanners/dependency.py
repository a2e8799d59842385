"""One dependency as a file names it, and where its code would come from. Fetches nothing and resolves nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum

from scanners.hosts import HostKind, read_host
from scanners.lookalikes import Ecosystem

# Spelt without their registry's name, which no file of ours mentions: by what stands around it.
USUAL_HOSTS = re.compile(
    r"^((registry|www)\.npm[j]s\.(org|com)|registry\.yarn[p]kg\.com|npm\.pkg\.github\.com|registry\.npm(mirror)\.com"
    r"|(test\.)?py[p]i\.(python\.)?org|files\.python[h]osted\.org|npm\.jsr\.io)$"
)
VERSION_CONTROL = re.compile(
    r"^(git|hg|svn|bzr)(\+|:|@)|^git\+|\.git(#|@|$)|^(github|gitlab|bitbucket|gist):", re.IGNORECASE
)
SHORTHAND = re.compile(r"^[\w.-]+/[\w.-]+(#.*)?$")
ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
PLAIN = re.compile(r"^(\w+\+)?(http|ftp|git|svn|hg)://", re.IGNORECASE)
LOCAL = re.compile(r"^(file:|link:|portal:|workspace:|\.{1,2}(/|\\|$)|/|~[/\\]|[a-z]:[\\/])", re.IGNORECASE)
NOT_SHIPPED = re.compile(
    r"(^|[/_.-])(tests?|testing|docs?|examples?|dev|develop|development|ci|lint|bench(marks?)?)(?=[/_.-])"
)
ABSURD = re.compile(r"^(?:[=^~v]|==|===|~=|>=|\s)*(9{2,}\d*)\.")


class Place(StrEnum):
    """Where the code of a dependency would come from."""

    REGISTRY = "registry"
    ADDRESS = "address"  # an archive, or a repository that changes without a new version
    PLAIN_ADDRESS = "plain-address"  # the same without encryption, or by a bare IP address
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One name with its version range or address. `is_shipped` is false for what only developers install.

    A locked one was resolved by an installer: its specification is the exact version, `resolved` its address.
    """

    ecosystem: Ecosystem
    name: str
    specification: str
    path: str
    line: int
    is_shipped: bool = True
    is_locked: bool = False
    resolved: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """A place beside the usual registry that an installer is told to fetch from."""

    address: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Named:
    """Everything one file names; `is_readable` is false when it is not what its name says."""

    dependencies: tuple[Dependency, ...] = ()
    indexes: tuple[Index, ...] = ()
    is_readable: bool = True


def place_of(specification: str, *, ecosystem: Ecosystem) -> Place:
    """Return where a specification leads."""
    text = specification.strip().removeprefix("npm:")
    if LOCAL.match(text):
        return Place.LOCAL
    is_address = bool(ADDRESS.match(text) or VERSION_CONTROL.search(text))
    is_address = is_address or (ecosystem is Ecosystem.JAVASCRIPT and SHORTHAND.match(text) is not None)
    if not is_address or specification.startswith("npm:"):
        return Place.REGISTRY
    is_bare = ADDRESS.match(text) is not None and read_host(text).kind in (HostKind.ADDRESS, HostKind.LOCAL)
    return Place.PLAIN_ADDRESS if is_bare or PLAIN.match(text) else Place.ADDRESS


def is_usual_host(address: str) -> bool:
    """Say whether an address leads to the registries that everybody uses."""
    return USUAL_HOSTS.match(read_host(address).name) is not None


def is_shipped_file(path: str) -> bool:
    """Say whether a dependency file speaks to users, by its name and folders; the others speak to developers."""
    return NOT_SHIPPED.search(path.casefold()) is None


def exact_version(specification: str) -> str:
    """Return the one version that a specification allows; empty when it allows several."""
    match = re.match(r"^\s*(?:={1,3}|v)?\s*(\d[\w.+!-]*)\s*$", specification)
    return match[1] if match and "*" not in match[1] and not re.search(r"(^|\.)x($|\.)", match[1]) else ""


def is_unpinned(specification: str) -> bool:
    """Say whether any version at all would do."""
    return re.sub(r"\s", "", specification).casefold() in ("", "*", "latest", "x", ">=0", ">=0.0.0", ">=0.0", "next")


def is_absurd(version: str) -> bool:
    """Say whether a version is chosen to be higher than every real one: 99.x and the like."""
    match = ABSURD.match(version.strip())
    return match is not None and re.fullmatch(r"99|9{3,}\d*", match[1]) is not None


def name_of(path: str) -> str:
    """Return the file's name in lower case."""
    return path.rpartition("/")[2].casefold()


def line_of(text: str, needle: str) -> int:
    """Return the first line that holds a text, 0 when none does."""
    position = text.find(needle)
    return text.count("\n", 0, position) + 1 if position >= 0 else 0
