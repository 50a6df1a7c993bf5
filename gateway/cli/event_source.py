"""Server-Sent Events as a reader understands them (WHATWG HTML, section 9.2.6)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

MESSAGE: Final = "message"
"""The type of an event that names none."""


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        name: its type.
        data: the JSON object that it carries.
        id: for ``Last-Event-ID``; empty where it has none.
    """

    name: str
    data: Mapping[str, Any]
    id: str = ""


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events that are whole; one that was cut off is left out.

    Args:
        lines: of the stream, without their ends. Comments begin with a colon.
    """
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif not line and "data" in fields:
            yield Event(
                fields.get("event", MESSAGE), json.loads(fields["data"]), fields.get("id", "")
            )
        if not line:
            fields = {}
