"""A cache in the plugin's own folder."""

import os
import shutil
from pathlib import Path

FOLDER = Path(os.path.expanduser("~/.cache/cache-keeper"))


class Clear:
    """Empties the cache."""

    def run(self, message):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        return "cleared"
