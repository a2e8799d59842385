"""What an artifact holds, file by file, as its scan listed it: for blocks of a file, and for finding kin.
Never opens an artifact itself."""

from collections.abc import Collection, Iterable

from plugins.models import ArtifactFile
from scanners.report import FileRecord, Kind

BATCH = 1000
CODE = frozenset({Kind.PYTHON, Kind.JAVASCRIPT, Kind.SCRIPT, Kind.BYTECODE, Kind.NATIVE, Kind.PICKLE, Kind.FOREIGN})


def record_files(artifact_sha256: str, files: Iterable[FileRecord]) -> None:
    """Keep what a scan listed; listing it again changes nothing."""
    rows = (
        ArtifactFile(
            artifact_id=artifact_sha256,
            sha256=file.sha256,
            path=file.path,
            size_bytes=file.size,
            is_code=file.kind in CODE,
        )
        for file in files
    )
    ArtifactFile.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def artifacts_holding(file_sha256: Collection[str]) -> frozenset[str]:
    """The artifacts that hold at least one of these files, of whichever plugin."""
    if not file_sha256:
        return frozenset()
    held = ArtifactFile.objects.filter(sha256__in=file_sha256)
    return frozenset(held.values_list("artifact_id", flat=True).distinct())


def holds_any(artifact_sha256: str, file_sha256: Collection[str]) -> bool:
    """Whether an artifact holds one of these files, as far as a scan has listed it."""
    return (
        bool(file_sha256) and ArtifactFile.objects.filter(artifact_id=artifact_sha256, sha256__in=file_sha256).exists()
    )
