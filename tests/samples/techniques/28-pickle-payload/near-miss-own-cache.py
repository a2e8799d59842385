"""Keeps a model of words on disk; only its own files, and only plain values."""

import json
import pickle
from pathlib import Path


class PlainUnpickler(pickle.Unpickler):
    """Refuses everything that is not a plain value."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")


class Model:
    def __init__(self, folder):
        self.file = Path(folder, "model.pickle")

    def save(self, counts):
        self.file.write_bytes(pickle.dumps(dict(counts)))

    def load(self):
        with self.file.open("rb") as file:
            return PlainUnpickler(file).load()

    def export(self):
        return json.dumps(self.load())
