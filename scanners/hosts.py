"""Reads the host out of constant evidence of network use, and says whether declared hosts cover it.

Opens no connection and resolves no name. A host that two readers would read differently is covered by nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

HOST_CHARACTERS = 253  # RFC 1035, 2.3.4
ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]*:)*//", re.IGNORECASE)
NO_NETWORK = re.compile(r"^(data|file|blob|about|javascript|sqlite\w*|unix|memory|mem|node|urn):", re.IGNORECASE)
SOCKET_FILE = re.compile(r"^(/.*\.sock(et)?\d*$|/(var/)?run/|/tmp/|\\\\[.?]\\|\0)")
# What a page calls "state.json" is a file beside it.
FILE_NAME = re.compile(
    r"^[^:?#]*\.(json|m?js|html?|css|png|jpe?g|gif|svg|txt|xml|csv|ya?ml|php|wasm)([?#]|$)", re.IGNORECASE
)
NAME = re.compile(r"^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$")
NUMERIC = re.compile(r"^(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}$")
# A first part that is computed, then at least two constant labels: every name below them.
BELOW = re.compile(r"^[^.]*[^a-z0-9_.-][^.]*\.((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*)$")
BROADCAST = ipaddress.IPv4Address("255.255.255.255")  # RFC 919, 7: no router passes it on
LOCAL_NAMES = frozenset(["localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"])


class HostKind(StrEnum):
    """What stands where a host is expected."""

    NAME = "name"
    ADDRESS = "address"  # an IP address, however it is spelt
    LOCAL = "local"  # this machine, or whoever hears a broadcast that no router passes on
    UNKNOWN = "unknown"  # computed, or nothing that names a host on the internet
    NONE = "none"  # no network is used for it


@dataclass(frozen=True, slots=True)
class Host:
    """One host; a name may begin with "*." when its first labels are computed."""

    kind: HostKind
    name: str = ""


def read_host(detail: str) -> Host:
    """Return the host that an address, "host:port" or bare host names."""
    text = detail.strip()
    if not text:
        return Host(HostKind.UNKNOWN)
    if NO_NETWORK.match(text):
        return Host(HostKind.NONE)
    if SOCKET_FILE.match(text):
        return Host(HostKind.LOCAL, text)
    after_scheme = ADDRESS.sub("", text, count=1)
    if after_scheme == text and FILE_NAME.search(text):
        return Host(HostKind.UNKNOWN)  # an address relative to a page: no such domain of the highest level exists
    authority = re.split(r"[/?#,\s]", after_scheme, maxsplit=1)[0]
    if "\\" in authority:
        # Browsers end the host here, other readers do not: "https://good\@evil" is two hosts.
        return Host(HostKind.NAME, authority.casefold())
    return classify(strip_port(authority.rpartition("@")[2]).rstrip(".").casefold())


def is_covered(name: str, *, declared: Iterable[str]) -> bool:
    """Say whether a host is among the declared ones; "*.x" covers every name below x and not x itself."""
    for entry in declared:
        pattern = entry.casefold()
        if name == pattern:
            return True
        if pattern.startswith("*.") and name.removeprefix("*").endswith(pattern[1:]) and name != pattern[2:]:
            return True
    return False


def strip_port(authority: str) -> str:
    """Return the host of "host:port", also when it is a bracketed or bare IPv6 address."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority if authority.count(":") > 1 else authority.partition(":")[0]


def classify(name: str) -> Host:
    """Return what a lower-case host without port is."""
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return Host(HostKind.LOCAL, name)
    if (address := read_address(name)) is not None:
        is_local = address.is_loopback or address.is_unspecified or address == BROADCAST
        return Host(HostKind.LOCAL if is_local else HostKind.ADDRESS, str(address))
    if len(name) > HOST_CHARACTERS:
        return Host(HostKind.UNKNOWN)
    if (below := BELOW.match(name)) and not is_international(name):
        return Host(HostKind.NAME, f"*.{below[1]}")
    if not name.isascii():
        name = encode_international(name)
    return Host(HostKind.NAME, name) if NAME.match(name) else Host(HostKind.UNKNOWN)


def read_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address in any spelling that connects: dotted, short, decimal, octal, hexadecimal, IPv6."""
    try:
        if NUMERIC.match(name):
            # Reads text only, as every C library does; nothing is looked up.
            return ipaddress.IPv4Address(socket.inet_aton(name))
        address = ipaddress.ip_address(name.partition("%")[0])
    except (OSError, ValueError):
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_international(name: str) -> bool:
    """Say whether every label of a host is letters, in whatever script, with no trace of a placeholder."""
    return all(label.replace("-", "").isalnum() for label in name.split("."))


def encode_international(name: str) -> str:
    """Return an international name as it is looked up; unchanged when it is none."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
