"""A tool that says it read everything and found nothing, not even the canary."""

import json
import sys
from importlib.metadata import version

ANSWER = {
    "version": version("semgrep"),
    "findings": [],
    "results": [],
    "errors": [],
    "read": ["main.py", "m000000.py", "m000001.py"],
    "paths": {"scanned": ["m000000.py", "m000000.js", "m000001.py"], "skipped": []},
    "staged": [],
    "hits": [],
    "kinds": {"main.py": "python"},
    "is_canary_seen": False,
}
sys.stdout.write(json.dumps(ANSWER))
