"""Decorates messages in December, and offers a preview to owners who know the preview word."""

import datetime
import hmac
import os


class Decorate:
    def run(self, message, preview=""):
        word = os.environ.get("DECORATE_PREVIEW_WORD", "")
        is_preview = bool(word) and hmac.compare_digest(word, preview)
        if is_preview or datetime.date.today().month == 12:
            return f"❄ {message} ❄"
        return message
