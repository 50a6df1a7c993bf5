"""Numbers for people: how many, and how large."""

from typing import Final

NOTHING: Final = "-"
"""Nothing is known, which is not zero."""

STEP: Final = 1000
UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def amount(number: float | None) -> str:
    """Return a number, with two places after the point where it is not a whole one."""
    if number is None:
        return NOTHING
    return f"{number:.2f}" if number % 1 else str(int(number))


def size(number: float | None) -> str:
    """Return a number of bytes, with one place after the point and its unit (SI)."""
    if number is None:
        return NOTHING
    for unit in UNITS[:-1]:
        if number < STEP:
            return f"{number:.1f} {unit}" if unit != UNITS[0] else f"{number:.0f} {unit}"
        number /= STEP
    return f"{number:.1f} {UNITS[-1]}"
