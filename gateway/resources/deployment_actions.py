"""What is done to a deployment as a whole. For operators."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.resources.deployment_schemas import (
    DeploymentPingSchema,
    DeploymentSchema,
    RepinSchema,
)
from gateway.resources.deployments import again, ping_shape, view
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO, PING
from gateway.spe.commands.system_administrators import (
    CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD,
    GET_SYSTEM_ADMINISTRATORS,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, services
from gateway.web.fields import Flag, Id, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "deployment-actions",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>",
)


class CredentialRotationSchema(Schema):
    """What stands between a lost answer and a lost deployment."""

    keep_password = Flag(
        "True when the administrator's own password is kept elsewhere, so that there need "
        "be no second administrator.",
        load_default=False,
    )


class CredentialRotationResultSchema(Schema):
    """That the gateway uses another password now; nobody is shown it."""

    deployment = Id("dep", "The deployment.", required=True, dump_only=True)
    user_name = Text("The administrator that the gateway is.", required=True, dump_only=True)
    verified = Flag(
        "Whether it was tried; false when the deployment could not be reached just then.",
        required=True,
        dump_only=True,
    )


def rotation_shape(found: Operation) -> dict[str, Any]:
    """Return everything but the password."""
    return {
        "deployment": found.deployment,
        "userName": found.context["userName"],
        "verified": bool(found.context.get("verified")),
    }


@blp.route("/ping")
class DeploymentPing(MethodView):
    """A sign of life."""

    @operation(
        blp,
        "pingDeployment",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(PING,),
        asynchronous=True,
        shape=ping_shape,
    )
    @blp.response(200, DeploymentPingSchema)
    def post(self, deployment: str) -> Response:
        """Let the management server answer, with the gateway's own credentials."""
        return answer(services().broker.call_deployment(caller(), deployment, [Invocation(PING)]))


@blp.route("/repin")
class Repin(MethodView):
    """Another certificate."""

    @operation(
        blp,
        "repinDeployment",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(PING, GET_ENVIRONMENT_INFO),
        again=again,
    )
    @blp.arguments(
        RepinSchema,
        example={
            "pin": "3D2B8E60F1A94C7785D0B6E21F94A7C35E8B10D4",
            "password": "the password of that administrator",
        },
    )
    @blp.response(200, DeploymentSchema)
    def post(self, body: dict[str, Any], deployment: str) -> dict[str, Any]:
        """Trust the certificate that is presented now, if it is the one of `pin`; end quarantine.

        Nothing is sent unless it matches. The password is tried before any of it counts.
        """
        return view(services().deployments.repin(caller(), deployment, **body))


@blp.route("/lift-quarantine")
class QuarantineLift(MethodView):
    """The pinned certificate after all."""

    @operation(blp, "liftQuarantine", permission=Permission.DEPLOYMENTS_UPDATE, again=again)
    @blp.response(200, DeploymentSchema)
    def post(self, deployment: str) -> dict[str, Any]:
        """End the quarantine if the pinned certificate is presented again; nothing is sent."""
        return view(services().deployments.lift_quarantine(caller(), deployment))


@blp.route("/rotate-credential")
class CredentialRotation(MethodView):
    """Another password for the gateway itself."""

    @operation(
        blp,
        "rotateCredential",
        permission=Permission.DEPLOYMENTS_CREDENTIALS,
        commands=(GET_SYSTEM_ADMINISTRATORS, CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD),
        asynchronous=True,
        errors=(409,),
        shape=rotation_shape,
    )
    @blp.arguments(CredentialRotationSchema, example={"keepPassword": False})
    @blp.response(200, CredentialRotationResultSchema)
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Replace the API password that the gateway uses; nobody ever sees it.

        Refused where a lost answer would lock everybody out: there must be a second
        administrator, or the administrator's own password must be kept elsewhere.
        """
        keep = body["keep_password"]
        return answer(services().rotation.rotate(caller(), deployment, keep_password=keep))
