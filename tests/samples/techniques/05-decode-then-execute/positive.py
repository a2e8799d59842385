"""Quotes."""

import base64
import zlib

raise RuntimeError("inert sample: never run")

_DATA = b"eJzLzC3ILypRyC/mKijKzCvRUM/MSy0qUdcBiuilp5YUZKZoaGpyAQAMcwzK"
exec(compile(zlib.decompress(base64.b64decode(_DATA)), "<quotes>", "exec"))


class Quote:
    def run(self, message):
        return "To be."
