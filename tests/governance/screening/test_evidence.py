"""A report is stored bounded and storable, says what was left out, and reports of old still load."""

from dataclasses import replace
from datetime import datetime

import pytest

from governance.flows.submission import screen_version
from governance.screening.evidence import MOST_FINDINGS, MOST_STEPS, STEP_CHARACTERS, make_evidence
from governance.screening.models import Finding, Scan
from scanners.report import Capability, EngineRun, EngineState, ScanReport, Severity, Verdict
from tests.samples.engines import FakeEngine, make_finding, make_report
from tests.samples.factories import PublisherActor, make_version

# As the first engine wrote it: no trace, content type, prefilter, capabilities or layers.
REPORT_OF_OLD = {
    "artifact_sha256": "0" * 64,
    "verdict": "suspicious",
    "score": 40,
    "explanation": ["one high finding of high confidence counts 40"],
    "findings": [
        {
            "rule_id": "exec-of-text", "engine": "semgrep", "severity": "high", "confidence": "high", "path": "a.py",
            "line": 1, "end_line": 1, "title": "Runs text", "why": "Why.", "fix": "Fix.", "snippet": "exec(x)",
            "technique": "dynamic_code", "conclusive": False,
        }
    ],
    "files": [{"path": "a.py", "sha256": "1" * 64, "size": 60, "kind": "python"}],
    "engines": [
        {
            "name": "semgrep", "version": "1.182.0", "ruleset_digest": "2" * 64, "state": "ok", "files_read": 1,
            "errors": [], "seconds": 1.5,
        }
    ],
    "errors": [],
    "ruleset_digest": "3" * 64,
    "seconds": 2.0,
}  # fmt: skip


def test_report_of_old_loads_with_the_new_fields_empty() -> None:
    report = ScanReport.from_dict(REPORT_OF_OLD)
    assert report.findings[0].trace == ()
    assert report.engines[0].files_prefiltered == 0
    assert (report.capabilities, report.sandbox, report.files[0].content_type) == ((), (), "")
    assert ScanReport.from_dict(report.to_dict()) == report


def test_ordinary_report_is_stored_as_it_is() -> None:
    report = make_report(Verdict.SUSPICIOUS, findings=[replace(make_finding(), trace=("os.environ", "requests.post"))])
    report = replace(
        report,
        capabilities=(Capability("network", ("api.example.invalid",), ("a.py:3",), ("import",)),),
        sandbox=("seccomp",),
        engines=(EngineRun("yara", "1", "0" * 64, EngineState.OK, 3, (), 0.1, files_prefiltered=2),),
    )
    assert make_evidence(report) == report


def test_flood_of_findings_keeps_the_gravest_and_says_how_many_are_gone() -> None:
    flood = [make_finding(severity=Severity.LOW, path=f"m{number}.py") for number in range(MOST_FINDINGS + 50)]
    grave = make_finding("grave", severity=Severity.HIGH)
    certain = replace(make_finding("certain", severity=Severity.CRITICAL), conclusive=True)
    report = make_report(Verdict.MALICIOUS, findings=[*flood, grave, certain])

    evidence = make_evidence(report)

    assert len(evidence.findings) == MOST_FINDINGS
    assert {grave, certain} <= {*evidence.findings}
    assert evidence.verdict is Verdict.MALICIOUS
    assert evidence.explanation[-1].startswith("52 further findings")
    assert make_evidence(report) == evidence == make_evidence(evidence)


def test_long_trace_keeps_its_start_and_its_end() -> None:
    steps = tuple(f"step {number} {'x' * STEP_CHARACTERS}" for number in range(100))
    evidence = make_evidence(make_report(Verdict.SUSPICIOUS, findings=[replace(make_finding(), trace=steps)]))
    trace = evidence.findings[0].trace
    assert len(trace) == MOST_STEPS + 1
    assert (trace[0][:6], trace[-1][:7]) == ("step 0", "step 99")
    assert max(map(len, trace)) <= STEP_CHARACTERS + 1


@pytest.mark.django_db
def test_text_no_database_takes_does_not_stop_the_settling(
    ada: PublisherActor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    odd = replace(make_finding(path="a\x00b.py"), snippet="\ud800 x", trace=("\x00 from", "\udcff to"))
    engine.finds(Verdict.SUSPICIOUS, odd)
    monkeypatch.setattr("governance.flows.submission.scan_artifact", engine)
    version = make_version(ada, now=now)

    screen_version(version.pk, clock=lambda: now)

    row = Finding.objects.get()
    assert (row.path, row.snippet, row.trace) == ("a\ufffdb.py", "\ufffd x", ["\ufffd from", "\ufffd to"])
    assert Scan.objects.get().state == Scan.State.COMPLETE
