"""The log of events as its readers see it: their own reseller's, from a number on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import RequestError
from gateway.model import Event
from gateway.storage import event_log
from gateway.storage.database import Database
from gateway.storage.event_log import Wanted
from gateway.tenancy.authorise import permit
from gateway.tenancy.caller import Caller
from gateway.tenancy.numbers import require_reached

WINDOW: Final = 10_000
"""Events that one call looks through at most, however few of them are wanted."""


class EventsTrimmed(RequestError):
    """What happened after the number that was named is not kept any more.

    Args:
        oldest: the number of the oldest event that is.
    """

    status = 410
    code = "EVENTS_TRIMMED"
    title = "Events that were asked for are not kept any more"

    def __init__(self, oldest: int = 1) -> None:
        super().__init__(
            f"The oldest event that is kept has the number {oldest}. Read the objects that you "
            f"follow anew, then ask on with after={oldest - 1}."
        )
        self.oldest = oldest


@dataclass(frozen=True)
class Slice:
    """A part of a log.

    Attributes:
        items: the events that were wanted, in their order.
        after: from which number to ask on: that of the last one, or past what was not wanted.
        last: the number of the last event of the log, as it was then.
    """

    items: Sequence[Event]
    after: int
    last: int

    @property
    def is_last(self) -> bool:
        """Whether nothing more has happened yet."""
        return self.after >= self.last


class EventLog:
    """Reads the logs.

    Args:
        database: the tables.
        source: the gateway, as its clients know it.
    """

    def __init__(self, database: Database, source: str) -> None:
        self._database = database
        self.source = source

    def last(self, caller: Caller) -> int:
        """Return the number of the last event of the caller's log."""
        permit(self._database, caller, caller.principal.reseller)
        with self._database.read() as connection:
            return event_log.last(connection, caller.principal.reseller)

    def part(
        self, caller: Caller, after: int | None, types: Sequence[str] | None, limit: int
    ) -> Slice:
        """Return what has happened after a number, to the caller's reseller and below it.

        A client that is restricted to instances hears only of these.

        Args:
            caller: who asks.
            after: the number; None for all that is kept.
            types: only these; None for all.
            limit: how many at most.

        Raises:
            EventsTrimmed: something after that number is not kept any more.
            InvalidInput: no event has come to that number yet.
        """
        reseller = caller.principal.reseller
        permit(self._database, caller, reseller)
        instances = caller.principal.reach.instances
        # Beginning with the last number and ending with the oldest: what is numbered or trimmed
        # meanwhile is asked for once more, or refused, but never passed over.
        with self._database.read() as connection:
            last = event_log.last(connection, reseller)
            require_reached(after or 0, last)
            begin = event_log.oldest(connection, reseller) - 1 if after is None else after
            if types is not None or instances is not None:
                until = min(last, event_log.advanced(connection, reseller, begin, WINDOW) or last)
            else:
                until = last
            wanted = Wanted(until, types, instances)
            items = event_log.part(connection, reseller, wanted, begin, limit)
            oldest = event_log.oldest(connection, reseller)
        if begin + 1 < oldest:
            raise EventsTrimmed(oldest)
        is_full = len(items) == limit
        return Slice(items, items[-1].number if is_full else until, last)
