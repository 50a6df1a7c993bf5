"""A client as docs/retries.md wants it: it repeats a call under its key until it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Final
from uuid import uuid4

from gateway.cli.api_client import Answer, Api, Call, Unreachable
from gateway.cli.following import PASSING

PATIENCE_SECONDS: Final = 120.0
"""Longer than a key stays taken whose gateway died before it had begun anything."""

PAUSE_SECONDS: Final = 0.25
ALONE: Final = {"Connection": "close"}
"""On a connection that was used before, HAProxy says nothing of an answer that is lost, neither to
the client nor in its log."""


@dataclass(frozen=True)
class Attempt:
    """A request as it was sent once.

    Args:
        name: its ``X-Request-Id``, which no other attempt has.
        request: what all attempts at the same request share.
        call: as in ``POST /instances``.
        began: when it was sent, in seconds of the monotonic clock.
        ended: when there was an answer, or none was to come.
        status: of the answer; None if the connection broke, or the proxy answered by itself.
    """

    name: str
    request: str
    call: str
    began: float
    ended: float
    status: int | None


@dataclass
class Record:
    """What the clients of a run sent; several threads write."""

    attempts: list[Attempt] = field(default_factory=list)

    def broken(self) -> list[Attempt]:
        """Return the attempts without an answer."""
        return [attempt for attempt in self.attempts if attempt.status is None]

    def requests(self) -> Mapping[str, Attempt]:
        """Return the last attempt at each request."""
        return {attempt.request: attempt for attempt in tuple(self.attempts)}


class PersistentApi(Api):
    """A gateway at a URL, asked until it answers.

    Args:
        url: scheme, host and port.
        record: gets every attempt.
    """

    def __init__(self, url: str, record: Record) -> None:
        super().__init__(url)
        self._record = record

    def send(self, call: Call) -> Answer:
        """Send a request, again under the same key while its connection breaks.

        Raises:
            Unreachable: there was no answer for two minutes.
        """
        request, end = uuid4().hex, monotonic() + PATIENCE_SECONDS
        keyed = _keyed(call, request)
        while True:
            try:
                answer = self._attempt(keyed, request)
            except Unreachable:
                if monotonic() > end:
                    raise
            else:
                if not _passes(answer) or monotonic() > end:
                    return answer
            sleep(PAUSE_SECONDS)

    def _attempt(self, call: Call, request: str) -> Answer:
        name, began, status = uuid4().hex, monotonic(), None
        headers = {**call.headers, "X-Request-Id": name, **ALONE}
        try:
            answer = super().send(Call(call.method, call.path, headers, call.body, call.form))
            status = answer.status
        finally:
            told = f"{call.method} {call.path}"
            attempt = Attempt(name, request, told, began, monotonic(), status)
            self._record.attempts.append(attempt)
        return answer


def _keyed(call: Call, key: str) -> Call:
    """Return a POST with a key; a token is fetched without one."""
    if call.method != "POST" or call.form is not None:
        return call
    return Call(call.method, call.path, {**call.headers, "Idempotency-Key": key}, call.body)


def _passes(answer: Answer) -> bool:
    """Whether a refusal may be gone a moment later."""
    return isinstance(answer.body, dict) and answer.body.get("code") in PASSING
