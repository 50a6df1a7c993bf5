"""What a bill depends on, told: one log for each reseller, whose cursors never break.

What is older than the days that it is kept for is not left out: for each instance one
`usage.baseline` stands for it, with the state that it came to.
"""

from typing import Any, Final

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.events.envelope import cloud_event
from gateway.model import USAGE_EVENTS, EventType
from gateway.resources.events import CloudEventSchema
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Flag, ListOf, Part, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("usage-events", __name__, description=__doc__, url_prefix="/usage/events")

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000


class UsageEventSchema(CloudEventSchema):
    """Something that a bill depends on, as CloudEvents 1.0 has it."""

    type = Choice(
        tuple(sorted({*USAGE_EVENTS, EventType.BASELINE})),
        "What has happened; `usage.baseline` stands for all before it.",
        required=True,
        dump_only=True,
    )


class UsageEventSliceSchema(Schema):
    """A part of the log."""

    items = ListOf(
        Part(UsageEventSchema), "What has happened, in its order.", required=True, dump_only=True
    )
    after = Whole("Ask on with this as `after`.", required=True, dump_only=True)
    is_last = Flag("Whether nothing more has happened yet.", required=True, dump_only=True)


class UsageEventsQuery(Schema):
    """From where on, and how many."""

    after = Whole("Only events with a greater number; 0 for all.", load_default=0)
    limit = Whole(
        f"At most so many; more than {MAX_LIMIT} is lowered to {MAX_LIMIT}.",
        least=1,
        load_default=DEFAULT_LIMIT,
    )


@blp.route("")
class UsageEvents(MethodView):
    """The log."""

    @operation(blp, "listUsageEvents", permission=Permission.USAGE_READ)
    @blp.arguments(UsageEventsQuery, location="query")
    @blp.response(200, UsageEventSliceSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List what has happened to the instances of your reseller and below it that is billed.

        Take `after` from the answer into the next call, at once while `isLast` is false, then
        after a pause. Whoever applies each event to the state of its instance, and puts the data
        of a `usage.baseline` in its place, has the same state from whatever number it began with,
        however long ago that was. Numbers that a baseline stands for are missing.

        A client that is restricted to instances hears only of these.
        """
        found = services().usage_log.part(caller(), query["after"], min(query["limit"], MAX_LIMIT))
        source = services().event_log.source
        items = [{**cloud_event(each, source), "time": each.create_time} for each in found.items]
        return {"items": items, "after": found.after, "is_last": found.is_last}
