"""The judge: evidence and gaps in, a verdict and its arithmetic out."""

from dataclasses import replace

import pytest

from scanners.report import Confidence, EngineRun, EngineState, Finding, Severity, Verdict
from scanners.switches import ENGINES as NAMES
from scanners.switches import Switch, load_switches, switch_off
from scanners.verdict import UNREAD_TECHNIQUE, judge, worst_of

ENGINES = tuple(
    EngineRun(name=name, version="1", ruleset_digest="d", state=EngineState.OK, files_read=1, errors=(), seconds=0.1)
    for name in NAMES
)
WEAK = Finding(
    rule_id="r", engine="e", severity=Severity.LOW, confidence=Confidence.HIGH, path="a.py", line=1, end_line=1,
    title="t", why="w", fix="f", snippet="s", technique="one",
)  # fmt: skip
STRONG = replace(WEAK, severity=Severity.HIGH)
GRAVE = replace(WEAK, severity=Severity.CRITICAL)
PROOF = replace(WEAK, severity=Severity.CRITICAL, conclusive=True)


def verdict(*findings: Finding, engines: tuple[EngineRun, ...] = ENGINES, errors: tuple[str, ...] = ()) -> Verdict:
    return judge(findings, engines=engines, errors=errors).verdict


def test_nothing_found_by_engines_that_looked_is_clean() -> None:
    assert verdict() is Verdict.CLEAN


def test_weak_findings_stay_clean_however_many() -> None:
    assert verdict(*[replace(WEAK, line=line) for line in range(1, 500)]) is Verdict.CLEAN


def test_strong_finding_is_suspicious() -> None:
    assert verdict(STRONG) is Verdict.SUSPICIOUS


def test_two_strong_findings_of_one_technique_stay_suspicious() -> None:
    assert verdict(STRONG, replace(STRONG, line=2)) is Verdict.SUSPICIOUS


def test_grave_and_strong_technique_in_one_file_conclude() -> None:
    assert verdict(GRAVE, replace(STRONG, technique="two")) is Verdict.MALICIOUS


def test_two_strong_techniques_without_a_grave_one_do_not_conclude() -> None:
    assert verdict(STRONG, replace(STRONG, technique="two")) is Verdict.SUSPICIOUS


def test_grave_and_strong_technique_in_two_files_do_not_conclude() -> None:
    assert verdict(GRAVE, replace(STRONG, technique="two", path="b.py")) is Verdict.SUSPICIOUS


def test_act_that_is_hidden_in_the_same_file_concludes() -> None:
    hidden, act = replace(STRONG, technique="hidden-text"), replace(STRONG, technique="reverse-shell")
    assert verdict(hidden, act) is Verdict.MALICIOUS
    assert verdict(hidden, replace(act, path="b.py")) is Verdict.SUSPICIOUS


def test_what_is_fetched_and_arranges_to_stay_concludes() -> None:
    stays, brings = replace(STRONG, technique="persistence"), replace(STRONG, technique="download-and-execute")
    assert verdict(stays, brings) is Verdict.MALICIOUS
    assert verdict(stays, replace(brings, path="b.py")) is Verdict.SUSPICIOUS
    assert verdict(stays, replace(brings, technique="host-fingerprint")) is Verdict.SUSPICIOUS


def test_weak_hiding_or_another_technique_does_not_conclude() -> None:
    act = replace(STRONG, technique="reverse-shell")
    assert verdict(replace(WEAK, technique="hiding"), act) is Verdict.SUSPICIOUS
    assert verdict(replace(STRONG, technique="hiding"), replace(STRONG, technique="two")) is Verdict.SUSPICIOUS


def test_unread_file_beside_a_grave_finding_does_not_conclude() -> None:
    assert verdict(GRAVE, replace(STRONG, technique=UNREAD_TECHNIQUE)) is Verdict.INCOMPLETE


def test_engine_that_is_not_enforced_weighs_nothing_and_is_shown() -> None:
    shadow = {**load_switches(), "yara": Switch(is_enabled=True, is_enforced=False, is_required=True)}
    judgement = judge((replace(PROOF, engine="yara"),), engines=ENGINES, errors=(), switches=shadow)
    assert (judgement.verdict, judgement.score) == (Verdict.CLEAN, 0)
    assert "0 for 1 findings of engines that are not enforced" in judgement.explanation


def test_engine_that_is_not_required_may_fail() -> None:
    runs = (*ENGINES[1:], replace(ENGINES[0], state=EngineState.FAILED))
    assert judge((), engines=runs, errors=(), switches=switch_off([ENGINES[0].name])).verdict is Verdict.CLEAN


def test_conclusive_chain_is_malicious() -> None:
    assert verdict(PROOF) is Verdict.MALICIOUS


def test_critical_finding_that_is_not_conclusive_is_not_malicious() -> None:
    assert verdict(replace(PROOF, conclusive=False)) is Verdict.SUSPICIOUS


@pytest.mark.parametrize("state", [state for state in EngineState if state is not EngineState.OK])
def test_engine_that_did_not_finish_is_never_clean(state: EngineState) -> None:
    assert verdict(engines=(*ENGINES[1:], replace(ENGINES[0], state=state))) is Verdict.INCOMPLETE


def test_engine_with_an_error_is_never_clean() -> None:
    assert verdict(engines=(*ENGINES[1:], replace(ENGINES[0], errors=("a.py: not read",)))) is Verdict.INCOMPLETE


@pytest.mark.parametrize("missing", NAMES)
def test_scan_without_one_of_the_engines_is_never_clean(missing: str) -> None:
    assert verdict(engines=tuple(run for run in ENGINES if run.name != missing)) is Verdict.INCOMPLETE


def test_error_is_never_clean() -> None:
    assert verdict(errors=("archive: archive_symlink",)) is Verdict.INCOMPLETE


def test_unread_content_is_never_clean() -> None:
    assert verdict(replace(WEAK, severity=Severity.INFO, technique=UNREAD_TECHNIQUE)) is Verdict.INCOMPLETE


def test_broken_file_does_not_soften_proof() -> None:
    assert verdict(PROOF, errors=("b.py: not read",)) is Verdict.MALICIOUS


def test_score_is_the_sum_of_the_heaviest_of_each_technique() -> None:
    judgement = judge(
        (STRONG, replace(STRONG, line=2), replace(WEAK, technique="two", confidence=Confidence.MEDIUM)),
        engines=ENGINES,
        errors=(),
    )
    assert judgement.score == 43
    assert "40 one: r at a.py:1 (high, confidence high)" in judgement.explanation
    assert "3 two: r at a.py:1 (low, confidence medium)" in judgement.explanation


def test_order_of_findings_does_not_matter() -> None:
    findings = (STRONG, PROOF, replace(WEAK, technique="two"), replace(STRONG, path="b.py"))
    assert judge(findings, engines=ENGINES, errors=()) == judge(findings[::-1], engines=ENGINES, errors=())


def test_worst_of_many_is_the_worst() -> None:
    assert worst_of([Verdict.CLEAN, Verdict.INCOMPLETE, Verdict.SUSPICIOUS]) is Verdict.INCOMPLETE
    assert worst_of([Verdict.INCOMPLETE, Verdict.MALICIOUS]) is Verdict.MALICIOUS
    assert worst_of([]) is Verdict.INCOMPLETE
