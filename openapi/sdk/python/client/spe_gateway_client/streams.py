"""Server-Sent Events, as they come."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class StreamEvent:
    """One event of a stream (WHATWG HTML, 9.2).

    Args:
        event: its kind; there may be new ones.
        data: a JSON object, as text.
        id: for ``last_event_id``, to go on after a break; empty if it had none.
    """

    event: str
    data: str
    id: str


def events_in(lines: Iterable[str]) -> Iterator[StreamEvent]:
    """Yield the events of a stream; comments, which only show that it lives, are left out.

    Args:
        lines: without their ends.
    """
    fields: dict[str, list[str]] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        else:
            if "data" in fields:
                yield _event(fields)
            fields = {}


def _event(fields: dict[str, list[str]]) -> StreamEvent:
    kind = fields.get("event", ["message"])[-1]
    return StreamEvent(kind, "\n".join(fields["data"]), fields.get("id", [""])[-1])
