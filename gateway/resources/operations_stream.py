"""An operation as it goes on: its log line by line, its progress, and its end, as events."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from flask import Response, request
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.errors import MalformedRequest
from gateway.model import Operation
from gateway.resources.operations import shape
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.event_streams import MEDIA_TYPE, Event, streams
from gateway.web.hooks import caller, renewed
from gateway.web.operation import operation

blp = Blueprint("operation-streams", __name__, description=__doc__, url_prefix="/operations")

GLANCE_SECONDS: Final = 0.25
PROGRESS: Final = ("status", "percentProgress", "queuePosition", "statusText", "steps")
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r(?!\Z))")
"""A whole line. A CR at the end of what is there may be half of a line break."""

ENDED: Final = "end"
_ID: Final = re.compile(rf"([0-9]{{1,15}})(?:\.([0-9a-f]{{8}}|{ENDED}))?", re.ASCII)
EVENT: Final = {
    "type": "object",
    "description": "One event of the stream, by the names of its fields.",
    "properties": {
        "event": {"type": "string", "x-extensible-enum": ["log", "progress", "end", "problem"]},
        "id": {"type": "string", "description": "For `Last-Event-ID`.", "example": "21.5d41402a"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "A JSON object; that of `end` is the operation.",
            "example": '{"offset":0,"text":"500 messages verified"}',
        },
    },
    "required": ["event", "data"],
}


@dataclass
class Reader:
    """How far somebody has read.

    Args:
        offset: characters of the log that were told.
        seen: a digest of the progress that was told last, or the word for the end.
    """

    offset: int = 0
    seen: str = "00000000"

    @classmethod
    def returning(cls, last: str | None) -> Self:
        """Return where a reader stood that comes back with ``Last-Event-ID``.

        Raises:
            MalformedRequest: no event of ours has such an id.
        """
        if not last:
            return cls()
        match = _ID.fullmatch(last)
        if not match:
            raise MalformedRequest("Last-Event-ID must be the id of an event of this stream.")
        return cls(int(match[1]), match[2] or cls.seen)

    @property
    def id(self) -> str:
        """The id of an event after which the reader stands here."""
        return f"{self.offset}.{self.seen}"

    def news(self, found: Operation) -> Iterator[Event]:
        """Yield what the reader has not been told yet."""
        yield from self._lines(found)
        shown = shape(found)
        progress = {name: shown[name] for name in PROGRESS}
        digest = hashlib.sha256(json.dumps(progress).encode()).hexdigest()[:8]
        if digest != self.seen:
            self.seen = digest
            yield Event("progress", progress, self.id)
        if found.status.is_final:
            self.seen = ENDED
            yield Event("end", shown, self.id)

    def _lines(self, found: Operation) -> Iterator[Event]:
        """Yield the lines that are whole; of one that has ended, the rest too."""
        end = found.log_start + len(found.log)
        self.offset = min(max(self.offset, found.log_start), end)
        rest = found.log[self.offset - found.log_start :]
        for line in LINE.findall(rest):
            yield self._line(line)
        if found.status.is_final and self.offset < end:
            yield self._line(found.log[self.offset - found.log_start :])

    def _line(self, line: str) -> Event:
        """Step over a line; its offset shows whether SPE's log was cut off before it."""
        data: dict[str, Any] = {"offset": self.offset, "text": line.rstrip("\r\n")}
        self.offset += len(line)
        return Event("log", data, self.id)


def events(found: Operation, reader: Reader) -> Iterator[Event | None]:
    """Yield what happens to an operation up to its end, as long as the caller may see it."""
    yield from reader.news(found)
    while not found.status.is_final:
        services().operations.wait(found.id, GLANCE_SECONDS)
        found = services().operations.look(renewed(), found.id)
        yield None
        yield from reader.news(found)


@blp.route("/<op:operation>/stream")
class OperationStream(MethodView):
    """The stream of an operation."""

    @operation(
        blp, "streamOperation", permission=Permission.OPERATIONS_READ, parameters=("LastEventId",)
    )
    @blp.doc(
        responses={
            200: {
                "description": "Events up to the end: `log`, `progress`, `end`, or `problem`.",
                "content": {MEDIA_TYPE: {"schema": EVENT}},
            },
            NO_CONTENT: {"description": "The reader has been told the end already."},
        }
    )
    def get(self, operation: str) -> Response:
        """Follow an operation as Server-Sent Events.

        `log` has a line of SPE's log, `progress` how far it is, `end` the whole operation. An id
        sent back as `Last-Event-ID` goes on after that event. The stream ends with `problem`
        within a second when the token, the client or the view of the operation is lost. A
        one-time result is never in it: read the operation for that.
        """
        found = services().operations.look(caller(), operation)
        reader = Reader.returning(request.headers.get("Last-Event-ID"))
        if reader.seen == ENDED:
            return Response(status=NO_CONTENT)
        return streams().answer(caller().principal.client, events(found, reader))
