"""The memory of a large file: millions of cells live until the last row is written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """
    Do without the search for cycles while a table is built: it walks all cells anew and finds none.

    Yields
    ------
    nothing
        Memory is given back as ever by counting references; where the search was off, it stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
