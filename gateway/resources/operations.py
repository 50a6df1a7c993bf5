"""Operations: work on deployments that outlasts the answer to the call."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.creation import RESUMES
from gateway.broker.resolution import Word
from gateway.errors import NotFound, ReplyInvalid
from gateway.model import Operation, OperationStatus, StepStatus
from gateway.resources.operations_kinds import require_known
from gateway.spe.catalogue import ONE_TIME
from gateway.web import paging
from gateway.web.accepted import accepted
from gateway.web.api import Blueprint
from gateway.web.door import services, shaped
from gateway.web.fields import AnyValue, Choice, Flag, Id, Lines, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller, renewed
from gateway.web.operation import operation
from gateway.web.schemas import InputFault, Paging, Schema, page_of, whole

SETTLED = (OperationStatus.SUCCEEDED.value, OperationStatus.FAILED.value)

blp = Blueprint("operations", __name__, description=__doc__, url_prefix="/operations")


class OperationStepSchema(Schema):
    """One command of an operation, and how far it is."""

    command = Text("The Management API command.", required=True, dump_only=True)
    status = Choice(tuple(StepStatus), "How far it is.", required=True, dump_only=True)


class OperationUpstreamSchema(Schema):
    """What the deployment itself said; shown to operators only."""

    deployment = Text("The deployment.", min_length=0, dump_only=True)
    command = Text("The Management API command.", min_length=0, dump_only=True)
    message = Text("The deployment's own words.", min_length=0, dump_only=True)


class OperationProblemSchema(Schema):
    """Why an operation failed."""

    title = Text("What kind of problem it is.", required=True, dump_only=True)
    status = Whole("The HTTP status that a call would have had.", required=True, dump_only=True)
    detail = Text("What happened and what to do next.", required=True, dump_only=True)
    code = Text("The stable code.", required=True, dump_only=True)
    retryable = Flag("Whether the same call may succeed later.", required=True, dump_only=True)
    errors = ListOf(Part(InputFault), "Each fault in the input.", dump_only=True)
    permission = Text("The missing permission.", dump_only=True)
    upstream = Part(OperationUpstreamSchema, "For operators.", dump_only=True)


class OperationSchema(Schema):
    """A piece of work on a deployment: its progress and its outcome."""

    id = Id("op", "Opaque id.", required=True, dump_only=True)
    kind = Text("The operationId of the call that began it.", required=True, dump_only=True)
    status = Choice(
        tuple(OperationStatus),
        "`succeeded`, `failed`, `cancelled` and `unknown` are final.",
        required=True,
        dump_only=True,
    )
    steps = ListOf(Part(OperationStepSchema), "In their order.", required=True, dump_only=True)
    percent_progress = Whole(
        "Of the current step, where SPE tells it.", allow_none=True, required=True, dump_only=True
    )
    queue_position = Whole(
        "Of a queued operation about how many calls to its deployment come up to its own, 1 for "
        "the next: an estimate, since what comes later may be more urgent, and several gateways "
        "take turns. Null otherwise, and in lists.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    status_text = Text("What SPE says it is doing.", allow_none=True, required=True, dump_only=True)
    result = AnyValue(
        "What the call would have answered; null until it has succeeded. Of an operation in "
        "parts, what became of each so far.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    problem = Part(
        OperationProblemSchema,
        "Why it failed; null unless it did.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    parent = Id(
        "op", "The operation that it is a part of.", allow_none=True, required=True, dump_only=True
    )
    instance = Id("ins", "The instance.", allow_none=True, required=True, dump_only=True)
    deployment = Id("dep", "The deployment.", allow_none=True, required=True, dump_only=True)
    created_by = Id("cli", "The client that called.", required=True, dump_only=True)
    on_behalf_of = Text(
        "The end user that the client named.", allow_none=True, required=True, dump_only=True
    )
    create_time = Time("When it was begun.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)
    end_time = Time("When it became final.", allow_none=True, required=True, dump_only=True)
    deadline = Time("It is ended after this.", required=True, dump_only=True)
    resolved_by = Id(
        "cli",
        "The operator's client that settled it; null unless its outcome was unknown.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    resolve_time = Time("When it was settled.", allow_none=True, required=True, dump_only=True)
    resumes = Id(
        "op",
        "The operation whose rest this one carries out.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    note = Text("How the outcome was found out.", allow_none=True, required=True, dump_only=True)


class OperationResolutionSchema(Schema):
    """What a person has found out about an unknown outcome."""

    outcome = Choice(SETTLED, "What became of it.", required=True)
    note = Lines(
        "How you know; shown to everybody who sees the operation.", max_length=1000, required=True
    )


class OperationLogSchema(Schema):
    """A part of an operation's log."""

    text = Text("From the offset on.", min_length=0, required=True, dump_only=True)
    next_offset = Whole("Where the next part begins.", required=True, dump_only=True)


OperationPage = page_of(OperationSchema)
FILTERS = ("status", "instance", "kind", "parent")


class OperationQuery(Paging):
    """Which operations."""

    status = Choice(tuple(OperationStatus), "Only those in this state.")
    instance = Id("ins", "Only those of this instance.")
    kind = Text("Only those begun by this operationId.", max_length=60)
    parent = Id("op", "Only the parts of this operation.")


class OperationLogQuery(Schema):
    """Which part of the log."""

    offset = Whole("Characters to leave out from the start.", load_default=0)


def shape(found: Operation) -> Any:  # noqa: ANN401 - a JSON object
    """Return the operation as it is answered; upstream words are for operators."""
    once = any(step.command in ONE_TIME for step in found.steps)
    forgotten = once and not found.one_time
    done = found.status is OperationStatus.SUCCEEDED and not forgotten and not found.resolution
    has_result = done or found.in_parts
    values = _values(found) | {
        "result": _result(found) if has_result else None,
        "queue_position": services().operations.place_in_queue(found),
    }
    return whole(OperationSchema).dump(values)


def cancelled(found: Operation) -> Response:
    """Answer with an operation that was asked to end, as it stands."""
    return accepted(shape(found))


def settled(found: Operation) -> Response:
    """Answer with an operation that a person has settled."""
    return jsonify(shape(found))


def problem_of(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the stored problem as the caller may see it: upstream words are for operators."""
    if stored is None:
        return None
    hidden = {"seconds"} if caller().principal.is_operator else {"seconds", "upstream"}
    return {name: value for name, value in stored.items() if name not in hidden}


def _result(found: Operation) -> Any:  # noqa: ANN401 - any JSON value
    """Return what the call would have answered; of an instance that has another owner, nothing.

    Raises:
        ReplyInvalid: it has only read, and the deployment said what cannot be answered.
    """
    try:
        return shaped(found)
    except NotFound:
        return None
    except ReplyInvalid:
        if not found.changes:
            raise
        return None  # it is done, whatever the deployment says of it


def _values(found: Operation) -> dict[str, Any]:
    """Return an operation without its result, which may be large."""
    steps = [{"command": step.command, "status": step.status} for step in found.steps]
    word = found.resolution or {}
    return vars(found) | {
        "resolved_by": word.get("client"),
        "resolve_time": datetime.fromisoformat(word["time"]) if word else None,
        "note": word.get("note"),
        "resumes": found.context.get(RESUMES),
        "created_by": found.client,
        "result": None,
        "queue_position": None,
        "problem": problem_of(found.problem),
        "steps": steps,
    }


@blp.route("")
class Operations(MethodView):
    """The collection."""

    @operation(blp, "listOperations", permission=Permission.OPERATIONS_READ)
    @blp.arguments(OperationQuery, location="query")
    @blp.response(200, OperationPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List operations, the newest first."""
        require_known(query.get("kind"))
        filters: dict[str, str] = {name: query[name] for name in FILTERS if name in query}
        before = paging.position(query) or ""
        limit = query["limit"]
        found = services().operations.page(caller(), filters, before, limit + 1)
        shown, more = paging.cut(found, limit)
        return paging.page([_values(item) for item in shown], more)


@blp.route("/<op:operation>")
class OneOperation(MethodView):
    """One operation."""

    @operation(
        blp,
        "getOperation",
        permission=Permission.OPERATIONS_READ,
        shape=shape,
        parameters=("Prefer",),
    )
    @blp.response(200, OperationSchema)
    def get(self, operation: str) -> Response:
        """Show an operation, waiting for its end with `Prefer: wait=N`.

        A result that is shown once is gone after it was answered; `HEAD` takes it from nobody.
        """
        if request.method == "HEAD":
            return jsonify(shape(services().operations.look(caller(), operation)))
        return jsonify(shape(services().operations.get(caller(), operation, renewed)))


@blp.route("/<op:operation>/log")
class OperationLog(MethodView):
    """The log of an operation."""

    @operation(blp, "getOperationLog", permission=Permission.OPERATIONS_READ)
    @blp.arguments(OperationLogQuery, location="query")
    @blp.response(200, OperationLogSchema)
    def get(self, query: dict[str, Any], operation: str) -> dict[str, Any]:
        """Show what SPE has logged so far."""
        found = services().operations.look(caller(), operation)
        skipped = max(query["offset"] - found.log_start, 0)
        return {"text": found.log[skipped:], "next_offset": found.log_start + len(found.log)}


@blp.route("/<op:operation>/cancel")
class OperationCancellation(MethodView):
    """The wish that an operation ends."""

    @operation(
        blp,
        "cancelOperation",
        permission=Permission.OPERATIONS_CANCEL,
        asynchronous=True,
        reply=cancelled,
    )
    @blp.response(202, OperationSchema)
    def post(self, operation: str) -> Response:
        """Ask SPE to end an operation; it is `cancelling` until SPE says what became of it."""
        return cancelled(services().operations.cancel(caller(), operation))


@blp.route("/<op:operation>/resolve")
class OperationResolution(MethodView):
    """A person's word on an unknown outcome."""

    @operation(
        blp,
        "resolveOperation",
        permission=Permission.OPERATIONS_RESOLVE,
        errors=(409,),
        reply=settled,
    )
    @blp.arguments(
        OperationResolutionSchema,
        example={"outcome": "failed", "note": "The host was replaced; nothing is there."},
    )
    @blp.response(200, OperationSchema)
    def post(self, body: dict[str, Any], operation: str) -> Response:
        """Settle an operation that ended as `unknown`, for operators.

        What it kept, an instance in the making, its names and its quota, is ended as the outcome
        itself would have. Nothing is sent to SPE: find out first what is there.
        """
        word = Word(OperationStatus(body["outcome"]), body["note"])
        return settled(services().operations.resolve(caller(), operation, word))
