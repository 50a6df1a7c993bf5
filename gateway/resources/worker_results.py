"""Results of executed profiles, which SPE keeps for about thirty days."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.reader import Reader
from gateway.broker.worker_results import WorkerResults
from gateway.errors import InputFault, InvalidInput
from gateway.model import Instance, Operation, now
from gateway.spe.commands.worker_results import GET_WORKER_RESULT_REPORT, GET_WORKER_RESULTS
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import answer, services
from gateway.web.fields import Choice, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Page, Paging, Schema

blp = Blueprint(
    "worker-results",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/worker-results",
)

USUAL_RANGE = timedelta(days=7)
LONGEST_RANGE = timedelta(days=92)
MAX_NUMBER = 2**31 - 1
OUTCOMES = ("succeeded", "completedWithErrors", "completedWithWarnings", "failed", "cancelled")


class WorkerResultSchema(Schema):
    """One execution of a profile that has ended."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    user_name = Text("Who ran it.", min_length=0, allow_none=True, dump_only=True)
    profile_id = Whole("The profile; absent for a temporary one.", allow_none=True, dump_only=True)
    profile_name = Text("Its name then.", min_length=0, allow_none=True, dump_only=True)
    result = Choice(OUTCOMES, "How it ended.", required=True, dump_only=True)
    items_archived = Whole("Messages that it archived.", allow_none=True, dump_only=True)
    start_time = Time("When it began.", allow_none=True, dump_only=True)
    complete_time = Time("When it ended.", allow_none=True, dump_only=True)
    machine_name = Text("Where it ran.", min_length=0, allow_none=True, dump_only=True)


class TimeRangeSchema(Schema):
    """A range of time."""

    from_time = Time("From this on.", data_key="from", required=True, dump_only=True)
    to_time = Time("Up to, and without, this.", data_key="to", required=True, dump_only=True)


class WorkerResultPage(Page):
    """A page of WorkerResult objects."""

    items = ListOf(Part(WorkerResultSchema), "Those of this page.", dump_only=True, required=True)
    unreadable = ListOf(
        Part(TimeRangeSchema),
        "Ranges that SPE fails to read, however small they are asked for.",
        dump_only=True,
        required=True,
    )


class WorkerResultReportSchema(Schema):
    """What an execution reported."""

    id = Whole("The number of the result.", required=True, dump_only=True)
    report = Text("In SPE's words.", min_length=0, required=True, dump_only=True)


class WorkerResultQuery(Paging):
    """Which results."""

    from_time = Time("From this on; left out, seven days before `to`.", data_key="from")
    to_time = Time("Up to, and without, this; left out, now.", data_key="to")
    profile_id = Whole("Only those of this profile.", least=1, most=MAX_NUMBER)


def time_range(query: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return the range that is asked for, in whole seconds.

    Raises:
        InvalidInput: it ends before it begins, or is too long.
    """
    end = query.get("to_time") or now()
    start = query.get("from_time") or end - USUAL_RANGE
    if not start < end <= start + LONGEST_RANGE:
        sentence = f"The range must end after it begins, and be at most {LONGEST_RANGE.days} days."
        raise InvalidInput([InputFault("/query/to", "OUT_OF_RANGE", sentence)])
    if end.microsecond:
        end += timedelta(seconds=1)
    return start.replace(microsecond=0), end.replace(microsecond=0)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a result; SPE's times have no zone, and were asked for in UTC."""
    return {
        "id": row["id"],
        "user_name": row.get("userName"),
        "profile_id": row.get("profileId"),
        "profile_name": row.get("profileName"),
        "result": row.get("result"),
        "items_archived": row.get("itemsArchived"),
        "start_time": moment(row.get("startTime")),
        "complete_time": moment(row.get("completeTime")),
        "machine_name": row.get("machineName"),
    }


def moment(text: object) -> datetime | None:
    """Return a time of SPE's in UTC; None where it is none."""
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    except ValueError:
        return None


def report_shape(found: Operation) -> dict[str, Any]:
    """Return the report, which versions of SPE wrap differently."""
    result = found.steps[-1].result
    report = result.get("report") if isinstance(result, dict) else result
    return {"id": found.context["result"], "report": "" if report is None else str(report)}


@blp.route("")
class WorkerResultList(MethodView):
    """The collection."""

    @operation(
        blp,
        "listWorkerResults",
        permission=Permission.WORKER_RESULTS_READ,
        commands=(GET_WORKER_RESULTS,),
        errors=(409,),
    )
    @blp.arguments(WorkerResultQuery, location="query")
    @blp.response(200, WorkerResultPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the results of executed profiles.

        Ranges that SPE cannot answer are asked for in parts and joined.
        """
        start, end = time_range(query)
        filters = {"profileID": query["profile_id"]} if "profile_id" in query else {}

        def work(reader: Reader, found: Instance) -> WorkerResults:
            return WorkerResults(reader, found, filters).read(start, end)

        results = services().broker.look(caller(), instance, work)
        after = paging.position(query) or 0
        numbers = sorted(number for number in results.rows if number > after)
        chosen, more = paging.cut(numbers, query["limit"], int)
        page = paging.page([view(results.rows[number]) for number in chosen], more)
        unread = [{"from_time": one, "to_time": other} for one, other in results.unreadable]
        return jsonify(WorkerResultPage().dump(page | {"unreadable": unread}))


@blp.route("/<number:result>/report")
class WorkerResultReport(MethodView):
    """What an execution reported."""

    @operation(
        blp,
        "getWorkerResultReport",
        permission=Permission.WORKER_RESULTS_READ,
        commands=(GET_WORKER_RESULT_REPORT,),
        asynchronous=True,
        errors=(409,),
        shape=report_shape,
    )
    @blp.response(200, WorkerResultReportSchema)
    def get(self, instance: str, result: int) -> Response:
        """Show what an execution reported."""
        wish = Invocation(GET_WORKER_RESULT_REPORT, {"id": result})
        context = {"result": result}
        return answer(services().broker.call(caller(), instance, [wish], context=context))
