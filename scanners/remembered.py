"""Splits files into what a cache already knows about them and what an engine still has to look at.

Pure: it opens no file and no cache. An entry that does not read as ours counts as not there.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scanners.engines.hits import Hit
from scanners.rules import Rule


@dataclass(frozen=True, slots=True)
class FileKey:
    """One file as a cache knows it.

    `name` tells it apart in one run, `key` is that of its entry, `groups` the digest of every group of rules that
    applies. An engine whose rules run as one has one group; semgrep has a group for each rule.
    """

    name: str
    key: str
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Split:
    """Hits that are known, by file, and the groups that must still run, by file; a file with none is absent."""

    hits: dict[str, tuple[Hit, ...]]
    to_run: dict[str, frozenset[str]]


def split_cached(files: Sequence[FileKey], entries: Mapping[str, bytes]) -> Split:
    """Return what the entries know about the files, and what they do not."""
    hits: dict[str, tuple[Hit, ...]] = {}
    to_run: dict[str, frozenset[str]] = {}
    for file in files:
        known = read_entry(entries.get(file.key, b""))
        hits[file.name] = tuple(hit for digest in file.groups.values() for hit in known.get(digest, ()))
        if missing := frozenset(group for group, digest in file.groups.items() if digest not in known):
            to_run[file.name] = missing
    return Split(hits=hits, to_run=to_run)


def make_entry(file: FileKey, *, old: bytes, hits: Mapping[str, Iterable[Hit]], ran: Collection[str]) -> bytes:
    """Return the entry of a file once the groups `ran` have run on it without any error.

    `hits` are those of each group. What `old` knows of other groups that still apply is kept.
    """
    known = read_entry(old)
    rows = {digest: known[digest] for digest in file.groups.values() if digest in known}
    rows |= {file.groups[group]: tuple(hits.get(group, ())) for group in ran}
    document = {digest: [[hit.rule_id, hit.line, hit.end_line] for hit in items] for digest, items in rows.items()}
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def read_entry(content: bytes) -> dict[str, tuple[Hit, ...]]:
    """Return the hits of each group by its digest; nothing for content that is not an entry."""
    try:
        return {
            str(digest): tuple(Hit(str(rule_id), int(line), int(end_line)) for rule_id, line, end_line in items)
            for digest, items in json.loads(content or b"{}").items()
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def digest_rule(rule: Rule) -> str:
    """Return a digest over what decides where a rule matches; a new title or weight looks at no file again."""
    parts = [rule.id, rule.languages, rule.needs, rule.when, rule.codes, rule.pattern, rule.semgrep, rule.flow]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def digest_rules(rules: Iterable[Rule]) -> str:
    """Return one digest over a group of rules, whatever their order."""
    return hashlib.sha256("".join(sorted(map(digest_rule, rules))).encode()).hexdigest()


@cache
def digest_engine(version: str, *files: Path) -> str:
    """Return a digest over an engine's own code and the version of what it calls; raises OSError."""
    digest = hashlib.sha256(version.encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
