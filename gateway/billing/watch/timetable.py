"""When an instance is looked into: at a time of its own in each period, by its id.

A million instances make an even load, and go back to it after a deployment was away.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zlib import crc32

FIRST_RETRY: Final = timedelta(minutes=15)
"""After a look that failed; each further one in a row comes twice as late."""

RETRIES: Final = 5
"""How many come sooner; whoever still fails is looked into once in each period."""

CLAIM: Final = timedelta(hours=1)
"""How long a look is nobody else's; then another process may try."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEAR: Final = 24
"""A slot that is nearer than one such part of the period is the one that was just kept."""


def slot(instance: str, after: datetime, period: timedelta) -> datetime:
    """Return the next time at which it is an instance's turn.

    Args:
        instance: opaque id.
        after: the present time.
        period: from one of its times to the next.
    """
    earliest = after + period / _NEAR
    into = (earliest - _EPOCH - _share(instance) * period) % period
    return earliest + (period - into) % period


def retry(instance: str, tries: int, after: datetime, period: timedelta) -> datetime:
    """Return when to look again after looks that failed.

    Args:
        instance: opaque id; those that failed together do not come back together.
        tries: how many failed in a row before the last one.
        after: the present time.
        period: between two usual looks; a retry never comes later than the usual one.
    """
    usual = slot(instance, after, period)
    if tries >= RETRIES:
        return usual
    pause = FIRST_RETRY * (1 << tries)
    return min(usual, after + pause * (0.75 + _share(instance) / 2))


def _share(instance: str) -> float:
    """Return a number in [0, 1) that is always the same for an id."""
    return crc32(instance.encode()) / 2**32
