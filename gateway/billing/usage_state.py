"""What the usage events of an instance add up to, and the baseline that says so.

A reader that applies the same rules to what it reads, from whatever cursor, arrives at the same
state (docs/usage.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.model import Event, EventType, Prefix, new_id

STATUS: Final[Mapping[str, str]] = {
    EventType.INSTANCE_CREATED: "active",
    EventType.INSTANCE_ADOPTED: "active",
    EventType.INSTANCE_SUSPENDED: "suspended",
    EventType.INSTANCE_RESUMED: "active",
    EventType.INSTANCE_DELETED: "deleted",
    EventType.INSTANCE_UNDELETED: "active",
    EventType.INSTANCE_PURGED: "purged",
    EventType.INSTANCE_RELEASED: "released",
    EventType.INSTANCE_TRANSFERRED_IN: "active",
    EventType.INSTANCE_TRANSFERRED_OUT: "transferred",
}
"""What becomes of an instance by an event that changes its status, unless its data says it."""


@dataclass(frozen=True)
class State:
    """An instance as one log has it.

    Attributes:
        status: see ``STATUS``; None where no event said it.
        licences: as last read; None where no event said it.
        reseller: to which reseller of the log it belongs, or belonged last.
    """

    status: str | None = None
    licences: int | None = None
    reseller: str | None = None

    def after(self, event: Event) -> "State":
        """Return the state after an event of the same log.

        The status and the licences that an event's data names are those from then on. A transfer
        between two resellers of one log is told twice, by the former owner's half first.
        """
        data = {name: event.data[name] for name in ("status", "licences") if name in event.data}
        if event.type in STATUS:
            data.setdefault("status", STATUS[event.type])
        return replace(self, **data, reseller=event.origin)


def state_after(story: Iterable[Event]) -> State:
    """Return what the events of one instance in one log add up to."""
    found = State()
    for event in story:
        found = found.after(event)
    return found


def baseline(story: Sequence[Event]) -> Event:
    """Return the event that stands for others of one instance, under the number of the last."""
    found = state_after(story)
    data: dict[str, Any] = {"status": found.status, "licences": found.licences}
    return replace(
        story[-1],
        id=new_id(Prefix.EVENT),
        type=EventType.BASELINE,
        origin=found.reseller or story[-1].origin,
        subject=str(story[-1].instance),
        data=data,
    )
