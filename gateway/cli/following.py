"""Follows an operation to its end, over as many connections as that takes."""

from collections.abc import Callable, Iterable, Iterator
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from urllib.parse import quote

from gateway.cli.account import UNAUTHORIZED, Account, Refused
from gateway.cli.api_client import Call, Unreachable
from gateway.cli.event_source import Event, events_of

PATIENCE_SECONDS: Final = 300.0
"""For so long a gateway may be away, as while it is restarted or upgraded."""

PAUSE_SECONDS: Final = 1.0
PASSING: Final = frozenset(
    {"IDEMPOTENCY_IN_FLIGHT", "RATE_LIMITED", "STORAGE_UNAVAILABLE", "STREAMS_EXHAUSTED"}
)
"""Problems of the gateway itself that may be gone a moment later."""

LOST: Final = Event("lost", {})
FOUND: Final = Event("found", {})
"""Events of our own: the connection is gone, and is there again."""

Told = TypeVar("Told")


class Patience:
    """Waits for a gateway that is away, but not for ever.

    Args:
        seconds: how long at most, since it was there.
    """

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._since = monotonic()

    def renew(self) -> None:
        """Note that the gateway is there."""
        self._since = monotonic()

    def wait(self, error: Exception) -> None:
        """Wait a moment before the next attempt.

        Args:
            error: why the last one failed; raised when it has been long enough.
        """
        if monotonic() - self._since > self._seconds:
            raise error
        sleep(PAUSE_SECONDS)

    def insist(self, attempt: Callable[[], Told]) -> Told:
        """Repeat what breaks off, and return what it returns.

        Args:
            attempt: can be repeated without harm.

        Raises:
            Refused: it was answered with a problem that does not pass.
            Unreachable: the gateway was away for too long.
        """
        while True:
            try:
                return attempt()
            except Unreachable as error:
                self.wait(error)
            except Refused as error:
                if error.code not in PASSING:
                    raise
                self.wait(error)


class Following:
    """An operation as it goes on.

    Args:
        account: a client that may see it.
        operation: its id.
    """

    def __init__(self, account: Account, operation: str) -> None:
        self.operation = operation
        self._account = account
        self._path = f"/operations/{quote(operation, safe='')}"
        self._last = ""
        self._patience = Patience()

    def events(self) -> Iterator[Event]:
        """Yield what has happened since the last event that was yielded, up to the end.

        Raises:
            Refused: the operation cannot be seen, or not any more.
            Unreachable: the gateway was away for too long.
        """
        greeting: tuple[Event, ...] = ()
        while not self._last.endswith(".end"):
            try:
                yield from self._connection(greeting)
            except Unreachable as error:
                if not greeting:
                    yield LOST
                greeting = (FOUND,)
                self._patience.wait(error)
            except Refused as error:
                recover(self._account, self._patience, error)

    def end(self) -> dict[str, Any]:
        """Return the operation once it has ended; a one-time result is handed to its creator."""
        answer = self._patience.insist(lambda: self._account.call(Call("GET", self._path)))
        ended: dict[str, Any] = answer.body
        return ended

    def cancel(self) -> None:
        """Ask for the end of the operation; what comes of it is SPE's to decide."""
        self._account.call(Call("POST", f"{self._path}/cancel"))

    def _connection(self, greeting: Iterable[Event]) -> Iterator[Event]:
        """Yield what one connection tells, once there is one.

        Raises:
            Unreachable: it broke, or it ended before the operation.
            Refused: the gateway does not show the operation, or not any more.
        """
        resumed = {"Last-Event-ID": self._last} if self._last else {}
        with self._account.listen(Call("GET", f"{self._path}/stream", resumed)) as stream:
            yield from greeting
            for event in events_of(stream.lines):
                if event.name == "problem":
                    raise Refused(event.data)
                self._patience.renew()
                self._last = event.id
                yield event
        if not self._last.endswith(".end"):
            raise Unreachable(f"The stream of {self.operation} ended too early.")


def recover(account: Account, patience: Patience, error: Refused) -> None:
    """Wait after a refusal that may pass: a token that has run out, too many streams.

    Args:
        account: who is refused; it signs in anew.
        patience: ends at last.
        error: the refusal.

    Raises:
        Refused: it does not pass.
    """
    if error.problem.get("status") == UNAUTHORIZED:
        account.forget_token()
    elif error.code not in PASSING:
        raise error
    patience.wait(error)
