"""Engine `yara`: our own byte rules over the raw bytes of every file, its decoded text and its hidden layers.

A byte rule says what is written somewhere, so it weighs by where: code, an aside to it, or prose. It runs nothing.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yara_x

from scanners import limits
from scanners.engines import cap_findings
from scanners.engines.places import Lines, Place, find_prose_lines, lower_finding, place_of
from scanners.engines.secrets import is_placeholder, mask
from scanners.errors import RulesInvalid
from scanners.report import Finding, Kind
from scanners.rules import FOLDER, load_rules
from scanners.sources import Reading, Source, Sources

RULE_FOLDER: Final = FOLDER / "yara"
CANARY: Final = b'pool = "stratum+tcp://pool.example.invalid:3333"; flags = "--donate-level 1"\n'
CANARY_RULE: Final = "miner-connection"
TEXTUAL: Final = frozenset([Kind.PYTHON, Kind.JAVASCRIPT, Kind.TEXT, Kind.SCRIPT])
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
RESOLVERS: Final = frozenset(["1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "114.114.114.114"])
LOCAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)


@dataclass(frozen=True, slots=True)
class Strike:
    """One rule at one place in some bytes; the offset is 0 where a rule has no pattern of its own."""

    rule_id: str
    where: str
    check: str
    spans: tuple[tuple[int, int], ...]


def run_yara(sources: Sources) -> Reading:
    """Return what the byte rules find; files over their time are errors, and a canary proves the rules at work."""
    scanner = make_scanner()
    findings: list[Finding] = []
    read = set()
    errors = [] if has_canary(scanner) else ["canary not found"]
    for source in sources.files:
        try:
            findings += look_at(source, scanner=scanner)
        except (yara_x.TimeoutError, yara_x.ScanError) as error:
            errors.append(f"{source.path}: byte rules gave up ({type(error).__name__})")
        except OSError as error:
            errors.append(f"{source.path}: not readable ({type(error).__name__})")
        else:
            read.add(source.path)
    return Reading(findings=cap_findings(findings), read=frozenset(read), errors=tuple(errors))


@cache
def compile_rules() -> Any:
    """Return every byte rule compiled; raises RulesInvalid. Safe to call before a fork: nothing is scanned here."""
    compiler = yara_x.Compiler()
    for path in sorted(RULE_FOLDER.glob("*.yar")):
        try:
            compiler.add_source(path.read_text(encoding="utf-8"), origin=path.name)
        except yara_x.CompileError as error:
            raise RulesInvalid(f"{path.name}: {error}") from error
    rules = compiler.build()
    known = load_rules()
    for rule in rules:
        name = dict(rule.metadata).get("id")
        if name not in known or known[name].engine != "yara":
            raise RulesInvalid(f"byte rule {rule.identifier!r} explains itself nowhere")
    return rules


def make_scanner() -> Any:
    """Return a scanner with its clock; made after the fork, because its clock is a thread of the process."""
    scanner = yara_x.Scanner(compile_rules())
    scanner.set_timeout(limits.YARA_FILE_SECONDS)
    scanner.max_matches_per_pattern(limits.YARA_MATCHES_PER_PATTERN)
    return scanner


def has_canary(scanner: Any) -> bool:
    """Say whether a known text is found."""
    return any(strike.rule_id == CANARY_RULE for strike in scan(CANARY, scanner=scanner))


def scan(data: bytes, *, scanner: Any) -> Iterator[Strike]:
    """Yield every rule that matches some bytes, in the order of the rules."""
    for rule in scanner.scan(data).matching_rules:
        meta = dict(rule.metadata)
        spans = {(match.offset, match.offset + match.length) for pattern in rule.patterns for match in pattern.matches}
        yield Strike(
            rule_id=str(meta["id"]),
            where=str(meta.get("where", "code")),
            check=str(meta.get("check", "")),
            spans=tuple(sorted(spans)),
        )


def look_at(source: Source, *, scanner: Any) -> list[Finding]:
    """Return the findings of one file, in its bytes and in its text where that says more."""
    raw = read_bytes(source.stored)
    text = None if source.text is None else source.text.encode("utf-8", "replace")
    findings: list[Finding] = []
    if raw is not None:
        findings += weigh(source, data=raw, scanner=scanner)
    if text is not None and (raw is None or text != raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")):
        findings += weigh(source, data=text, scanner=scanner)
    return findings


def read_bytes(stored: Path | None) -> bytes | None:
    """Return the unpacked bytes, None for a layer that never was a file; raises OSError."""
    return None if stored is None else stored.read_bytes()


def weigh(source: Source, *, data: bytes, scanner: Any) -> Iterator[Finding]:
    """Yield a finding for every rule that matches, as heavy as its place makes it."""
    lines: Lines | None = None
    prose: frozenset[int] = frozenset()
    for strike in scan(data, scanner=scanner):
        spans = [span for span in strike.spans if CHECKS[strike.check](data[span[0] : span[1]])]
        if not spans or (strike.where == "text" and source.kind not in TEXTUAL):
            continue
        if lines is None:
            lines = Lines(data.decode("latin-1").replace("\r\n", " \n"))
            prose = find_prose_lines(source, lines=lines)
        yield make_finding(source, strike=strike, spans=spans, lines=lines, prose=prose)


def make_finding(
    source: Source, *, strike: Strike, spans: list[tuple[int, int]], lines: Lines, prose: frozenset[int]
) -> Finding:
    """Return one finding at the first place that is no comment, or at the first of all."""
    places = [lines.line_at(start) for start, _ in spans]
    spoken = [line for line in places if line in prose]
    line = next((line for line in places if line not in prose), places[0])
    start, end = spans[places.index(line)]
    snippet = lines.quote(line) if source.kind in TEXTUAL else ""
    if strike.check == "is-random":
        found = lines.texts[line - 1]
        offset = start - lines.start_of(line)
        snippet = mask(found, secrets=[found[offset : offset + end - start]])
    rule = load_rules()[strike.rule_id]
    finding = rule.make_finding(path=source.path, line=source.line_in_file(line), snippet=snippet)
    place = place_of(source)
    if strike.where != "code":
        # Bytes that no honest file holds weigh the same everywhere but in documentation and tests.
        place = place if place is Place.PROSE or source.kind in (Kind.PYTHON, Kind.JAVASCRIPT) else Place.CODE
    # A rule needs several things at once: one of them in a comment does not clear the others.
    if place is Place.CODE and len(spoken) == len(places):
        place = Place.ASIDE
    return lower_finding(finding, place=place)


def is_foreign_address(found: bytes) -> bool:
    """Say whether a URL's address belongs to somebody else's machine."""
    match = ADDRESS.search(found.decode("ascii", "replace"))
    if match is None:
        return False
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    return match[0] not in RESOLVERS and not address.is_multicast and not any(address in block for block in LOCAL)


def is_random(found: bytes) -> bool:
    """Say whether a credential is more than a placeholder."""
    return not is_placeholder(found.decode("ascii", "replace"))


CHECKS: Final[dict[str, Callable[[bytes], bool]]] = {
    "": bool,
    "is-foreign-address": is_foreign_address,
    "is-random": is_random,
}
