"""What a check finds: how grave it is, what it means, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: an error keeps the gateway from serving, or from being safe; a warning will hurt
            one day.
        check: a stable name, for programs.
        means: what was found, and what that is to the gateway.
        next: what to do about it; empty when there is nothing to do.
        link: the page that says more.
    """

    level: Level
    check: str
    means: str
    next: str = ""
    link: str = ""


def fine(check: str, means: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(Level.OK, check, means)


def warning(check: str, means: str, then: str, link: str) -> Finding:
    """Return what will hurt one day."""
    return Finding(Level.WARNING, check, means, then, link)


def error(check: str, means: str, then: str, link: str) -> Finding:
    """Return what must not go live."""
    return Finding(Level.ERROR, check, means, then, link)
