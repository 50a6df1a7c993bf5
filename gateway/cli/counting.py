"""Numbers with their nouns."""

from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """Return ``1 client`` or ``2 clients``; the plural of the noun ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(counts: Iterable[tuple[int, str]]) -> str:
    """Return numbers with their nouns, without those of which there are none."""
    return ", ".join(counted(number, noun) for number, noun in counts if number)
