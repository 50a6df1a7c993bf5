"""What is done to an instance as a whole: a table of verbs, one route each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.instances import Instances
from gateway.model import Operation
from gateway.resources.instance_schemas import InstanceSchema, InstanceStartSchema
from gateway.resources.instances import answered, shape
from gateway.spe.command import Command
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import (
    FREEZE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    RESTART_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
    THAW_INSTANCES,
)
from gateway.tenancy.caller import Caller
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.validation import validates

blp = Blueprint(
    "instance-actions", __name__, description=__doc__, url_prefix="/instances/<ins:instance>"
)


Act = Callable[[Instances, Caller, str], Operation]
"""Does something to an instance, for whoever asks."""


@dataclass(frozen=True)
class Action:
    """A verb without arguments.

    Attributes:
        verb: its word in the path.
        commands: what it sends.
        told: what it does, in the contract.
        act: does it.
        permission: what it needs.
    """

    verb: str
    commands: tuple[Command, ...]
    told: str
    act: Act
    permission: Permission = Permission.INSTANCES_OPERATE


def _operated(verb: str, command: Command, told: str) -> Action:
    """Return the row of a verb that is one command."""

    def act(instances: Instances, caller: Caller, instance: str) -> Operation:
        return instances.operate(caller, instance, command, {})

    return Action(verb, (command, GET_INSTANCES), told, act)


SUSPENSION: Final = """
Stop an instance, and let nothing start it until it is resumed.

Nothing of it is lost, and how it was is kept: whether it ran, and its `startMode`, which is
`disabled` until then. Everything inside it, and every other change of it but its labels,
its owner and its deletion, is refused with `INSTANCE_SUSPENDED`. It counts for quotas as
before. To suspend it twice is to suspend it once; one that was started again past the
gateway is stopped. When its start cannot be disabled, it is started again.
"""
RESUMPTION: Final = """
Bring a suspended instance back as it was: its `startMode`, and running if it ran.

One that does not start stays suspended. One that is not suspended stays as it is.
"""

ACTIONS = (
    _operated("stop", STOP_INSTANCES, "Stop an instance."),
    _operated("restart", RESTART_INSTANCES, "Stop an instance and start it again."),
    _operated(
        "freeze", FREEZE_INSTANCES, "Freeze an instance, so that its files can be backed up."
    ),
    _operated("thaw", THAW_INSTANCES, "Let a frozen instance go on."),
    Action(
        "suspend",
        (
            GET_INSTANCES,
            GET_INSTANCE_CONFIGURATION,
            GET_COMPLIANCE_CONFIGURATION,
            STOP_INSTANCES,
            SET_INSTANCE_CONFIGURATION,
            START_INSTANCES,
        ),
        SUSPENSION,
        Instances.suspend,
        Permission.INSTANCES_SUSPEND,
    ),
    Action(
        "resume",
        (
            GET_INSTANCES,
            GET_INSTANCE_CONFIGURATION,
            STOP_INSTANCES,
            SET_INSTANCE_CONFIGURATION,
            START_INSTANCES,
        ),
        RESUMPTION,
        Instances.resume,
        Permission.INSTANCES_SUSPEND,
    ),
)


def _route(action: Action) -> None:
    """Make the route of a verb."""

    class Verb(MethodView):
        @operation(
            blp,
            f"{action.verb}Instance",
            permission=action.permission,
            commands=action.commands,
            asynchronous=True,
            errors=(409,),
            shape=shape,
            reply=answered,
        )
        @validates(blp)
        @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
        def post(self, instance: str) -> Response:
            return answered(action.act(services().instances, caller(), instance))

    Verb.post.__doc__ = action.told.strip()
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
