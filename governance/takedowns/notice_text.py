"""The words of every notice about a takedown: which plugin, which bots, what we did, what to do. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

BOTS_LISTED = 200


@dataclass(frozen=True, slots=True)
class Matter:
    """What a notice is about: the plugin with its publisher, the versions, the ground's sentence, the moment."""

    plugin: str
    publisher: str
    versions: str
    ground_text: str
    statement: str
    at: datetime
    public_url: str


@dataclass(frozen=True, slots=True)
class AffectedBot:
    """One bot of the person addressed: its name, the version it runs or ran, and whether it still did."""

    name: str
    version: str
    is_running: bool


def owner_subject(matter: Matter) -> str:
    return f"Plugin {matter.plugin} was switched off in your bots"


def owner_body(matter: Matter, *, bots: Sequence[AffectedBot], reach: Sequence[str]) -> str:
    """For a bot's owner: one text for all of their bots."""
    reachable = "\n".join(f"  - {line}" for line in reach) or "  - nothing beyond the bot's own messages"
    return (
        f"The plugin {matter.plugin} by {matter.publisher} (versions {matter.versions}) was taken down on "
        f"{matter.at:%d %B %Y at %H:%M} UTC, because {matter.ground_text}.\n\n"
        f"Your bots that run it, or ran it while it may have done harm:\n{_list_bots(bots)}\n\n"
        "What we did: we ordered it off in every bot that runs it. It cannot be loaded or installed again "
        "while the takedown stands.\n\n"
        f"What it could reach, by the permissions it declared:\n{reachable}\n\n"
        "What you should do: replace every secret named above, and look through your bots' recent messages. "
        "You need not remove the plugin yourself.\n\n"
        f"Where it stands, and how to ask: {matter.public_url}\n"
    )


def reinstated_subject(matter: Matter) -> str:
    return f"Plugin {matter.plugin} is allowed again"


def reinstated_body(matter: Matter) -> str:
    """For everyone who was told of the takedown: it is over."""
    return (
        f"The takedown of the plugin {matter.plugin} by {matter.publisher} (versions {matter.versions}) was lifted on "
        f"{matter.at:%d %B %Y at %H:%M} UTC. Bots in which we switched it off switch it on again by themselves.\n\n"
        f"Why: {matter.statement}\n\n"
        f"We are sorry for the interruption. Where it stands, and how to ask: {matter.public_url}\n"
    )


def publisher_subject(matter: Matter) -> str:
    return f"Your plugin {matter.plugin} was contained"


def publisher_body(matter: Matter) -> str:
    """The statement of reasons for the publisher (Regulation (EU) 2022/2065, Article 17)."""
    return (
        f"Versions {matter.versions} of your plugin {matter.plugin} were contained on "
        f"{matter.at:%d %B %Y at %H:%M} UTC: they are not offered, and are switched off in every bot.\n\n"
        f"Ground: {matter.ground_text}.\nFacts: {matter.statement}\n"
        "Containment is reversible. You may appeal by answering this message, "
        "for at least six months.\n\n"
        f"Where it stands: {matter.public_url}\n"
    )


def describe_reach(manifest: dict[str, Any]) -> list[str]:
    """What a plugin could reach, from the permissions it declared, one line each."""
    permissions = manifest.get("permissions", {})
    lines = []
    for key, text in (
        ("secrets", "the secrets"),
        ("environment", "the environment variables"),
        ("user_data", "your users' data:"),
        ("network", "the hosts"),
    ):
        if permissions.get(key):
            lines.append(f"{text} {', '.join(permissions[key])}")
    if permissions.get("filesystem", "none") != "none":
        lines.append(f"files of the bot ({permissions['filesystem']})")
    if permissions.get("subprocess"):
        lines.append("other programs on the bot's machine")
    return lines


def _list_bots(bots: Sequence[AffectedBot]) -> str:
    lines = [
        f"  - {bot.name} (version {bot.version}, {'running' if bot.is_running else 'no longer running'})"
        for bot in bots[:BOTS_LISTED]
    ]
    if len(bots) > BOTS_LISTED:
        lines.append(f"  - and {len(bots) - BOTS_LISTED} more")
    return "\n".join(lines)
