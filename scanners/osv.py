"""Looks a dependency up among OSV records of malicious releases in a local directory. Reaches no network.

A directory that was asked for and cannot be read is an error, never an empty list.
"""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from scanners import limits
from scanners.declared import read_table, read_text
from scanners.errors import RecordsUnreadable
from scanners.lookalikes import Ecosystem, normalise_name

VARIABLE = "NEXUS_OSV_DIR"
SAFE_NAME = re.compile(r"^(@[a-z0-9~][\w.~-]*/)?[\w~][\w.~-]*$")


@dataclass(frozen=True, slots=True)
class Span:
    """Affected versions from `introduced` ("0": the first) to before `fixed`, or to `last`; open without both."""

    introduced: str
    fixed: str = ""
    last: str = ""

    @property
    def is_everything(self) -> bool:
        """Say whether no version is left out."""
        return self.introduced == "0" and not self.fixed and not self.last

    def holds(self, version: str) -> bool:
        """Say whether a version lies in the span; one that cannot be compared does not."""
        if self.is_everything:
            return True
        try:
            wanted = Version(version)
            starts = self.introduced == "0" or wanted >= Version(self.introduced)
            ends = not self.fixed or wanted < Version(self.fixed)
            return starts and ends and (not self.last or wanted <= Version(self.last))
        except InvalidVersion:
            return False


@dataclass(frozen=True, slots=True)
class Malice:
    """One record about one name: which versions are malicious."""

    id: str
    ecosystem: Ecosystem
    name: str
    versions: frozenset[str]
    spans: tuple[Span, ...]

    @property
    def is_everything(self) -> bool:
        """Say whether every version is malicious; a record that lists none means all."""
        return any(span.is_everything for span in self.spans) or not (self.versions or self.spans)

    def holds(self, version: str) -> bool:
        """Say whether this exact version is malicious."""
        return self.is_everything or version in self.versions or any(span.holds(version) for span in self.spans)


def find_malice(name: str, *, ecosystem: Ecosystem, directory: Path | None = None) -> tuple[Malice, ...]:
    """Return the records about a name; none when no directory is set. Raises RecordsUnreadable."""
    root = directory or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    wanted = normalise_name(name, ecosystem=ecosystem)
    if root is None or not SAFE_NAME.match(wanted):
        return ()
    index = load_records(root)
    return index.get((ecosystem, wanted), ())


@cache
def load_records(root: Path) -> dict[tuple[Ecosystem, str], tuple[Malice, ...]]:
    """Return every record below a directory by ecosystem and name, read once. Raises RecordsUnreadable."""
    if not root.is_dir():
        raise RecordsUnreadable(f"{VARIABLE}: no such directory")
    index: dict[tuple[Ecosystem, str], list[Malice]] = {}
    for number, path in enumerate(sorted(root.rglob("*.json"))):
        if number >= limits.OSV_RECORDS:
            raise RecordsUnreadable(f"{VARIABLE}: more than {limits.OSV_RECORDS} records")
        for malice in read_record(path):
            index.setdefault((malice.ecosystem, malice.name), []).append(malice)
    return {key: tuple(found) for key, found in index.items()}


def read_record(path: Path) -> tuple[Malice, ...]:
    """Return what one record says of each name; nothing when it was withdrawn. Raises RecordsUnreadable."""
    try:
        if path.stat().st_size > limits.OSV_RECORD_BYTES:
            raise RecordsUnreadable(f"{path.name}: over {limits.OSV_RECORD_BYTES} bytes")
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RecordsUnreadable(f"{path.name}: {type(error).__name__}") from error
    if not isinstance(record, dict) or record.get("withdrawn"):
        return ()
    affected = record.get("affected")
    entries = affected if isinstance(affected, list) else []
    made = (make_malice(entry, name=read_text(record, "id")) for entry in entries if isinstance(entry, dict))
    return tuple(malice for malice in made if malice is not None)


def make_malice(entry: dict[str, Any], *, name: str) -> Malice | None:
    """Return what one entry of `affected` says; None for ecosystems whose installers run no plugin."""
    affected = read_table(entry, "package")
    ecosystem = ecosystem_of(read_text(affected, "ecosystem"))
    if ecosystem is None:
        return None
    versions, ranges = entry.get("versions"), entry.get("ranges")
    return Malice(
        id=name,
        ecosystem=ecosystem,
        name=normalise_name(read_text(affected, "name"), ecosystem=ecosystem),
        versions=frozenset(str(version) for version in versions) if isinstance(versions, list) else frozenset(),
        spans=tuple(
            span
            for item in (ranges if isinstance(ranges, list) else [])
            if isinstance(item, dict) and item.get("type") != "GIT"
            for span in read_spans(item.get("events"))
        ),
    )


def ecosystem_of(text: str) -> Ecosystem | None:
    """Return whose ecosystem a record names (OSV schema, `affected[].package.ecosystem`)."""
    folded = text.partition(":")[0].casefold()
    return Ecosystem.PYTHON if folded.startswith("py") else Ecosystem.JAVASCRIPT if folded == "npm" else None


def read_spans(events: Any) -> tuple[Span, ...]:
    """Return the spans of one range from its events, in their order."""
    spans: list[Span] = []
    for event in events if isinstance(events, list) else []:
        if not isinstance(event, dict):
            continue
        if "introduced" in event:
            spans.append(Span(introduced=str(event["introduced"])))
        elif spans and ("fixed" in event or "last_affected" in event):
            spans[-1] = Span(spans[-1].introduced, str(event.get("fixed", "")), str(event.get("last_affected", "")))
    return tuple(spans)
