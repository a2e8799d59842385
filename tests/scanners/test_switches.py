"""No engine is off by a slip, and one whose word does not count cannot clear or condemn."""

from pathlib import Path

import pytest

from scanners.errors import RulesInvalid
from scanners.switches import ENGINES, FILE, load_switches, switch_off


def test_every_engine_runs_counts_and_is_needed() -> None:
    assert all(s.is_enabled and s.is_enforced and s.is_required for s in load_switches().values())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bandit = {", "bandits = {"),
        ("bandit = { enabled = true", "bandit = { enabled = false"),
        ("bandit = { enabled = true", 'bandit = { enabled = "yes"'),
        ("bandit = { enabled = true, ", "bandit = { "),
    ],
)
def test_unclear_switch_is_refused(old: str, new: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "switches.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RulesInvalid):
        load_switches(file)


def test_engine_left_out_is_neither_run_nor_needed() -> None:
    switches = switch_off(["yara"])
    assert not switches["yara"].is_enabled
    assert not switches["yara"].is_required
    assert all(switches[name].is_enabled for name in ENGINES if name != "yara")
