"""Time zones that schedules and reports may name."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.time_zones import GET_TIME_ZONES
from gateway.web.api import Blueprint
from gateway.web.door import listed, rows_of, services, shown
from gateway.web.fields import Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint(
    "time-zones", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/time-zones"
)


class TimeZoneSchema(Schema):
    """A time zone of the instance's host."""

    id = Text("As Windows names it.", required=True, dump_only=True)
    display_name = Text("In words.", min_length=0, allow_none=True, dump_only=True)


TimeZonePage = page_of(TimeZoneSchema)


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all time zones."""
    rows = rows_of(found.steps[-1].result, "id")
    return {"items": [shown(TimeZoneSchema, row) for row in rows], "nextCursor": None}


@blp.route("")
class TimeZones(MethodView):
    """The collection."""

    @operation(
        blp,
        "listTimeZones",
        permission=Permission.INSTANCES_READ,
        commands=(GET_TIME_ZONES,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, TimeZonePage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the time zones that the instance's host knows."""
        found = services().broker.call(caller(), instance, [Invocation(GET_TIME_ZONES)])
        return listed(found, query, "id")
