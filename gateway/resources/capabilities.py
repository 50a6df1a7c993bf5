"""What a deployment can do, against what the gateway knows. For operators."""

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.capabilities import Comparison
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Id, ListOf, Part, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "capabilities",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>/capabilities",
)


class MissingCommandSchema(Schema):
    """A command that the gateway knows and the deployment lacks."""

    command = Text("Its name.", required=True, dump_only=True)
    available_on = ListOf(
        Id("dep"), "The other deployments that have it.", required=True, dump_only=True
    )


class UnknownCommandSchema(Schema):
    """A command that the deployment lists and the gateway does not know."""

    command = Text("Its name.", required=True, dump_only=True)
    arguments = ListOf(Text(), "Their names.", required=True, dump_only=True)


class DifferingCommandSchema(Schema):
    """A command whose arguments differ."""

    command = Text("Its name.", required=True, dump_only=True)
    missing_arguments = ListOf(Text(), "That the deployment lacks.", required=True, dump_only=True)
    unknown_arguments = ListOf(
        Text(), "That the gateway does not know.", required=True, dump_only=True
    )


class CapabilitiesSchema(Schema):
    """A deployment's commands against the gateway's catalogue."""

    deployment = Id("dep", "The deployment.", required=True, dump_only=True)
    version = Text("SPE's version.", allow_none=True, required=True, dump_only=True)
    read_time = Time("When the deployment was asked.", required=True, dump_only=True)
    supported = ListOf(Text(), "Commands that both know.", required=True, dump_only=True)
    missing = ListOf(
        Part(MissingCommandSchema),
        "What it lacks; older versions do.",
        required=True,
        dump_only=True,
    )
    unknown_commands = ListOf(
        Part(UnknownCommandSchema),
        "What only it knows; newer versions do.",
        data_key="unknown",
        attribute="unknown",
        required=True,
        dump_only=True,
    )
    differing = ListOf(
        Part(DifferingCommandSchema), "What takes other arguments.", required=True, dump_only=True
    )


@blp.route("")
class DeploymentCapabilities(MethodView):
    """The comparison."""

    @operation(
        blp,
        "getCapabilities",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_ENVIRONMENT_INFO,),
        errors=(502, 504),
    )
    @blp.response(200, CapabilitiesSchema)
    def get(self, deployment: str) -> Comparison:
        """Ask a deployment anew what it can do, and compare.

        What it lists is kept, and decides what is sent to it from then on. The gateway asks by
        itself once a day, and within an hour after the deployment was upgraded.
        """
        return services().capabilities.compare(caller(), deployment)
