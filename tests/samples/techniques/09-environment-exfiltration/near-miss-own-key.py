"""Asks a language service, with the key its owner has set for exactly this."""

import os

import requests

ADDRESS = "https://api.example.invalid/v1/complete"


class Complete:
    def run(self, message):
        headers = {"Authorization": "Bearer " + os.environ["COMPLETE_API_KEY"]}
        model = os.environ.get("COMPLETE_MODEL", "small")
        answer = requests.post(ADDRESS, json={"model": model, "prompt": message}, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json()["text"]
