"""What processes cost, as the kernel counts it: processor time and memory."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MEGABYTE: Final = 1_000_000
_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Of the fields after the name, which is in parentheses (proc(5), from the third on)."""


class Meter(Protocol):
    """Reads what a server costs."""

    def read(self) -> float:
        """Return the seconds of processor that were spent so far."""

    def largest(self) -> float:
        """Return the resident megabytes of the largest process."""


class Nobody:
    """Looks at no process."""

    def read(self) -> float:
        """Return nothing."""
        return 0.0

    def largest(self) -> float:
        """Return nothing."""
        return 0.0


@dataclass(frozen=True)
class Processes:
    """A process with all that it has started.

    Args:
        pid: of the first.
    """

    pid: int

    def read(self) -> float:
        """Return the seconds of processor that they have spent, in user and kernel mode."""
        fields = (_stat(each) for each in self._all())
        return sum((int(each[_USER]) + int(each[_SYSTEM])) / TICKS for each in fields if each)

    def largest(self) -> float:
        """Return the resident megabytes of the largest of them, with all that it shares."""
        return max(_memory(each) for each in self._all()) / MEGABYTE

    def threads(self) -> int:
        """Return how many threads they have."""
        return sum(_entries(each, "task") for each in self._all())

    def files(self) -> int:
        """Return how many files they have open, connections among them."""
        return sum(_entries(each, "fd") for each in self._all())

    def _all(self) -> list[int]:
        children: dict[int, list[int]] = {}
        for pid, parent in _parents():
            children.setdefault(parent, []).append(pid)
        found = [self.pid]
        for each in found:
            found += children.get(each, [])
        return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (fields := _stat(int(folder.name))):
            yield int(folder.name), int(fields[_PARENT])


def _stat(pid: int) -> list[str]:
    """Return the fields after the name; none of a process that has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _memory(pid: int) -> int:
    """Return the resident bytes of a process."""
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE


def _entries(pid: int, folder: str) -> int:
    """Return how many entries a folder of a process has."""
    return sum(1 for _ in (PROC / str(pid) / folder).iterdir())
