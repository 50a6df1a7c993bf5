"""How jobs ended. SPE keeps about 90 days of it."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation, now
from gateway.spe.commands.jobs import GET_JOB_RESULTS
from gateway.spe.times import TIME_ZONE, moment_of, spe_time
from gateway.web.api import Blueprint
from gateway.web.door import listed, rows_of, services, shown
from gateway.web.fields import Choice, Fault, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint(
    "job-results", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/job-results"
)

WINDOW = timedelta(days=7)
RESULTS = ("succeeded", "completedWithErrors", "completedWithWarnings", "failed", "cancelled")


class JobResultSchema(Schema):
    """The end of a run of a job."""

    job_result_id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    job_id = Whole("Of the job.", allow_none=True, dump_only=True)
    action = Text("The command that it ran.", min_length=0, allow_none=True, dump_only=True)
    start_time = Time("When it began.", allow_none=True, dump_only=True)
    complete_time = Time("When it ended.", allow_none=True, dump_only=True)
    result = Choice(RESULTS, "How it ended.", allow_none=True, dump_only=True)


class JobResultQuery(Paging):
    """Which results."""

    since = Time("From this time on; seven days before `to` unless given.", data_key="from")
    until = Time("Before this time; now unless given.", data_key="to")
    job = Whole("Only those of this job.", least=1, most=2**31 - 1)

    @ma.validates_schema(skip_on_field_errors=True)
    def check_order(self, data: dict[str, Any], **_: object) -> None:
        """Check that the window does not end before it begins."""
        if "since" in data and data["since"] > data.get("until", now()):
            fault = Fault("The window ends before it begins.", "OUT_OF_ORDER")
            raise ma.ValidationError(fault, "from")


JobResultPage = page_of(JobResultSchema)


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all results of the window."""
    rows = rows_of(found.steps[-1].result, "jobResultId")
    return {"items": [shown(JobResultSchema, _readable(row)) for row in rows], "nextCursor": None}


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: moment_of(row.get(name)) for name in ("startTime", "completeTime")}}


@blp.route("")
class JobResults(MethodView):
    """The collection."""

    @operation(
        blp,
        "listJobResults",
        permission=Permission.JOBS_READ,
        commands=(GET_JOB_RESULTS,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(JobResultQuery, location="query")
    @blp.response(200, JobResultPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the results of jobs, the oldest of the window first."""
        until = query.get("until", now() + timedelta(seconds=1))
        arguments = {
            "fromIncluding": spe_time(query.get("since", until - WINDOW)),
            "toExcluding": spe_time(until),
            "timeZoneId": TIME_ZONE,
            **({"jobId": query["job"]} if "job" in query else {}),
        }
        wish = Invocation(GET_JOB_RESULTS, arguments)
        return listed(services().broker.call(caller(), instance, [wish]), query, "jobResultId")
