"""Exchange rates."""

import json
import urllib.request


def load_rates():
    with urllib.request.urlopen("https://rates.example.invalid/latest.json", timeout=10) as answer:
        return json.load(answer)
