"""Jobs of an instance: commands that SPE carries out later, for whoever may run them now."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.broker.jobs import ACTIONS, allowed_actions
from gateway.errors import NotFound
from gateway.model import Operation
from gateway.resources.jobs_schemas import (
    JobCreateSchema,
    JobPage,
    JobPatchSchema,
    JobSchema,
    readable,
    schedule_arguments,
)
from gateway.resources.users import require_ordinary
from gateway.spe.commands.jobs import (
    CANCEL_JOB_ASYNC,
    CREATE_JOB,
    DELETE_JOB,
    GET_JOBS,
    RENAME_JOB,
    RUN_JOB_ASYNC,
    SET_JOB_ENABLED,
    SET_JOB_SCHEDULE,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    NO_CONTENT,
    answer,
    listed,
    located,
    rows_of,
    services,
    shown,
    tagged,
    versioned,
)
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging
from gateway.web.validation import validates

blp = Blueprint("jobs", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/jobs")

SERVICE_PROVIDER = "$archiveadmin"
"""The user of service provider access: its jobs end with the customer's consent."""

WRITABLE = ("name", "action", "owner", "enabled", "schedule")


def page_shape(found: Operation) -> dict[str, Any]:
    """Return all jobs."""
    rows = rows_of(found.steps[-1].result, "id")
    return {"items": [shown(JobSchema, readable(row)) for row in rows], "nextCursor": None}


def one_shape(found: Operation) -> dict[str, Any]:
    """Return the job that was asked for."""
    wanted = found.context["subject"]["value"]
    return _last([job for job in page_shape(found)["items"] if job["id"] == wanted])


def created_shape(found: Operation) -> dict[str, Any]:
    """Return the job that was not there before; of several, the one of the wished name."""
    before = {row["id"] for row in rows_of(found.steps[0].result, "id")}
    new = [job for job in page_shape(found)["items"] if job["id"] not in before]
    return _last([job for job in new if job["name"] == found.context["name"]] or new)


def created(found: Operation) -> Response:
    """Answer with the job that was made."""
    return located(answer(found, 201), "id")


def _last(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    if not jobs:
        raise NotFound
    return jobs[-1]


def context_of(job: int) -> dict[str, Any]:
    """Return what an operation about one job needs to know."""
    allowed = allowed_actions(caller().principal.permissions)
    return {**versioned(GET_JOBS, WRITABLE, ("id", job)), "mayRun": allowed}


def creation(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of CreateJob.

    Raises:
        InvalidInput: the owner is one of SPE's own users.
    """
    if "owner" in body:
        require_ordinary(body["owner"], "/owner")
    owner = {"owner": body.get("owner", SERVICE_PROVIDER)}
    schedule = schedule_arguments(body.get("schedule", {}))
    return {"name": body["name"], "action": body["action"], **owner, **schedule}


def changes(job: int, body: dict[str, Any]) -> list[Invocation]:
    """Return the commands of a patch in their order.

    What makes a job run needs the right to do what the job does.
    """
    runs = body.get("enabled", False) or "schedule" in body
    rule = "require-action" if runs else None
    wishes = []
    if "name" in body:
        wishes.append((RENAME_JOB, {"name": body["name"]}))
    if "enabled" in body:
        wishes.append((SET_JOB_ENABLED, {"enabled": body["enabled"]}))
    if "schedule" in body:
        wishes.append((SET_JOB_SCHEDULE, schedule_arguments(body["schedule"])))
    return [
        Invocation(command, {"id": job, **arguments}, prepare=None if number else rule)
        for number, (command, arguments) in enumerate(wishes)
    ]


@blp.route("")
class Jobs(MethodView):
    """The collection."""

    @operation(
        blp,
        "listJobs",
        permission=Permission.JOBS_READ,
        commands=(GET_JOBS,),
        asynchronous=True,
        errors=(409,),
        shape=page_shape,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, JobPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the jobs."""
        found = services().broker.call(caller(), instance, [Invocation(GET_JOBS)])
        return listed(found, query, "id")

    @operation(
        blp,
        "createJob",
        permission=Permission.JOBS_CREATE,
        commands=(GET_JOBS, CREATE_JOB),
        asynchronous=True,
        errors=(409,),
        shape=created_shape,
        reply=created,
    )
    @validates(blp)
    @blp.arguments(
        JobCreateSchema,
        example={"name": "Nightly", "action": "VerifyStores", "schedule": {"time": "02:30"}},
    )
    @blp.response(201, JobSchema, headers={"Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create a job that runs a command which its creator may run.

        It belongs to the service provider: it runs only while the customer grants access.
        """
        more = [ACTIONS[body["action"]], *([Permission.JOBS_OWNER] if "owner" in body else [])]
        wishes = [
            Invocation(GET_JOBS),
            Invocation(CREATE_JOB, creation(body)),
            Invocation(GET_JOBS),
        ]
        context = {"name": body["name"]}
        found = services().broker.call(caller(), instance, wishes, *more, context=context)
        return created(found)


@blp.route("/<number:job>")
class OneJob(MethodView):
    """One job."""

    @operation(
        blp,
        "getJob",
        permission=Permission.JOBS_READ,
        commands=(GET_JOBS,),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.response(200, JobSchema, headers={"ETag": "ETag"})
    def get(self, instance: str, job: int) -> Response:
        """Show a job."""
        wishes, context = [Invocation(GET_JOBS)], context_of(job)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))

    @operation(
        blp,
        "updateJob",
        permission=Permission.JOBS_UPDATE,
        commands=(GET_JOBS, RENAME_JOB, SET_JOB_ENABLED, SET_JOB_SCHEDULE),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=one_shape,
    )
    @blp.arguments(JobPatchSchema, example={"enabled": False})
    @blp.response(200, JobSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], instance: str, job: int) -> Response:
        """Rename a job, then switch it, then replace its schedule as a whole: nothing is merged.

        When one fails, the problem's `steps` say what was done. Switching a job on and giving it
        a schedule need the right to run its command; a schedule needs a deployment whose version
        says for which instance it is.
        """
        rest = changes(job, body)
        wishes = [Invocation(GET_JOBS, check="require-version"), *rest]
        if rest:
            wishes.append(Invocation(GET_JOBS))
        context = context_of(job)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))

    @operation(
        blp,
        "deleteJob",
        permission=Permission.JOBS_DELETE,
        commands=(DELETE_JOB,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, instance: str, job: int) -> Response:
        """Delete a job."""
        wish = Invocation(DELETE_JOB, {"id": job})
        return answer(services().broker.call(caller(), instance, [wish]), NO_CONTENT)


@blp.route("/<number:job>/run")
class JobRun(MethodView):
    """A run outside the schedule."""

    @operation(
        blp,
        "runJob",
        permission=Permission.JOBS_RUN,
        commands=(GET_JOBS, RUN_JOB_ASYNC),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.response(200, JobSchema)
    def post(self, instance: str, job: int) -> Response:
        """Run a job now; whoever asks needs the right to run its command.

        The answer shows the job as it began. How it ended is found in the job results.
        """
        wishes = [
            Invocation(GET_JOBS),
            Invocation(RUN_JOB_ASYNC, {"id": job}, prepare="require-action"),
            Invocation(GET_JOBS),
        ]
        context = context_of(job)
        return answer(services().broker.call(caller(), instance, wishes, context=context))


@blp.route("/<number:job>/cancel")
class JobCancellation(MethodView):
    """The wish that a run ends."""

    @operation(
        blp,
        "cancelJob",
        permission=Permission.JOBS_RUN,
        commands=(CANCEL_JOB_ASYNC, GET_JOBS),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.response(200, JobSchema)
    def post(self, instance: str, job: int) -> Response:
        """Ask SPE to end a job that runs; SPE decides if and when."""
        wishes = [Invocation(CANCEL_JOB_ASYNC, {"id": job}), Invocation(GET_JOBS)]
        context = context_of(job)
        return answer(services().broker.call(caller(), instance, wishes, context=context))
