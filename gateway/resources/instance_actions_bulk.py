"""The same for many instances at once: one operation, with what became of each."""

from typing import Any

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.instance_actions import ACTS
from gateway.errors import InputFault, InvalidInput, StorageUnavailable
from gateway.model import Operation, OperationStatus
from gateway.resources.operations import OperationProblemSchema, OperationSchema, problem_of
from gateway.resources.operations import shape as shape_of_operation
from gateway.web.accepted import accepted
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Id, ListOf, Part
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema, whole
from gateway.web.validation import validates

blp = Blueprint("instance-actions-bulk", __name__, description=__doc__)

MOST = 500
COMMANDS = {wish.command.name: wish.command for act in ACTS.values() for wish in act.wishes}
"""What may be sent, by its name."""

EXAMPLE = {"action": "stop", "instances": ["ins_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"]}


class InstanceActionsSchema(Schema):
    """What is done, and to which instances."""

    action = Choice(tuple(ACTS), "What is done to each.", required=True)
    instances = ListOf(
        Id("ins"), "Opaque ids, each once.", min_items=1, max_items=MOST, required=True
    )


class InstanceActionItemSchema(Schema):
    """What became of one instance."""

    instance = Id("ins", "The instance.", required=True, dump_only=True)
    status = Choice(tuple(OperationStatus), "How far it is.", required=True, dump_only=True)
    operation = Id("op", "The operation of this instance.", required=True, dump_only=True)
    problem = Part(
        OperationProblemSchema,
        "Why it failed; null unless it did.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class InstanceActionItemsSchema(Schema):
    """What became of each instance."""

    items = ListOf(
        Part(InstanceActionItemSchema), "In the order of the call.", required=True, dump_only=True
    )


class InstanceActionsOperationSchema(OperationSchema):
    """The operation, with what became of each instance as its result."""

    result = Part(  # type: ignore[assignment] # what is any value there is known here
        InstanceActionItemsSchema, "What became of each instance.", required=True, dump_only=True
    )


def items(found: Operation) -> dict[str, Any] | None:
    """Return what became of each instance so far."""
    try:
        parts = services().instance_actions.parts(found)
    except StorageUnavailable:
        if found.status.is_final:
            raise
        return None  # the instances are being acted on, whatever can be read now
    rows = [
        {
            "instance": part.instance,
            "status": part.status,
            "operation": part.id,
            "problem": problem_of(part.problem),
        }
        for part in parts
    ]
    told: dict[str, Any] = whole(InstanceActionItemsSchema).dump({"items": rows})
    return told


def answered(found: Operation) -> Response:
    """Answer with the operation and its items; 202 while some go on."""
    body = shape_of_operation(found)
    return jsonify(body) if found.status.is_final else accepted(body)


def require_distinct(instances: list[str]) -> None:
    """Refuse an instance that is named twice.

    Raises:
        InvalidInput: points to each repetition.
    """
    detail = "This instance is named before; name each once."
    faults = [
        InputFault(f"/instances/{place}", "DUPLICATE", detail)
        for place, instance in enumerate(instances)
        if instance in instances[:place]
    ]
    if faults:
        raise InvalidInput(faults)


@blp.route("/instance-actions")
class InstanceActions(MethodView):
    """An action on many instances."""

    @operation(
        blp,
        "instanceActions",
        permission=Permission.INSTANCES_OPERATE,
        commands=tuple(COMMANDS.values()),
        asynchronous=True,
        errors=(404,),
        shape=items,
        reply=answered,
    )
    @validates(blp)
    @blp.arguments(InstanceActionsSchema, example=EXAMPLE)
    @blp.response(200, InstanceActionsOperationSchema)
    def post(self, body: dict[str, Any]) -> Response:
        """Start, stop, restart, freeze, thaw, suspend or resume up to 500 instances.

        They may lie on several deployments. Suspending and resuming need `instances:suspend` too.
        All ids are checked before anything is done: one that you do not see refuses the call.
        From then on each instance goes its own way, as an operation of its own; one that cannot
        be acted on now, since it is locked or deleted, has `failed` at once. The answer is 200
        when all have ended, also if some have failed, else 202: `result.items` says what became
        of each. To cancel the operation cancels what has not ended.
        """
        require_distinct(body["instances"])
        act = ACTS[body["action"]]
        return answered(services().instance_actions.run(caller(), act, body["instances"]))
