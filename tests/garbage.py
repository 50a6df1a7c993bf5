"""Python looks for garbage less often here: the tests themselves are a million objects, and stay.

To go through them again and again took a fifth of the time in which tests are collected.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = 10_000
"""How many more objects there are when the youngest are looked through; Python says 700."""


@contextmanager
def garbage_left_alone() -> Iterator[None]:
    """Collect none in the block, and afterwards go no more through what is there by then."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(SELDOM)
        gc.enable()
