"""Small tools for an office."""

import subprocess
from pathlib import Path

import requests

NOTES = Path("notes.txt")


class Tools:
    def run(self, message):
        name, _, rest = message.partition(" ")
        return {"convert": convert, "rate": rate, "note": note}[name](rest)


def convert(document):
    subprocess.run(["pandoc", document, "-o", document + ".pdf"], check=True, timeout=60)
    return document + ".pdf"


def rate(code):
    return requests.get("https://rates.example.invalid/latest", params={"code": code}, timeout=5).json()["rate"]


def note(text):
    with NOTES.open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    return "noted"
