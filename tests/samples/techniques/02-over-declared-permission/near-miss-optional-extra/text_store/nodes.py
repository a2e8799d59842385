"""Texts, kept by one of two stores."""

from text_store import disk, memory

STORES = {"memory": memory, "disk": disk}


class Store:
    """Keeps one text."""

    def run(self, message, store="memory"):
        return getattr(STORES[store], "keep")(message)
