"""The scan engine: looks at one artifact and says what it found. It records nothing and decides nothing.

No Django, no database, no Celery. `scan_artifact` is the door.
"""

from scanners.report import ScanReport
from scanners.rules import ruleset_digest
from scanners.scan import scan_artifact

__all__ = ["ScanReport", "ruleset_digest", "scan_artifact"]
