"""Turns facts into what a manifest would have to allow, and suggests the manifest that allows exactly that.

Compares nothing and judges nothing. Code in tests and documentation needs no permission.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from scanners.facts import Act, Context, Fact, Label
from scanners.hosts import HostKind, read_host
from scanners.variables import is_convention, is_declarable, is_secret

NETWORK_ACTS = frozenset(
    [Act.NETWORK_CONNECT, Act.NETWORK_SEND, Act.NETWORK_FETCH, Act.NETWORK_LISTEN, Act.NETWORK_LOOKUP]
)
PROCESS_ACTS = frozenset([Act.PROCESS_START, Act.SOFTWARE_INSTALL])
READ_ACTS = frozenset([Act.FILE_READ, Act.FILE_WALK])
WRITE_ACTS = frozenset([Act.FILE_WRITE, Act.FILE_DELETE, Act.FILE_MODE])
NO_FILES = frozenset([":memory:", "nul", "-", "os.devnull"])
DEVICES = re.compile(r"^(/dev/(null|stdin|stdout|stderr|tty|zero|u?random|fd/\d+)|file::memory:)")
TEMPORARY = re.compile(r"^<?(tempfile|mkdtemp|mkstemp|os\.tmpdir)\b[^/]*>?(/|$)")
OWN_FILE = re.compile(r"^<?(__file__|__filename|import\.meta(\.url|\.filename)?)>?(?=/|$)")
OWN_FOLDER = re.compile(
    r"^<?(__dirname|import\.meta\.dirname|importlib[._]resources|pkgutil|pkg_resources|own|__path__)\b[^/]*>?(?=/|$)"
)
CONTEXT_ORDER = (Context.INSTALL, Context.IMPORT, Context.RUNTIME, Context.DEAD)


class NeedKind(StrEnum):
    """One kind of permission that code can turn out to need."""

    HOST = "host"
    ADDRESS = "address"  # no manifest can allow it
    LOCAL = "local"
    ANY_HOST = "any-host"  # the host is computed
    VARIABLE = "variable"
    CONVENTION = "convention"
    SECRET = "secret"  # noqa: S105 (a kind of need, no password)
    ANY_VARIABLE = "any-variable"  # the name is computed
    ALL_VARIABLES = "all-variables"
    READ = "read"
    WRITE = "write"
    PROCESS = "process"
    USER_DATA = "user-data"


REMARKS = {
    NeedKind.ANY_HOST: "The host is computed: add the host names it can be to network.",
    NeedKind.ANY_VARIABLE: "The variable's name is computed: add the names it can be to environment.",
    NeedKind.ADDRESS: "{name} is an address, which cannot be declared: use a host name.",
    NeedKind.ALL_VARIABLES: "The whole environment is read, which cannot be declared: read variables by name.",
}


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that code needs, by name where it has one, and the first place that needs it."""

    kind: NeedKind
    name: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The permissions of a right manifest, as far as facts can tell; `remarks` are sentences on what they cannot."""

    network: tuple[str, ...]
    environment: tuple[str, ...]
    secrets: tuple[str, ...]
    filesystem: str
    subprocess: bool
    user_data: tuple[str, ...]
    remarks: tuple[str, ...]

    def to_toml(self) -> str:
        """Return the table for nexus-plugin.toml, remarks as comments."""
        return "\n".join(
            [
                *(f"# {remark}" for remark in self.remarks),
                "[permissions]",
                f"network = {quote_list(self.network)}",
                f"environment = {quote_list(self.environment)}",
                f"secrets = {quote_list(self.secrets)}",
                f'filesystem = "{self.filesystem}"',
                f"subprocess = {str(self.subprocess).lower()}",
                f"user_data = {quote_list(self.user_data)}",
                "",
            ]
        )


def observe_needs(facts: Iterable[Fact]) -> tuple[Need, ...]:
    """Return every permission the facts need, each once, at the place that runs first."""
    needs: dict[tuple[NeedKind, str], Need] = {}
    for fact in sort_facts(facts):
        for reader in (read_network, read_environment, read_files, read_others):
            if (found := reader(fact)) is not None:
                needs.setdefault(found, Need(kind=found[0], name=found[1], fact=fact))
    return tuple(needs.values())


def suggest_permissions(facts: Iterable[Fact]) -> Suggestion:
    """Return the permissions to declare for these facts: no more, and no less than can be known."""
    needs = observe_needs(facts)
    kinds = {need.kind for need in needs}
    return Suggestion(
        network=names_of(needs, NeedKind.HOST),
        environment=names_of(needs, NeedKind.VARIABLE, NeedKind.CONVENTION),
        secrets=names_of(needs, NeedKind.SECRET),
        filesystem="write" if NeedKind.WRITE in kinds else "read" if NeedKind.READ in kinds else "none",
        subprocess=NeedKind.PROCESS in kinds,
        user_data=names_of(needs, NeedKind.USER_DATA),
        remarks=make_remarks(needs),
    )


def sort_facts(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts of code that can run, by when it runs and then by place."""
    return sorted(
        (fact for fact in facts if fact.context is not Context.DEAD),
        key=lambda fact: (CONTEXT_ORDER.index(fact.context), fact.path, fact.line, fact.act, fact.detail),
    )


def read_network(fact: Fact) -> tuple[NeedKind, str] | None:
    """Return the need of a network fact."""
    if fact.act not in NETWORK_ACTS:
        return None
    if fact.act is Act.NETWORK_LOOKUP and fact.labels and fact.labels <= {Label.HOST}:
        # Its own host name: that is about the machine, and nothing of it leaves.
        return None
    host = read_host(fact.detail)
    if fact.act is Act.NETWORK_LISTEN or host.kind is HostKind.UNKNOWN:
        return NeedKind.ANY_HOST, ""
    kinds = {HostKind.NAME: NeedKind.HOST, HostKind.ADDRESS: NeedKind.ADDRESS, HostKind.LOCAL: NeedKind.LOCAL}
    return (kinds[host.kind], host.name) if host.kind in kinds else None


def read_environment(fact: Fact) -> tuple[NeedKind, str] | None:
    """Return the need of a look at the environment."""
    if fact.act is not Act.ENVIRONMENT_READ:
        return None
    if fact.detail == "*":
        return NeedKind.ALL_VARIABLES, ""
    if not is_declarable(fact.detail):
        return None if is_convention(fact.detail) else (NeedKind.ANY_VARIABLE, "")
    if is_convention(fact.detail):
        return NeedKind.CONVENTION, fact.detail
    return (NeedKind.SECRET if is_secret(fact.detail) else NeedKind.VARIABLE), fact.detail


def read_files(fact: Fact) -> tuple[NeedKind, str] | None:
    """Return the need of a file fact; what came with the plugin may be read, a temporary file is its own."""
    if fact.act not in READ_ACTS | WRITE_ACTS:
        return None
    path = fact.detail.replace("\\", "/")
    if path.casefold() in NO_FILES or DEVICES.match(path.casefold()) or is_temporary(path):
        return None
    if fact.act in WRITE_ACTS:
        return NeedKind.WRITE, ""
    return None if is_own_file(path, fact=fact) else (NeedKind.READ, "")


def is_temporary(path: str) -> bool:
    """Say whether a path stands for what `tempfile` made; one that climbs out of it does not."""
    return TEMPORARY.match(path) is not None and ".." not in path.split("/")


def is_own_file(path: str, *, fact: Fact) -> bool:
    """Say whether a path stays inside the plugin: relative to its own module, or read while it is being built."""
    depth = fact.path.rpartition("!")[2].count("/")
    if match := OWN_FILE.match(path):
        return not climbs_out(path[match.end() :], depth=depth + 1)
    if match := OWN_FOLDER.match(path):
        return not climbs_out(path[match.end() :], depth=depth)
    is_relative = bool(path) and not re.match(r"^(/|~|[A-Za-z]:|\$|%|<)", path)
    return fact.context is Context.INSTALL and is_relative and not climbs_out(path, depth=depth)


def climbs_out(path: str, *, depth: int) -> bool:
    """Say whether a path goes up more folders than it stands deep."""
    for part in path.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False


def read_others(fact: Fact) -> tuple[NeedKind, str] | None:
    """Return the need of a started program or of data of a bot's users."""
    if fact.act in PROCESS_ACTS:
        return NeedKind.PROCESS, ""
    return (NeedKind.USER_DATA, fact.detail) if fact.act is Act.USER_DATA and fact.detail else None


def names_of(needs: tuple[Need, ...], *kinds: NeedKind) -> tuple[str, ...]:
    """Return the names of the needs of these kinds, sorted."""
    return tuple(sorted({need.name for need in needs if need.kind in kinds}))


def make_remarks(needs: tuple[Need, ...]) -> tuple[str, ...]:
    """Return a sentence for every need that no suggested line can meet."""
    return tuple(
        f"{REMARKS[need.kind].format(name=need.name)} ({need.fact.path}:{need.fact.line})"
        for need in needs
        if need.kind in REMARKS
    )


def quote_list(names: tuple[str, ...]) -> str:
    """Return a list of plain texts in TOML."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
