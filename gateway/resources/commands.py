"""The raw command: any command of a deployment, for operators, under the same laws.

CreateInstance and DeleteInstances are refused: they would by-pass ownership and tombstones.
A filter is one instance id that the gateway knows on this deployment.
"""

from typing import Any

from flask import Response, request
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.errors import InputFault, InvalidInput
from gateway.model import Operation
from gateway.web.api import Blueprint
from gateway.web.door import answer, services
from gateway.web.fields import AnyValue, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "commands", __name__, description=__doc__, url_prefix="/deployments/<dep:deployment>/commands"
)


class CommandRequestSchema(Schema):
    """The arguments of a command."""

    arguments = AnyValue(
        "By their names in SPE's reference.", load_default={}, metadata={"type": "object"}
    )


class CommandResultSchema(Schema):
    """What a command returned."""

    command = Text("The command.", required=True, dump_only=True)
    result = AnyValue("As SPE returned it.", allow_none=True, required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


def shape(found: Operation) -> dict[str, Any]:
    """Return the result as it came."""
    step = found.steps[-1]
    return {"command": step.command, "result": step.result, "log": found.log}


@blp.route("/<command:command>")
class RawCommand(MethodView):
    """One command."""

    @operation(
        blp,
        "invokeCommand",
        permission=Permission.COMMANDS_INVOKE,
        asynchronous=True,
        errors=(409,),
        parameters=("Confirm",),
        shape=shape,
    )
    @blp.arguments(CommandRequestSchema, example={"arguments": {"instanceID": "acme"}})
    @blp.response(200, CommandResultSchema)
    def post(self, body: dict[str, Any], deployment: str, command: str) -> Response:
        """Send any command that the deployment lists.

        What changes something needs the header `Confirm` with the name of the command.
        """
        arguments = body["arguments"]
        if not isinstance(arguments, dict):
            fault = InputFault("/arguments", "WRONG_TYPE", "This must be an object.")
            raise InvalidInput([fault])
        confirmed = request.headers.get("Confirm") == command
        found = services().commands.invoke(
            caller(), deployment, command, arguments, confirmed=confirmed
        )
        return answer(found)
