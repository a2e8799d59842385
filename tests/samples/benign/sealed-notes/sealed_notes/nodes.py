"""Notes that travel as text."""

import base64
import json
import zlib


class Pack:
    """Packs a note."""

    def run(self, note):
        return base64.b64encode(zlib.compress(json.dumps(note).encode())).decode()


class Unpack:
    """Unpacks a note."""

    def run(self, text):
        return json.loads(zlib.decompress(base64.b64decode(text)))
