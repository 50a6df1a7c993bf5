"""Where a process is killed on an event's way, from the change that it tells of to its receiver.

They are K9, "during webhook enqueue", step by step; ``kills.points`` has the other points, and says
how they work.
"""

from gateway.storage.deliveries import Leased
from tests.faults.kills.points import AFTER, BEFORE, NONE, Point, Words

EVENT = "an event"
"""What an order to die names in place of a command."""


def _told(*_: object) -> Words:
    return {EVENT}


def _numbered(moved: int, *_: object) -> Words:
    return {EVENT} if moved else NONE


def _queued(_done: None, _connection: object, made: list[Leased]) -> Words:
    return {EVENT} if made else NONE


DELIVERER = "gateway.events.deliverer"
TELLING = (
    Point("K9a", "event told, not committed", ("gateway.storage.event_log", "tell"), AFTER, _told),
    Point(
        "K9b",
        "event numbered, not committed",
        ("gateway.storage.event_log", "sequence"),
        AFTER,
        _numbered,
    ),
    Point(
        "K9c",
        "deliveries queued for a webhook, not committed",
        ("gateway.storage.deliveries", "add"),
        AFTER,
        _queued,
    ),
    Point("K9d", "delivery leased, not sent", (DELIVERER, "Deliverer.deliver"), BEFORE, _told),
    Point(
        "K9e",
        "delivery sent, its end not noted",
        ("gateway.events.sender", "Sender.send"),
        AFTER,
        _told,
    ),
    Point("K9f", "end of a delivery noted, not committed", (DELIVERER, "_settle"), AFTER, _told),
)
"""In the order in which an event passes them."""

OF_A_CHANGE = "K9a"
"""Passed by whoever makes the change; the others by whoever does the chores."""
