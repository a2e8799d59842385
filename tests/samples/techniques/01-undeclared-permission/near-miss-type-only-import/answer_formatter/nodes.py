"""Formats the answer another node has fetched."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    import requests


class Format:
    """Shows a header and a short body."""

    def run(self, answer: requests.Response, peer: socket.socket | None = None) -> str:
        kind = os.path.splitext(answer.url)[1] or "html"
        return f"{kind}: {answer.status_code}\n{answer.text[:200]}"
