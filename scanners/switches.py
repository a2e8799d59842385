"""Says which engines run and what their word is worth: enabled, enforced, required, read from switches.toml.

A file that names an unknown engine or leaves one out is refused, so that no engine is off by a slip.
"""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from scanners.errors import RulesInvalid

FILE: Final = Path(__file__).resolve().parent / "switches.toml"
ENGINES: Final = (
    "sources", "flows", "bandit", "semgrep", "yara", "secrets", "texts", "prompts", "dependencies", "metadata",
    "permissions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Switch:
    """What one engine's word is worth."""

    is_enabled: bool
    is_enforced: bool
    is_required: bool


@cache
def load_switches(file: Path = FILE) -> dict[str, Switch]:
    """Return the switch of every engine; raises RulesInvalid."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))["engines"]
    if wrong := sorted(set(table) ^ set(ENGINES)):
        raise RulesInvalid(f"{file.name}: engine {wrong[0]!r} is unknown or missing")
    switches = {}
    for name in ENGINES:
        item = table[name]
        if set(item) != {"enabled", "enforced", "required"} or not all(isinstance(v, bool) for v in item.values()):
            raise RulesInvalid(f"{file.name}: engine {name!r} needs enabled, enforced and required, true or false")
        if item["required"] and not item["enabled"]:
            raise RulesInvalid(f"{file.name}: engine {name!r} is required but not enabled")
        switches[name] = Switch(item["enabled"], item["enforced"], item["required"])
    return switches


def switch_off(names: Collection[str]) -> dict[str, Switch]:
    """Return the switches with some engines neither run nor required: for measuring what each of them adds."""
    off = Switch(is_enabled=False, is_enforced=False, is_required=False)
    return {name: off if name in names else switch for name, switch in load_switches().items()}
