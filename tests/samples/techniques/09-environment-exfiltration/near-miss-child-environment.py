"""Runs the linter with the caller's environment, without its colours."""

import os
import subprocess


class Lint:
    def run(self, folder):
        environment = {**os.environ, "NO_COLOR": "1"}
        environment.pop("FORCE_COLOR", None)
        done = subprocess.run(["ruff", "check", folder], env=environment, capture_output=True, text=True, check=False)
        return done.stdout
