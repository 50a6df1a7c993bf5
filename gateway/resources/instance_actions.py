"""What is done to an instance as a whole: a table of verbs, one route each."""

from dataclasses import dataclass
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.resources.instance_schemas import InstanceSchema, InstanceStartSchema
from gateway.resources.instances import answered, shape
from gateway.spe.command import Command
from gateway.spe.commands.instances import (
    FREEZE_INSTANCES,
    GET_INSTANCES,
    RESTART_INSTANCES,
    START_INSTANCES,
    STOP_INSTANCES,
    THAW_INSTANCES,
)
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.validation import validates

blp = Blueprint(
    "instance-actions", __name__, description=__doc__, url_prefix="/instances/<ins:instance>"
)


@dataclass(frozen=True)
class Action:
    """A verb without arguments: its word in the path, its command and its sentence."""

    verb: str
    command: Command
    summary: str


ACTIONS = (
    Action("stop", STOP_INSTANCES, "Stop an instance."),
    Action("restart", RESTART_INSTANCES, "Stop an instance and start it again."),
    Action("freeze", FREEZE_INSTANCES, "Freeze an instance, so that its files can be backed up."),
    Action("thaw", THAW_INSTANCES, "Let a frozen instance go on."),
)


def _route(action: Action) -> None:
    """Make the route of a verb."""

    class Verb(MethodView):
        @operation(
            blp,
            f"{action.verb}Instance",
            permission=Permission.INSTANCES_OPERATE,
            commands=(action.command, GET_INSTANCES),
            asynchronous=True,
            errors=(409,),
            shape=shape,
            reply=answered,
        )
        @validates(blp)
        @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
        def post(self, instance: str) -> Response:
            return answered(services().instances.operate(caller(), instance, action.command, {}))

    Verb.post.__doc__ = action.summary
    blp.add_url_rule(f"/{action.verb}", f"{action.verb}_instance", Verb)


for _action in ACTIONS:
    _route(_action)


@blp.route("/start")
class InstanceStart(MethodView):
    """The one verb with an argument."""

    @operation(
        blp,
        "startInstance",
        permission=Permission.INSTANCES_OPERATE,
        commands=(START_INSTANCES, GET_INSTANCES),
        asynchronous=True,
        errors=(409,),
        shape=shape,
        reply=answered,
    )
    @validates(blp)
    @blp.arguments(InstanceStartSchema, example={"safeMode": False})
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Start an instance."""
        arguments = {"safeMode": True} if body["safe_mode"] else {}
        started = services().instances.operate(caller(), instance, START_INSTANCES, arguments)
        return answered(started)
