"""Keeps the cycle collector away from what lives as long as the process does: looking at it over and over costs much.

Memory only. It frees nothing and changes no answer.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_collection() -> Iterator[None]:
    """Collect nothing within the block, which makes no cycles worth the search."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def keep_for_good() -> Iterator[None]:
    """Collect nothing within the block, and never look at what is there at its end."""
    with pause_collection():
        yield
        gc.freeze()
