"""Ada's manifest is right until one permission is taken out of it: the engine names that one, and no other."""

from pathlib import Path

import pytest

from tests.quality.permissions import Mutations, measure_deletions
from tests.samples.honest_plugins import delete_each, make_plugins, read_plugins

WORKERS = 2
EXACT = 0.99


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Mutations:
    return measure_deletions(tmp_path_factory.mktemp("made"), workers=WORKERS)


def test_each_deleted_permission_is_missed_by_name(measured: Mutations) -> None:
    wrong = [mutation for mutation in measured.mutations if not mutation.is_exact]

    assert len(wrong) <= (1 - EXACT) * len(measured.mutations), wrong


def test_nothing_is_missed_in_a_right_manifest(measured: Mutations) -> None:
    assert measured.spurious == ()


def test_committed_plugins_are_judged_as_the_made_ones_are(tmp_path: Path) -> None:
    measured = measure_deletions(tmp_path, workers=WORKERS, plugins=read_plugins())

    assert measured.spurious == ()
    # What another program does with files is seen as a program that is started, and as nothing else.
    by_others = {("repository-status", "filesystem"), ("thumbnail-maker", "filesystem")}
    assert {(m.plugin, m.key) for m in measured.mutations if not m.is_exact} <= by_others


def test_made_plugins_need_every_kind_of_permission_in_both_languages() -> None:
    plugins = make_plugins()
    kinds = {(plugin.runtime, deletion.key) for plugin in plugins for deletion in delete_each(plugin.permissions)}

    assert len(plugins) >= 60
    assert {key for runtime, key in kinds if runtime == "javascript"} - {"user_data"} == {
        key for runtime, key in kinds if runtime == "python"
    }
