"""Texts in a file."""

from pathlib import Path


def keep(text):
    with Path("texts.log").open("a", encoding="utf-8") as file:
        return file.write(text + "\n")
