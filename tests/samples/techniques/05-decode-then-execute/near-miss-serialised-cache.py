"""Keeps computed answers as compact text."""

import ast
import base64
import json
import zlib


def freeze(value):
    return base64.b85encode(zlib.compress(json.dumps(value, sort_keys=True).encode())).decode()


def thaw(text):
    return json.loads(zlib.decompress(base64.b85decode(text)))


class Answer:
    def __init__(self):
        self.seen = {}

    def run(self, message):
        if message not in self.seen:
            self.seen[message] = freeze({"sum": sum(ast.literal_eval(f"[{message}]"))})
        return thaw(self.seen[message])["sum"]
