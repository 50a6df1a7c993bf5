"""The log of what a bill depends on: read from any cursor, for ever; what is old is condensed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from gateway.billing.usage_state import baseline
from gateway.model import Chore, Event, now
from gateway.storage import usage_log
from gateway.storage.database import Database
from gateway.storage.usage_log import Found, Place
from gateway.tenancy.authorise import permit
from gateway.tenancy.caller import Caller
from gateway.tenancy.numbers import require_reached

CONDENSE_SECONDS = 3_600.0
BATCH = 200
"""Old events that one transaction looks for: others wait for it, on SQLite."""


@dataclass(frozen=True)
class UsageSlice:
    """A part of a log.

    Attributes:
        items: events, in their order.
        after: from which number to ask on.
        is_last: whether nothing more has happened yet.
    """

    items: Sequence[Event]
    after: int
    is_last: bool


class UsageLog:
    """The usage events of the caller's reseller and of all below it.

    Args:
        database: the tables.
        days: for which events are kept as they were told.
    """

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._kept = timedelta(days=days)

    def part(self, caller: Caller, after: int, limit: int) -> UsageSlice:
        """Return at most ``limit`` events after a number, in their order.

        Whoever applies them to what it knew at that number knows the present state, also where
        events that it had not read were replaced meanwhile. A client that is restricted to
        instances reads what tells of these (decision 21).

        Raises:
            PermissionMissing: the caller may not read usage.
            InvalidInput: no event has come to that number yet.
        """
        permit(self._database, caller, "usage-events")
        mine, reach = caller.principal.reseller, caller.principal.reach
        with self._database.read() as connection:
            last = usage_log.last(connection, mine)  # first, so that nothing is passed over
            require_reached(after, last)
            found = usage_log.part(connection, mine, reach.instances, after, limit + 1)
        is_last, items = len(found) <= limit, found[:limit]
        seen = [after, *(each.number for each in items), *([last] if is_last else [])]
        return UsageSlice(items, max(seen), is_last)

    @property
    def chore(self) -> Chore:
        """What the worker does."""
        return Chore("usage_events.condense", CONDENSE_SECONDS, self.condense)

    def condense(self) -> None:
        """Replace what is too old by baselines."""
        place: Place | None = None
        while (found := self._aged(place)) is not None:
            with self._database.write() as connection:
                for key, until in found.last.items():
                    _condense(connection, *key, until)
            place = found.place

    def _aged(self, place: Place | None) -> Found | None:
        with self._database.read() as connection:
            return usage_log.aged(connection, now() - self._kept, place, BATCH)


def _condense(connection: Connection, reseller: str, instance: str, until: int) -> None:
    """Replace an event and all before it, unless somebody just did."""
    story = usage_log.story(connection, reseller, instance, until)
    if story and story[-1].number == until:
        usage_log.condense(connection, baseline(story))
