"""Follows the log of events, over as many connections as that takes."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Call, Unreachable
from gateway.cli.event_source import Event, events_of
from gateway.cli.following import FOUND, LOST, Patience, recover

LONGEST_SECONDS: Final = 3600
"""Of one connection, as REST has it."""

CONNECTED: Final = Event("connected", {})


class Tailing:
    """The log as it grows.

    Args:
        account: a client that may hear it.
        types: that are wanted, with commas; empty for all.
        after: the number after which it begins; None for what happens from now on.

    Attributes:
        position: the number up to which all was told; None before the first answer.
    """

    def __init__(self, account: Account, types: str, after: int | None) -> None:
        self.position = after
        self._account = account
        self._types = types
        self._patience = Patience()

    def events(self) -> Iterator[Event]:
        """Yield what happens, as ``event``; the others tell of the connection.

        ``begun`` comes first, with the ``number`` after which it begins; ``lost`` and ``found``.

        Raises:
            Refused: the log may not be heard, or not any more, or not from there on.
            Unreachable: the gateway was away for too long.
        """
        is_lost, is_new = False, True
        while True:
            try:
                for event in self._connection():
                    if is_new and self.position is not None:
                        is_new = False
                        yield Event("begun", {"number": self.position})
                    if is_lost and event is not CONNECTED:
                        is_lost = False
                        yield FOUND
                    if event.name == "event":
                        yield event
            except Unreachable as error:
                if not is_lost:
                    is_lost = True
                    yield LOST
                self._patience.wait(error)
            except Refused as error:
                recover(self._account, self._patience, error)

    def _connection(self) -> Iterator[Event]:
        """Yield what one connection tells; it ends by itself after an hour."""
        query = {"seconds": LONGEST_SECONDS} | ({"types": self._types} if self._types else {})
        resumed = {} if self.position is None else {"Last-Event-ID": str(self.position)}
        call = Call("GET", f"/events/stream?{urlencode(query)}", resumed)
        with self._account.listen(call) as stream:
            yield CONNECTED
            for event in events_of(stream.lines):
                if event.name == "problem":
                    raise Refused(event.data)
                self._patience.renew()
                self.position = int(event.id) if event.id else self.position
                yield event
