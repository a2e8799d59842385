"""The samples of every technique: each positive needs a person, and no honest neighbour is called malicious."""

import re
import tomllib
from collections import Counter

import pytest

from scanners import ScanReport
from scanners.report import Verdict
from scanners.scan import Options, scan_artifacts
from tests.samples.technique_samples import FOLDER, Sample, read_samples

SAMPLES = read_samples()
KNOWN = tomllib.loads((FOLDER.parent / "technique_misses.toml").read_text(encoding="utf-8"))
POSITIVES = [sample for sample in SAMPLES if sample.is_positive]
NEAR_MISSES = [sample for sample in SAMPLES if not sample.is_positive]
TECHNIQUES = 43
WORKERS = 2
# Their names alone are what two techniques are known by; nothing is ever sent there.
NAMED = {"discord.com", "api.telegram.org", "webhook.site", "placeholder.oast.fun"}
DOCUMENTATION = re.compile(r"^192\.0\.2\.\d+$")
HOST = re.compile(rb"""(?:https?|stratum\+tcp|git\+ssh|wss?)://(?:[^/@\s"'`]+@)?([\w.-]+\.[\w.-]*\w)""")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ScanReport]:
    """Scan all samples in two batches: those with a manifest against it, the others without."""
    folder = tmp_path_factory.mktemp("samples")
    found: dict[str, ScanReport] = {}
    for needs_manifest in (True, False):
        batch = [sample for sample in SAMPLES if sample.needs_manifest is needs_manifest]
        paths = [sample.write(folder) for sample in batch]
        scans = scan_artifacts(paths, options=Options(needs_manifest=needs_manifest), workers=WORKERS)
        found.update(zip([sample.title for sample in batch], scans, strict=True))
    return found


def test_every_positive_needs_a_person(reports: dict[str, ScanReport]) -> None:
    missed = {sample.title for sample in POSITIVES if reports[sample.title].verdict is Verdict.CLEAN}

    assert missed == set(KNOWN["missed"])


def test_no_honest_neighbour_is_called_malicious(reports: dict[str, ScanReport]) -> None:
    mistaken = {sample.title for sample in NEAR_MISSES if reports[sample.title].verdict is Verdict.MALICIOUS}

    assert mistaken == set(KNOWN["mistaken"])


def test_most_honest_neighbours_are_clean(reports: dict[str, ScanReport]) -> None:
    clean = [sample for sample in NEAR_MISSES if reports[sample.title].verdict is Verdict.CLEAN]

    assert len(clean) >= 0.8 * len(NEAR_MISSES)


def test_every_technique_has_one_positive_and_two_near_misses() -> None:
    positives = Counter(sample.technique for sample in POSITIVES)
    near_misses = Counter(sample.technique for sample in NEAR_MISSES)

    assert sorted(int(name.partition("-")[0]) for name in positives) == list(range(1, TECHNIQUES + 1))
    assert {name: near_misses[name] for name in positives if near_misses[name] < 2} == {}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_every_sample_names_only_hosts_that_do_not_exist(sample: Sample) -> None:
    hosts = {host.decode().casefold() for host in HOST.findall(sample.text)}

    strangers = {host for host in hosts - NAMED if not DOCUMENTATION.match(host)}
    assert {host for host in strangers if not f".{host}".endswith(".example.invalid")} == set()
