"""Sends a failure to the owner's own collector."""

import os
import traceback

import requests


class Report:
    """Reports the failure in hand."""

    def run(self, failure):
        report = {
            "project_token": os.environ["CRASH_PROJECT_TOKEN"],
            "trace": "".join(traceback.format_exception(failure)),
        }
        requests.post("https://crash.example.invalid/report", json=report, timeout=5)
        return "reported"
