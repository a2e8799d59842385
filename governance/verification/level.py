"""The rule of trust: which live attestations make which level. No database."""

from collections.abc import Collection
from enum import StrEnum


class Level(StrEnum):
    UNVERIFIED = "unverified"
    REGISTERED = "registered"
    VERIFIED = "verified"


def derive_level(live_kinds: Collection[str]) -> Level:
    """A person's word on identity counts only on top of a confirmed e-mail address."""
    if "email" not in live_kinds:
        return Level.UNVERIFIED
    return Level.VERIFIED if "identity" in live_kinds else Level.REGISTERED
