"""Runs the formatter of the owner's choice."""

import subprocess  # nosec B404: arguments are a list, never a shell

FORMATTERS = {"black": ["black", "-q", "-"], "ruff": ["ruff", "format", "-"]}


class Format:
    def run(self, text, name="ruff"):
        done = subprocess.run(FORMATTERS[name], input=text, text=True, capture_output=True, check=True)  # noqa: S603  # nosec B603
        assert done.stdout is not None  # nosec B101
        return done.stdout
