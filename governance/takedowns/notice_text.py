"""The words of every notice about a takedown: which plugin, which bots, what we did, what to do. No database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.takedowns.grounds import GROUNDS
from governance.takedowns.notice_words import Words

MOST_NAMES = 50
SECRETS = ("secrets", "environment")


@dataclass(frozen=True, slots=True)
class Matter:
    """What a notice is about: the plugin with its publisher, the versions, the ground's code, the moment.

    `exposed_since` is when it may have begun to do harm.
    """

    takedown: str
    plugin: str
    publisher: str
    versions: str
    grounds: str
    statement: str
    at: datetime
    exposed_since: datetime
    public_url: str
    contact: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What a plugin could reach: permissions by name as its manifests declare them, and what scans have seen it do."""

    declared: Mapping[str, tuple[str, ...]]
    observed: Mapping[str, tuple[str, ...]] | None


@dataclass(frozen=True, slots=True)
class OwnerText:
    """An owner's letter: what stands before and after the lines about their bots, and those lines by shape."""

    subject: str
    opening: str
    closing: str
    lines: Mapping[str, str]


def owner_text(matter: Matter, *, reach: Reach, words: Words) -> OwnerText:
    """For a bot's owner: one text for all of their bots."""
    fields = _fields(matter, words=words)
    closing = words.say(
        "owner",
        "closing",
        declared=_list_lines(describe_declared(reach.declared, words=words)),
        observed=_list_lines(describe_observed(reach.observed, words=words)),
        advice=_advise(reach, words=words),
        takedown=matter.takedown,
        public_url=matter.public_url,
        contact=matter.contact,
    )
    return OwnerText(
        subject=words.say("owner", "subject", **fields),
        opening=words.say("owner", "opening", **fields),
        closing=closing,
        lines={shape: words.sections["owner"][shape] for shape in ("running", "ended", "more")},
    )


def reinstated_text(matter: Matter, *, words: Words) -> tuple[str, str]:
    """For everyone who was told of the takedown: subject and body of the word that it is over."""
    fields = _fields(matter, words=words)
    return words.say("reinstated", "subject", **fields), words.say("reinstated", "body", **fields)


def publisher_text(matter: Matter, *, words: Words) -> tuple[str, str]:
    """The statement of reasons for the publisher (Regulation (EU) 2022/2065, Article 17): subject and body."""
    fields = _fields(matter, words=words)
    return words.say("publisher", "subject", **fields), words.say("publisher", "body", **fields)


def read_declared(manifests: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The permissions of several versions together; one that is given without names has none."""
    found: dict[str, dict[str, None]] = {}
    for manifest in manifests:
        permissions = manifest.get("permissions", {})
        for key in ("secrets", "environment", "user_data", "network"):
            if permissions.get(key):
                found.setdefault(key, {}).update(dict.fromkeys(permissions[key]))
        files = permissions.get("filesystem", "none")
        if files != "none":
            found.setdefault(f"files_{files}", {})
        if permissions.get("subprocess"):
            found.setdefault("subprocess", {})
    return {key: tuple(names) for key, names in found.items()}


def describe_declared(declared: Mapping[str, tuple[str, ...]], *, words: Words) -> list[str]:
    """What a plugin could reach by its own word, one line each, the gravest first."""
    lines = []
    for key in ("secrets", "environment", "user_data", "network", "files_write", "files_read", "subprocess"):
        if key not in declared:
            continue
        names = [_word(words, "user_data", name) if key == "user_data" else name for name in declared[key]]
        lines.append(words.say("declared", key, names=_join(names)))
    return lines or [words.say("declared", "nothing")]


def describe_observed(observed: Mapping[str, tuple[str, ...]] | None, *, words: Words) -> list[str]:
    """What scans have seen its code do; None when no scan was completed."""
    if observed is None:
        return [words.say("observed", "unknown")]
    lines = []
    for name, details in observed.items():
        text = words.sections["observed"].get(name, name.replace("-", " "))
        # A line that names things says less, but nothing wrong, when there is no name to give.
        shown = text if details else text.replace(": {names}", "")
        lines.append(shown.format(names=_join(details)))
    return lines or [words.say("observed", "nothing")]


def _advise(reach: Reach, *, words: Words) -> str:
    observed = reach.observed or {}
    names = dict.fromkeys(name for key in SECRETS for name in (*reach.declared.get(key, ()), *observed.get(key, ())))
    names.pop("*", None)
    if names:
        return words.say("owner", "rotate", names=_join(list(names)))
    reads_some = any(key in observed for key in (*SECRETS, "credential-stores"))
    return words.say("owner", "rotate_unnamed" if reads_some else "rotate_nothing")


def _fields(matter: Matter, *, words: Words) -> dict[str, str]:
    ground = GROUNDS[matter.grounds].public_text
    return {
        "plugin": matter.plugin,
        "publisher": matter.publisher,
        "versions": matter.versions,
        "ground": words.sections["grounds"].get(matter.grounds, ground),
        "statement": matter.statement,
        "at": words.say_date(matter.at),
        "exposed_since": f"{matter.exposed_since:%Y-%m-%d}",
        "public_url": matter.public_url,
    }


def _word(words: Words, section: str, key: str) -> str:
    return words.sections[section].get(key, key)


def _join(names: Sequence[str]) -> str:
    shown = ", ".join(" ".join(name.split()) for name in names[:MOST_NAMES])
    return f"{shown}, … (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else shown


def _list_lines(lines: Sequence[str]) -> str:
    return "\n".join(f"  - {line}" for line in lines)
