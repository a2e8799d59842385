"""Writes reports as SARIF 2.1.0 (OASIS), for code-scanning pages and editors. Leaves out no finding and no error.

Equal reports give equal documents: nothing in them depends on the clock or the machine.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from scanners.report import EXIT_CODES, Confidence, EngineState, Finding, ScanReport, Severity, Verdict
from scanners.rules import Rule, load_rules, ruleset_digest
from scanners.verdict import points_of

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TOOL: Final = "Nexus scanners"
TAXONOMY: Final = "MITRE ATT&CK"
LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# The middle of the band that readers of SARIF sort by, after CVSS.
SECURITY_SEVERITIES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
PRECISIONS: Final = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}


def to_sarif(reports: Sequence[tuple[str, ScanReport]]) -> dict[str, Any]:
    """Return one SARIF log with one run over all reports, each given with the path that was scanned."""
    rules = list(load_rules().values())
    places = {rule.id: position for position, rule in enumerate(rules)}
    techniques = sorted({technique for rule in rules for technique in rule.attack})
    artifacts: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for path, report in reports:
        indexes = add_artifacts(artifacts, path=path, report=report)
        results += make_results(report, path=path, indexes=indexes, places=places)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": TOOL,
                "version": ruleset_digest()[:12],
                "rules": [make_rule(rule, techniques=techniques) for rule in rules],
                "supportedTaxonomies": [{"name": TAXONOMY, "index": 0}],
                "properties": {"rulesetDigest": ruleset_digest()},
            }
        },
        "taxonomies": [
            {"name": TAXONOMY, "organization": "MITRE", "taxa": [{"id": technique} for technique in techniques]}
        ],
        "columnKind": "unicodeCodePoints",
        "invocations": [make_invocation(report, path=path) for path, report in reports],
        "artifacts": artifacts,
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def make_rule(rule: Rule, *, techniques: list[str]) -> dict[str, Any]:
    """Return one rule as a reporting descriptor."""
    references = "; ".join(rule.references)
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why} {rule.fix}" + (f" References: {references}." if references else ""),
            "markdown": f"{rule.why}\n\n**Fix:** {rule.fix}"
            + (f"\n\n**References:** {references}" if references else ""),
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "relationships": [
            {
                "target": {
                    "id": technique,
                    "index": techniques.index(technique),
                    "toolComponent": {"name": TAXONOMY, "index": 0},
                },
                "kinds": ["relevant"],
            }
            for technique in sorted(set(rule.attack))
        ],
        "properties": {
            "tags": ["security", rule.engine, rule.technique, *sorted(set(rule.attack))],
            "precision": PRECISIONS[rule.confidence],
            "security-severity": SECURITY_SEVERITIES[rule.severity],
            "severity": rule.severity,
            "confidence": rule.confidence,
            "conclusive": rule.conclusive,
        },
    }


def add_artifacts(artifacts: list[dict[str, Any]], *, path: str, report: ScanReport) -> dict[str, int]:
    """Append the scanned artifact and its files; return where each path stands, "" being the artifact itself."""
    root = len(artifacts)
    artifacts.append(
        {
            "location": {"uri": encode_path(path), "index": root},
            "roles": ["analysisTarget"],
            "hashes": {"sha-256": report.artifact_sha256},
            "properties": {"verdict": report.verdict, "score": report.score},
        }
    )
    indexes = {"": root}
    for record in report.files:
        indexes[record.path] = len(artifacts)
        artifacts.append(
            {
                "location": {"uri": encode_path(path, record.path), "index": len(artifacts)},
                "parentIndex": root,
                "length": record.size,
                "hashes": {"sha-256": record.sha256},
                "properties": {"kind": record.kind},
            }
        )
    return indexes


def encode_path(path: str, member: str = "") -> str:
    """Return a path as a URI reference (RFC 3986); whatever bytes a name holds, the result is ASCII."""
    whole = f"{path.rstrip('/')}/{member}" if member else path
    # "//" would begin a host.
    return re.sub(r"^//+", "/", quote(whole, safe="/", errors="surrogatepass")) or "."


def make_results(
    report: ScanReport, *, path: str, indexes: dict[str, int], places: dict[str, int]
) -> list[dict[str, Any]]:
    """Return the findings of one report; equal ones in one file are told apart by their order."""
    seen: dict[tuple[str, str, str], int] = {}
    results = []
    for finding in report.findings:
        key = (finding.rule_id, finding.path, " ".join(finding.snippet.split()))
        seen[key] = seen.get(key, 0) + 1
        results.append(
            {
                "ruleId": finding.rule_id,
                **({"ruleIndex": places[finding.rule_id]} if finding.rule_id in places else {}),
                "level": LEVELS[finding.severity],
                "message": {"text": make_text(f"{finding.title}. {finding.why} {finding.fix}")},
                "locations": [{"physicalLocation": make_location(finding, path=path, indexes=indexes)}],
                "fingerprints": {"nexusFinding/v1": digest(*key, str(seen[key]))},
                "partialFingerprints": {"primaryLocationLineHash": f"{digest(*key)[:16]}:{seen[key]}"},
                "rank": float(points_of(finding)),
                "properties": {
                    "technique": finding.technique,
                    "engine": finding.engine,
                    "severity": finding.severity,
                    "confidence": finding.confidence,
                    "conclusive": finding.conclusive,
                    "verdict": report.verdict,
                },
            }
        )
    return results


def make_location(finding: Finding, *, path: str, indexes: dict[str, int]) -> dict[str, Any]:
    """Return where a finding is; a finding about a whole file has no region."""
    place: dict[str, Any] = {"uri": encode_path(path, finding.path)}
    if finding.path in indexes:
        place["index"] = indexes[finding.path]
    if finding.line < 1:
        return {"artifactLocation": place}
    region: dict[str, Any] = {"startLine": finding.line, "endLine": max(finding.line, finding.end_line)}
    if finding.snippet:
        region["snippet"] = {"text": make_text(finding.snippet)}
    return {"artifactLocation": place, "region": region}


def make_invocation(report: ScanReport, *, path: str) -> dict[str, Any]:
    """Return how one scan went: its exit code, and a notification for everything that was not looked at."""
    notifications = [make_notification(error, name="scan") for error in report.errors]
    for engine in report.engines:
        complaints = engine.errors or (() if engine.state is EngineState.OK else (str(engine.state),))
        notifications += [make_notification(f"{engine.name}: {error}", name=engine.name) for error in complaints]
    return {
        "executionSuccessful": report.verdict is not Verdict.INCOMPLETE and not notifications,
        "exitCode": EXIT_CODES[report.verdict],
        "exitCodeDescription": report.verdict,
        "arguments": [make_text(path)],
        "toolExecutionNotifications": notifications,
        "properties": {"score": report.score, "explanation": [make_text(line) for line in report.explanation]},
    }


def make_notification(error: str, *, name: str) -> dict[str, Any]:
    """Return one error of the tool."""
    return {"level": "error", "message": {"text": make_text(error)}, "descriptor": {"id": name}}


def make_text(text: str) -> str:
    """Return a text that any reader of JSON takes: halves of characters become question marks."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def digest(*parts: str) -> str:
    """Return a SHA-256 over the parts, the same on every machine and wherever the line moves to."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", errors="surrogatepass")).hexdigest()
