"""Which events a webhook may want: single types, and families of them, such as ``instance.*``."""

from collections.abc import Sequence
from typing import Final

from gateway.model import EventType

_UNTOLD: Final = frozenset({EventType.WEBHOOK_TEST, EventType.BASELINE})
"""What is in no log of events."""

TYPES: Final = tuple(sorted(set(EventType) - _UNTOLD))
SENT: Final = (*TYPES, EventType.WEBHOOK_TEST)
"""What a webhook is sent; the last is in no log."""

FAMILIES: Final = tuple(sorted({f"{each.partition('.')[0]}.*" for each in TYPES}))
WORDS: Final = (*FAMILIES, *TYPES)
"""What a webhook's list may name."""


def expanded(words: Sequence[str] | None) -> Sequence[str] | None:
    """Return the single types that a list names; None for all."""
    if words is None:
        return None
    return [each for each in TYPES if each in words or f"{each.partition('.')[0]}.*" in words]
