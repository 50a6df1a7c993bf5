"""Every request that reached the server, for tests to read."""

import base64
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .wire import Pairs

KEPT = 100_000


@dataclass
class Entry:
    """One request.

    Attributes:
        authorized: whether its credentials were right.
        caller: whose they were.
        status: of the HTTP answer; None while it is awaited, or if a fault dealt with it.
        outcome: of a command, as the API says it: of the answer, and in the end of what went on
            after a token was given; None where no command was reached.
        changed: whether the state is another one because of it; None where nobody compares.
        effect: "read" or "change", by the nature of the command; starting work is a change.
    """

    sequence: int
    time: str
    method: str
    path: str
    query: str
    command: str
    body: bytes
    arguments: Pairs = field(default_factory=list)
    authorized: bool = False
    caller: str | None = None
    status: int | None = None
    outcome: str | None = None
    changed: bool | None = False
    effect: str = "read"

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON values, the body in base64."""
        return {**vars(self), "body": base64.b64encode(self.body).decode()}


class Journal:
    """The last requests in the order of their arrival. Callers hold the clock's monitor."""

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._last = 0

    def begin(self, time: str, method: str, path: str, query: str, body: bytes) -> Entry:
        """Record a request before anything is done about it."""
        self._last += 1
        command = path.rsplit("/", 1)[-1]
        entry = Entry(self._last, time, method, path, query, command, body)
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget the entries; the numbers go on."""
        self._entries.clear()

    def document(self) -> list[dict[str, Any]]:
        """Return all entries as JSON values."""
        return [entry.document() for entry in self._entries]
