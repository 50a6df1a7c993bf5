"""How often an operation is polled: less and less as it grows older, more while it is watched."""

from datetime import timedelta

SHARE = 10
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(seconds=10)
WATCHED_SHORTEST = timedelta(milliseconds=250)
WATCHED_LONGEST = timedelta(seconds=1)


def interval(age: timedelta) -> timedelta:
    """Return the time to the next poll of an operation that nobody watches."""
    return min(LONGEST, max(SHORTEST, age / SHARE))


def watched_interval(age: timedelta) -> timedelta:
    """Return the time to the next poll of an operation whose end somebody waits for."""
    return min(WATCHED_LONGEST, max(WATCHED_SHORTEST, age / SHARE))
