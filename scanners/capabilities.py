"""Sums up for a reviewer what an artifact can do, with the evidence: one entry a capability.

A summary of facts, never a judgement: every one of these has an honest use.
"""

from collections.abc import Iterable

from scanners import limits
from scanners.facts import Act, Fact, Label
from scanners.hosts import HostKind, read_host
from scanners.needs import CONTEXT_ORDER, NETWORK_ACTS, READ_ACTS, WRITE_ACTS, sort_facts
from scanners.report import Capability
from scanners.stores import is_store
from scanners.variables import is_secret

NAMES = {
    **dict.fromkeys(NETWORK_ACTS, "network"),
    **dict.fromkeys(READ_ACTS, "files-read"),
    **dict.fromkeys(WRITE_ACTS, "files-write"),
    Act.CODE_EVAL: "dynamic-code",
    Act.CODE_LOAD: "dynamic-code",
    Act.CODE_UNPACK: "dynamic-code",
    Act.PROCESS_START: "process",
    Act.STREAM_TO_SOCKET: "process",
    Act.NATIVE_LOAD: "native-code",
    Act.NATIVE_CALL: "native-code",
    Act.CLIPBOARD_READ: "clipboard",
    Act.CLIPBOARD_WRITE: "clipboard",
    Act.INPUT_RECORD: "input-recording",
    Act.SCREEN_CAPTURE: "screen",
    Act.CAMERA_CAPTURE: "camera",
    Act.HOST_INSPECT: "host-inspection",
    Act.HOST_ANALYSIS: "host-inspection",
    Act.HOST_PATCH: "host-patching",
    Act.SOFTWARE_INSTALL: "installation",
    Act.PERSISTENCE: "persistence",
    Act.ENCRYPT: "encryption",
    Act.USER_DATA: "user-data",
}


def summarise_capabilities(facts: Iterable[Fact]) -> tuple[Capability, ...]:
    """Return each capability of code that can run, by name, with its details and first places."""
    found: dict[str, list[Fact]] = {}
    for fact in sort_facts(facts):
        for name in name_capabilities(fact):
            found.setdefault(name, []).append(fact)
    return tuple(make_capability(name, facts=found[name]) for name in sorted(found))


def name_capabilities(fact: Fact) -> tuple[str, ...]:
    """Return the capabilities one fact shows."""
    if fact.act is Act.ENVIRONMENT_READ:
        if fact.detail == "*":
            return "environment", "secrets"
        return ("secrets",) if is_secret(fact.detail) else ("environment",)
    names = [NAMES[fact.act]] if fact.act in NAMES else []
    if fact.act in READ_ACTS and (Label.CREDENTIALS in fact.labels or is_store(fact.detail)):
        names.append("credential-stores")
    return tuple(names)


def make_capability(name: str, *, facts: list[Fact]) -> Capability:
    """Return one capability; places come in the order in which the code runs."""
    places = dict.fromkeys(f"{fact.path}:{fact.line}" for fact in facts)
    contexts = {fact.context for fact in facts}
    return Capability(
        name=name,
        details=tuple(sorted({describe(fact) for fact in facts} - {""})[: limits.CAPABILITY_DETAILS]),
        places=tuple(places)[: limits.CAPABILITY_PLACES],
        contexts=tuple(str(context) for context in CONTEXT_ORDER if context in contexts),
    )


def describe(fact: Fact) -> str:
    """Return the evidence of one fact in one short line: the host of an address, else the detail itself."""
    text = fact.detail
    if fact.act in NETWORK_ACTS:
        host = read_host(text)
        text = host.name if host.kind is not HostKind.UNKNOWN else ""
    return " ".join(text.split())[: limits.SNIPPET_CHARACTERS]
