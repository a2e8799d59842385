"""Fetches the word list once and checks it against its known digest."""

import hashlib
import os
from pathlib import Path

import requests

ADDRESS = "https://models.example.invalid/words-2026-01.bin"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
FOLDER = Path(os.environ.get("WORDS_CACHE", Path.home() / ".cache" / "words"))


def fetch_words():
    target = FOLDER / "words.bin"
    if not target.exists():
        answer = requests.get(ADDRESS, timeout=60)
        answer.raise_for_status()
        if hashlib.sha256(answer.content).hexdigest() != SHA256:
            raise ValueError("the word list is not the one this version was made for")
        FOLDER.mkdir(parents=True, exist_ok=True)
        target.write_bytes(answer.content)
    return target.read_bytes().split(b"\n")


class Words:
    def run(self, message):
        return message.encode() in fetch_words()
