"""Versions with evidence, reviews and installations for the desk's tests, written through the code production uses."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client

from governance.flows.submission import ask_reviewer
from governance.reviews.models import Review
from governance.screening.actions import claim_scan, record_report
from governance.screening.routing import Route, Routing
from plugins.installations import record_installation
from plugins.lifecycle import move_version
from plugins.models import Version
from scanners.report import (
    Capability,
    Confidence,
    EngineRun,
    EngineState,
    FileRecord,
    Finding,
    Kind,
    ScanReport,
    Severity,
    Verdict,
)
from tests.samples.factories import BotActor, PublisherActor, make_person, make_published, make_version

SignIn = Callable[[User], Client]

SNIPPET = "exec(base64.b64decode(payload))  # start"


def make_colleague(username: str, *, role: str) -> User:
    """A staff account with one role and nothing else."""
    person = make_person(username, permissions=())
    person.groups.add(Group.objects.get(name=role))
    return person


def make_finding(
    *,
    severity: Severity = Severity.HIGH,
    path: str = "greeter.py",
    title: str = "Runs decoded text",
    snippet: str = SNIPPET,
    line: int = 7,
    why: str = "Whatever the text says is run.",
    trace: Sequence[str] = (),
) -> Finding:
    """One finding of an engine."""
    return Finding(
        rule_id="nexus.python.exec-of-decoded",
        engine="semgrep",
        severity=severity,
        confidence=Confidence.HIGH,
        path=path,
        line=line,
        end_line=line,
        title=title,
        why=why,
        fix="Import the code under its name.",
        snippet=snippet,
        technique="code_execution",
        trace=tuple(trace),
    )


def make_report(
    version: Version, *, findings: Sequence[Finding], verdict: Verdict, capabilities: Sequence[Capability] = ()
) -> ScanReport:
    """A complete report about a version."""
    run = EngineRun(
        name="semgrep",
        version="1.182.0",
        ruleset_digest="0" * 64,
        state=EngineState.OK,
        files_read=1,
        errors=(),
        seconds=1.5,
        files_prefiltered=1,
    )
    return ScanReport(
        artifact_sha256=version.artifact_id,
        verdict=verdict,
        score=42,
        explanation=("one high finding of high confidence counts 42", "42 of 40 makes it suspicious"),
        findings=tuple(findings),
        files=(FileRecord("greeter.py", "1" * 64, 60, Kind.PYTHON),),
        engines=(run,),
        errors=(),
        ruleset_digest="2" * 64,
        seconds=1.5,
        capabilities=tuple(capabilities),
        sandbox=("landlock 5", "seccomp"),
    )


@transaction.atomic
def scan_version(
    version: Version,
    *,
    now: datetime,
    findings: Sequence[Finding] | None = None,
    verdict: Verdict = Verdict.SUSPICIOUS,
    has_report: bool = True,
    capabilities: Sequence[Capability] = (),
) -> None:
    """Record a scan of a submitted version that asks for a person."""
    move_version(
        version.pk,
        to=Version.Status.SCANNING,
        actor="machine",
        cause="scan",
        request_id="test-request",
        now=now,
    )
    claim = claim_scan(version.pk, cause="submission", request_id="test-request", now=now)
    assert claim is not None
    found = [make_finding()] if findings is None else findings
    report = make_report(version, findings=found, verdict=verdict, capabilities=capabilities) if has_report else None
    routing = Routing(Route.REVIEW, "findings", "The scan found something that a person has to judge.")
    assert record_report(claim, report=report, routing=routing, ruleset_digest="2" * 64, now=now)


@transaction.atomic
def open_review(version: Version, *, now: datetime, cause: str = "findings", route: Route = Route.REVIEW) -> Review:
    """Send a scanned version to a person."""
    move_version(
        version.pk,
        to=Version.Status.IN_REVIEW,
        actor="machine",
        cause="review",
        request_id="test-request",
        now=now,
    )
    routing = Routing(route, cause, "The scan found something that a person has to judge.")
    return Review.objects.get(pk=ask_reviewer(version, routing=routing, now=now))


def make_review(
    publisher: PublisherActor,
    *,
    now: datetime,
    name: str = "greeter",
    number: str = "1.0.0",
    archive: bytes | None = None,
    findings: Sequence[Finding] | None = None,
    capabilities: Sequence[Capability] = (),
    route: Route = Route.REVIEW,
) -> Review:
    """A version with findings, waiting for a person."""
    version = make_version(publisher, now=now, name=name, number=number, archive=archive)
    scan_version(version, now=now, findings=findings, capabilities=capabilities)
    return open_review(version, now=now, route=route)


@transaction.atomic
def make_running(
    publisher: PublisherActor, bots: Sequence[BotActor], *, now: datetime, name: str = "greeter"
) -> Version:
    """A published version that these bots run."""
    version = make_published(publisher, now=now, name=name)
    for bot in bots:
        record_installation(bot.bot, version=version, at=now, now=now)
    return version
