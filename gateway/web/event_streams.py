"""Server-Sent Events (WHATWG HTML, section 9.2): a text for each event, a thread for each reader.

An event's data is one line of JSON. A comment every few seconds shows that the stream lives, and
finds readers that are gone.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import randint
from threading import Lock
from time import monotonic
from typing import Any, Final, cast

from flask import Response, current_app, stream_with_context

from gateway.broker.departure import Departure
from gateway.errors import GatewayError
from gateway.web.hooks import EXTENSION
from gateway.web.http_errors import RateLimited, StreamsExhausted
from gateway.web.problems import problem_of

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 10.0
RETRY_MILLISECONDS: Final = 2000
"""After which pause a browser comes back when the connection is lost."""

HEADERS: Final = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
"""What keeps a proxy from holding events back; ``no-transform`` forbids compressing them."""


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        name: what browsers listen for.
        data: any JSON object.
        id: what a reader sends as ``Last-Event-ID`` when it comes back; None leaves the last one.
    """

    name: str
    data: Mapping[str, Any]
    id: str | None = None

    def text(self) -> str:
        """Return the event as it is sent."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        marked = f"id: {self.id}\n" if self.id is not None else ""
        return f"event: {self.name}\n{marked}data: {data}\n\n"


class Streams:
    """The streams that one process serves at once; one client has half of them at most.

    Args:
        limit: how many; each holds a thread.
        departure: of the process, which ends them all.
    """

    def __init__(self, limit: int, departure: Departure) -> None:
        self._limit = limit
        self._departure = departure
        self._share = (limit + 1) // 2
        self._open = Counter[str]()
        self._lock = Lock()

    @property
    def count(self) -> int:
        """How many are open."""
        with self._lock:
            return self._open.total()

    def answer(self, client: str, events: Iterator[Event | None]) -> Response:
        """Answer with a stream that lasts as long as there are events.

        Args:
            client: who reads.
            events: None is a pause in which nothing happened; an error is told and ends it.

        Raises:
            StreamsExhausted: as many are open as may be.
            RateLimited: the client has as many as one may have.
        """
        self._take(client)
        texts = _texts(events, self._departure)
        response = Response(stream_with_context(texts), mimetype=MEDIA_TYPE)
        response.headers.update(HEADERS)
        response.call_on_close(partial(self._give_back, client))
        return response

    def _take(self, client: str) -> None:
        with self._lock:
            if self._open.total() >= self._limit:
                raise StreamsExhausted
            if self._open[client] >= self._share:
                raise RateLimited(
                    f"More than {self._share} streams of this client at once; end one first.",
                    RETRY_MILLISECONDS // 1000,
                )
            self._open[client] += 1

    def _give_back(self, client: str) -> None:
        with self._lock:
            self._open -= Counter((client,))  # forgets a client that has none left


def streams() -> Streams:
    """Return the streams of this process."""
    return cast("Streams", current_app.extensions[EXTENSION].streams)


def _texts(events: Iterator[Event | None], departure: Departure) -> Iterator[bytes]:
    """Yield the events as they are sent; when the process departs, when to come back."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    spoken = monotonic()
    for event in _with_problem(events):
        if event is None and departure.is_begun:
            pause = randint(RETRY_MILLISECONDS // 4, RETRY_MILLISECONDS)  # noqa: S311 # they must not all come at once
            yield f": this gateway stops; another goes on\nretry: {pause}\n\n".encode()
            return
        if event is None and monotonic() - spoken < HEARTBEAT_SECONDS:
            continue
        yield (":\n\n" if event is None else event.text()).encode("utf-8", "backslashreplace")
        spoken = monotonic()


def _with_problem(events: Iterator[Event | None]) -> Iterator[Event | None]:
    """Tell why a stream ends before its time, as an answer would have."""
    try:
        yield from events
    except GatewayError as error:
        yield Event("problem", problem_of(error))
