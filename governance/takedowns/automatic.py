"""When the machine may contain a plugin before a person has looked: only as far as the playbook allows.
Pure rules; it never removes, and a person confirms or releases what it did."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.playbook import playbook
from plugins.runtime.ranges import ANY_VERSION

# What harms people who run it; who wrote it, or how it keeps the rules, can wait for a person.
HARMFUL = frozenset({"malware", "data_theft"})


@dataclass(frozen=True, slots=True)
class Voice:
    """One report: whose, from which mail domain and network, about which version (empty: all), and if trusted."""

    reporter_id: int | None
    domain: str
    network_digest: str
    number: str
    is_trusted: bool


def may_contain(*, bots: int, owners: int) -> bool:
    """Whether so small an impact may be left to the machine."""
    numbers = playbook().marketplace.takedowns
    return bots < numbers.automatic_below_bots and owners < numbers.automatic_below_users


def is_corroborated(category: str, *, voices: Collection[Voice], created_at: datetime, now: datetime) -> bool:
    """Whether enough independent reports, enough of them trusted, speak against a plugin young enough."""
    numbers = playbook().marketplace.takedowns
    return (
        category in HARMFUL
        and now - created_at < timedelta(days=numbers.young_plugin_days)
        and count_independent(voices) >= numbers.corroborating_reports
        and len({voice.reporter_id for voice in voices if voice.is_trusted}) >= numbers.trusted_reports
    )


def count_independent(voices: Collection[Voice]) -> int:
    """How many can be different people at most badly counted: by address, by mail domain and by network.

    Many addresses are cheap; so two of one domain, or two from one network, or from unknown ones, count once.
    """
    reporters = {voice.reporter_id for voice in voices if voice.reporter_id is not None}
    domains = {voice.domain for voice in voices}
    networks = {voice.network_digest for voice in voices}
    return min(len(reporters), len(domains), len(networks))


def reported_range(voices: Collection[Voice]) -> str:
    """The versions that all of them speak of: one if they agree on it, else all."""
    numbers = {voice.number for voice in voices}
    number = next(iter(numbers)) if len(numbers) == 1 else ""
    # A range compares by precedence, so build metadata says nothing in it.
    return f"=={number.partition('+')[0]}" if number else ANY_VERSION
