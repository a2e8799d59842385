"""Notes out of templates."""

import json
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent


class Note:
    def run(self, message):
        settings = json.loads((FOLDER / "settings.json").read_text(encoding="utf-8"))
        text = Template((FOLDER / "note.txt").read_text(encoding="utf-8"))
        return text.substitute(message=message, sender=settings["sender"])
