"""Picks a sticker."""

import json
import random
from importlib.resources import files


class Pick:
    def run(self, message: str) -> str:
        names: list[str] = json.loads(files(__package__).joinpath("stickers.json").read_text(encoding="utf-8"))
        return next((name for name in names if name in message), random.choice(names))
