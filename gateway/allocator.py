"""GNU's allocator, told how much it may keep for itself; other C libraries keep less anyway.

Two of its habits cost a process of many threads memory (mallopt(3)). It keeps freed blocks up to
the size of the largest that it has seen, and a password is hashed in 19 MiB: each thread that
hashed would keep as much. And it gives each thread a heap of its own, up to eight for each
processor, while hardly two threads of Python ask for memory at the same time.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""The parameters of mallopt(3), as malloc.h has them."""

LARGE: Final = 1024 * 1024
"""Bytes from which on a block is the system's again when it is freed."""

HEAPS: Final = 2


def keep_little() -> None:
    """Limit what is kept, in this process and those that it forks; before there are threads."""
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(_MMAP_THRESHOLD, LARGE)
        tune(_TRIM_THRESHOLD, 2 * LARGE)
        tune(_ARENA_MAX, HEAPS)
