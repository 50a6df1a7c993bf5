"""What has happened, told: one log for each reseller, with what happens to it and below it.

Each event has a number, one more than the one before. Ask from the last one that you know, or
follow the stream: nothing is left out, nothing comes twice, and nothing comes late under a number
that was passed. docs/events.md lists the types.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from time import monotonic, sleep
from typing import Any, Final

from flask import Response, request
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.errors import InputFault, InvalidInput, MalformedRequest
from gateway.events.envelope import SPECVERSION, cloud_event
from gateway.events.types import SENT, WORDS, expanded
from gateway.model import Event
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.event_streams import MEDIA_TYPE, streams
from gateway.web.event_streams import Event as Told
from gateway.web.fields import AnyValue, Choice, Flag, Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller, renewed
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("events", __name__, description=__doc__, url_prefix="/events")

GLANCE_SECONDS: Final = 0.25
STREAMED: Final = 100
"""Events that are read at once for a stream."""

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
MAX_TYPES: Final = 2000
MAX_SECONDS: Final = 3600
DIGITS: Final = 15
EVENT: Final = {
    "type": "object",
    "description": "One event of the stream, by the names of its fields.",
    "properties": {
        "event": {"type": "string", "x-extensible-enum": ["event", "position", "problem"]},
        "id": {"type": "string", "description": "For `Last-Event-ID`.", "example": "4711"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "A JSON object; that of `event` is a `CloudEvent`.",
            "example": '{"number":4711}',
        },
    },
    "required": ["event", "data"],
}


class CloudEventSchema(Schema):
    """Something that has happened, as CloudEvents 1.0 has it."""

    specversion = Text(f"`{SPECVERSION}`.", required=True, dump_only=True)
    id = Id("evt", "Opaque id; the same in every log that has it.", required=True, dump_only=True)
    source = Text("The gateway that tells it.", required=True, dump_only=True)
    type = Choice(
        SENT,
        "What has happened; `webhook.test` is in no log.",
        required=True,
        dump_only=True,
    )
    subject = Text("What it is about: an opaque id.", required=True, dump_only=True)
    time = Time("When it happened.", required=True, dump_only=True)
    datacontenttype = Text("`application/json`.", required=True, dump_only=True)
    number = Whole(
        "Its place in your log, from 1; 0 for what is in none.", required=True, dump_only=True
    )
    reseller = Id(
        "res", "To whom it happened: yours, or one below it.", required=True, dump_only=True
    )
    instance = Id("ins", "The instance that it concerns.", dump_only=True)
    deployment = Id("dep", "The deployment that it concerns.", dump_only=True)
    data = AnyValue("What else is told, by its type.", required=True, dump_only=True)


class EventSliceSchema(Schema):
    """A part of the log."""

    items = ListOf(
        Part(CloudEventSchema), "What has happened, in its order.", required=True, dump_only=True
    )
    after = Whole(
        "Ask on with this as `after`; it goes past what was not wanted.",
        required=True,
        dump_only=True,
    )
    is_last = Flag("Whether nothing more has happened yet.", required=True, dump_only=True)
    last = Whole("The number of the last event of the log.", required=True, dump_only=True)


class TypesQuery(Schema):
    """Which events."""

    types = Text(
        "Only these types, with commas between them; `instance.*` is a family of them.",
        max_length=MAX_TYPES,
    )


class EventsQuery(TypesQuery):
    """Which events, and how many."""

    after = Whole("Only events with a greater number; left out, from the oldest that is kept.")
    limit = Whole(
        f"At most so many; more than {MAX_LIMIT} is lowered to {MAX_LIMIT}.",
        least=1,
        load_default=DEFAULT_LIMIT,
    )


class EventStreamQuery(TypesQuery):
    """Which events, from where and for how long."""

    after = Whole(
        "Begin with the next number after this; left out, with what happens from now on. "
        "`Last-Event-ID` counts more."
    )
    seconds = Whole(
        "After so many seconds the stream ends, with 0 when all that has happened is told; come "
        "back with `Last-Event-ID`.",
        most=MAX_SECONDS,
        load_default=MAX_SECONDS,
    )


@blp.route("")
class Events(MethodView):
    """The log."""

    @operation(blp, "listEvents", permission=Permission.EVENTS_READ, errors=(410,))
    @blp.arguments(EventsQuery, location="query")
    @blp.response(200, EventSliceSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List what has happened to your reseller and below it, from a number on.

        Take `after` from the answer into the next call, at once while `isLast` is false, then
        after a pause. An answer may be empty and not the last one: what it passed over was not
        wanted. Numbers that are not kept any more are answered with 410, which names the oldest.

        A client that is restricted to instances hears only of these.
        """
        types = _types(query)
        limit = min(query["limit"], MAX_LIMIT)
        found = services().event_log.part(caller(), query.get("after"), types, limit)
        return {
            "items": [{**_envelope(each), "time": each.create_time} for each in found.items],
            "after": found.after,
            "is_last": found.is_last,
            "last": found.last,
        }


@blp.route("/stream")
class EventStream(MethodView):
    """The log as it grows."""

    @operation(
        blp,
        "streamEvents",
        permission=Permission.EVENTS_READ,
        errors=(410,),
        parameters=("LastEventId",),
    )
    @blp.arguments(EventStreamQuery, location="query")
    @blp.doc(
        responses={
            200: {
                "description": "What happens: `event`, `position`, or `problem`.",
                "content": {MEDIA_TYPE: {"schema": EVENT}},
            }
        }
    )
    def get(self, query: dict[str, Any]) -> Response:
        """Follow the log as Server-Sent Events.

        The data of `event` is a CloudEvent, its id the number. `position` says up to where all
        was told, where the last ones were not wanted, and comes first to a new reader. An id sent
        back as `Last-Event-ID` goes on after that number: nothing is lost, nothing comes twice.
        The stream ends with `problem` within a second when the token or the client is lost.
        """
        types = _types(query)
        after = _position(request.headers.get("Last-Event-ID"), query.get("after"))
        begin = services().event_log.last(caller()) if after is None else after
        services().event_log.part(caller(), begin, types, 1)  # else a refusal would be no answer
        followed = _followed(begin, types, query["seconds"], is_new=after is None)
        return streams().answer(caller().principal.client, followed)


def _followed(
    after: int, types: Sequence[str] | None, seconds: int, *, is_new: bool
) -> Iterator[Told | None]:
    """Yield what happens, as long as the caller may hear it."""
    end = monotonic() + seconds
    if is_new:
        yield _at(after)
    while True:
        found = services().event_log.part(renewed(), after, types, STREAMED)
        for each in found.items:
            after = each.number
            yield Told("event", _envelope(each), str(each.number))
        if found.after != after:
            after = found.after
            yield _at(after)
        if found.is_last:
            if monotonic() >= end:
                return
            sleep(GLANCE_SECONDS)
            yield None


def _at(number: int) -> Told:
    return Told("position", {"number": number}, str(number))


def _envelope(event: Event) -> dict[str, Any]:
    return cloud_event(event, services().event_log.source)


def _types(query: dict[str, Any]) -> Sequence[str] | None:
    """Return the types that are wanted; None for all.

    Raises:
        InvalidInput: one is none of ours; it names some that are spelt like it.
    """
    if "types" not in query:
        return None
    words = query["types"].split(",")
    for word in words:
        if word not in WORDS:
            like = get_close_matches(word, WORDS) or WORDS[:3]
            detail = f"No event is of this type; {', '.join(like)} are some."
            raise InvalidInput([InputFault("/query/types", "UNKNOWN_TYPE", detail)])
    return expanded(words)


def _position(last: str | None, after: int | None) -> int | None:
    """Return from where on a reader wants to hear.

    Raises:
        MalformedRequest: no event has such an id.
    """
    if not last:
        return after
    if not (last.isascii() and last.isdigit() and len(last) <= DIGITS):
        raise MalformedRequest("Last-Event-ID must be the id of an event of this stream.")
    return int(last)
