"""Every call goes through here: token, key, answer, problem."""

from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx

from .errors import problem_of
from .generated import models
from .operation import Operation
from .pages import P, Pages
from .streams import StreamEvent, events_in
from .tokens import Tokens
from .transport import Transport

T = TypeVar("T")
Prepared = MutableMapping[str, Any]
"""A call as the generated functions make it; it is completed here."""

KEY: Final = "Idempotency-Key"
recorded: ContextVar[list[httpx.Response] | None] = ContextVar("recorded", default=None)
"""The answers of the block that records them, in this thread."""


class Caller:
    """Makes calls in the name of one client; may be used by several threads at once.

    Args:
        transport: to the gateway.
        tokens: of the client.
    """

    def __init__(self, transport: Transport, tokens: Tokens) -> None:
        self._transport = transport
        self._tokens = tokens

    def value(self, call: Prepared, read: Callable[[Any], T]) -> T:
        """Return what a call answers."""
        return read(_body(self.send(call)))

    def awaited(self, call: Prepared, read: Callable[[Any], T]) -> T:
        """Return what a call answers in the end, also if that takes long."""
        call.setdefault("headers", {}).setdefault("Prefer", f"wait={self._transport.longest_wait}")
        return self.begin(call, read).wait()

    def accepted(self, call: Prepared) -> models.Operation:
        """Return the operation that a call is answered with, as it is."""
        return self.value(call, models.Operation.from_dict)

    def open(self, call: Prepared, read: Callable[[Any], T]) -> T:
        """Return what a call answers that needs no token."""
        return read(_body(_understood(self._transport.send(call))))

    def begin(self, call: Prepared, read: Callable[[Any], T]) -> Operation[T]:
        """Begin what may go on after the answer."""
        response = self.send(call)
        body = _body(response)
        if response.status_code == httpx.codes.ACCEPTED:
            return Operation(self, read, snapshot=models.Operation.from_dict(body))
        return Operation(self, read, answered=body)

    def begin_many(self, call: Prepared, read: Callable[[Any], T]) -> Operation[T]:
        """Begin an operation in parts: it is answered itself, ended or not."""
        return Operation(self, read, snapshot=self.accepted(call))

    def pages(
        self, call: Prepared, read: Callable[[Any], P], items: Callable[[P], list[T]]
    ) -> Pages[P, T]:
        """Return a list that is read page by page."""

        def ask(cursor: str | None) -> P:
            further = {"cursor": cursor} if cursor else {}
            asked = {**call, "params": {**call.get("params", {}), **further}}
            return self.awaited(asked, read)

        return Pages(ask, items)

    def events(self, call: Prepared) -> Iterator[StreamEvent]:
        """Yield the events of a stream as they come.

        Raises:
            ConnectionLost: the stream broke; the id of the last event goes on after it.
        """
        for attempt in ("first", "renewed"):
            token = self._authorise(call)
            with self._transport.listen(call) as response:
                if response.status_code == httpx.codes.UNAUTHORIZED and attempt == "first":
                    self._tokens.refused(token)
                    continue
                if response.is_error:
                    response.read()
                yield from events_in(_understood(response).iter_lines())
                return

    def look(self, operation: str, wait_seconds: int) -> models.Operation:
        """Return an operation, at its end or after so many seconds, or fewer."""
        seconds = min(wait_seconds, self._transport.longest_wait)
        call: Prepared = {
            "method": "get",
            "url": f"/operations/{operation}",
            "headers": {"Prefer": f"wait={seconds}"},
        }
        return models.Operation.from_dict(self.send(call).json())

    def cancel(self, operation: str) -> None:
        """Ask for the end of an operation."""
        self.send(keyed({"method": "post", "url": f"/operations/{operation}/cancel"}))

    def send(self, call: Prepared) -> httpx.Response:
        """Send a call with a token, and once more with another if that was refused.

        All of it takes no longer than one call may take.

        Raises:
            ProblemError: the gateway refused.
            ConnectionLost: there is no answer.
        """
        until = self._transport.until()
        token = self._authorise(call, until)
        response = self._transport.send(call, until)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._tokens.refused(token)
            self._authorise(call, until)
            response = self._transport.send(call, until)
        return _understood(response)

    def _authorise(self, call: Prepared, until: float | None = None) -> str:
        token = self._tokens.current(until)
        call["headers"] = {**call.get("headers", {}), "Authorization": f"Bearer {token}"}
        return token


def keyed(call: Prepared) -> Prepared:
    """Give a call its one key, unless the caller has given it one."""
    call.setdefault("headers", {}).setdefault(KEY, uuid4().hex)
    return call


def nothing(_body: object) -> None:
    """Read an answer that has no body."""


def _understood(response: httpx.Response) -> httpx.Response:
    found = recorded.get()
    if found is not None:
        found.append(response)
    if response.is_success:
        return response
    raise problem_of(response)


def _body(response: httpx.Response) -> Any:  # noqa: ANN401 # any JSON value
    return response.json() if response.content else None
