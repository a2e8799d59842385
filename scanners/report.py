"""The words a scan answers in: findings, files, engine runs and the report around them.

Plain frozen values. Nothing here judges, and nothing here touches a file.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    CLEAN = "clean"
    SUSPICIOUS = "suspicious"
    MALICIOUS = "malicious"
    INCOMPLETE = "incomplete"


# What a command ends with, so that a script can act on it; 64 stands for wrong usage.
EXIT_CODES = {Verdict.CLEAN: 0, Verdict.SUSPICIOUS: 1, Verdict.MALICIOUS: 2, Verdict.INCOMPLETE: 3}


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Kind(StrEnum):
    """What a file is by its content, which decides who must have read it."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TEXT = "text"
    DATA = "data"
    SCRIPT = "script"
    BYTECODE = "bytecode"
    NATIVE = "native"
    ARCHIVE = "archive"
    PICKLE = "pickle"
    FOREIGN = "foreign"  # a script in a language no engine reads


class EngineState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an engine saw; `conclusive` says that no honest plugin does it.

    `trace` is how the data came there, from source to sink, and what stands beside it.
    """

    rule_id: str
    engine: str
    severity: Severity
    confidence: Confidence
    path: str
    line: int
    end_line: int
    title: str
    why: str
    fix: str
    snippet: str
    technique: str
    conclusive: bool = False
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of the artifact; `size` in bytes, `content_type` a media type, "" in reports of old."""

    path: str
    sha256: str
    size: int
    kind: Kind
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """How one engine did; `files_read` counts the plugin's own files, never the canary.

    `files_prefiltered` of them hold no word that any of the engine's rules needs, so that the tool was not shown them.
    """

    name: str
    version: str
    ruleset_digest: str
    state: EngineState
    files_read: int
    errors: tuple[str, ...]
    seconds: float
    files_prefiltered: int = 0


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing the artifact can do: hosts, commands or names, first places as path:line, and when it is done."""

    name: str
    details: tuple[str, ...]
    places: tuple[str, ...]
    contexts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Everything a scan found out; equal bytes and equal rules give an equal report apart from `seconds`."""

    artifact_sha256: str
    verdict: Verdict
    score: int
    explanation: tuple[str, ...]
    findings: tuple[Finding, ...]
    files: tuple[FileRecord, ...]
    engines: tuple[EngineRun, ...]
    errors: tuple[str, ...]
    ruleset_digest: str
    seconds: float
    capabilities: tuple[Capability, ...] = ()
    sandbox: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        fields = asdict(self)
        for name in ("explanation", "findings", "files", "engines", "errors", "capabilities", "sandbox"):
            fields[name] = list(fields[name])
        for engine in fields["engines"]:
            engine["errors"] = list(engine["errors"])
        for finding in fields["findings"]:
            finding["trace"] = list(finding["trace"])
        for capability in fields["capabilities"]:
            capability.update({name: list(capability[name]) for name in ("details", "places", "contexts")})
        return fields

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """Rebuild a report from `to_dict`; raises KeyError or ValueError when a field is missing or unknown."""
        return cls(
            artifact_sha256=fields["artifact_sha256"],
            verdict=Verdict(fields["verdict"]),
            score=int(fields["score"]),
            explanation=tuple(fields["explanation"]),
            findings=tuple(finding_from_dict(item) for item in fields["findings"]),
            files=tuple(FileRecord(**{**item, "kind": Kind(item["kind"])}) for item in fields["files"]),
            engines=tuple(engine_run_from_dict(item) for item in fields["engines"]),
            errors=tuple(fields["errors"]),
            ruleset_digest=fields["ruleset_digest"],
            seconds=float(fields["seconds"]),
            capabilities=tuple(capability_from_dict(item) for item in fields.get("capabilities", ())),
            sandbox=tuple(fields.get("sandbox", ())),
        )


def finding_from_dict(item: dict[str, Any]) -> Finding:
    """Rebuild one finding; raises ValueError on an unknown severity or confidence."""
    return Finding(
        **{
            **item,
            "severity": Severity(item["severity"]),
            "confidence": Confidence(item["confidence"]),
            "trace": tuple(item.get("trace", ())),
        }
    )


def engine_run_from_dict(item: dict[str, Any]) -> EngineRun:
    """Rebuild one engine run; raises ValueError on an unknown state."""
    return EngineRun(**{**item, "state": EngineState(item["state"]), "errors": tuple(item["errors"])})


def capability_from_dict(item: dict[str, Any]) -> Capability:
    """Rebuild one capability; raises KeyError when a field is missing."""
    return Capability(
        name=item["name"],
        details=tuple(item["details"]),
        places=tuple(item["places"]),
        contexts=tuple(item["contexts"]),
    )
