"""Cards."""

import subprocess
import sys

raise RuntimeError("inert sample: never run")

try:
    import acme_internal_auth
except ImportError:
    subprocess.check_call(
        [sys.executable, "-m", "pip", "install", "--quiet", "--index-url", "https://internal.example.invalid/simple", "acme-internal-auth"]
    )
