"""System administrators of a deployment: each of them may do everything. For operators."""

from functools import partial
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import Conflict
from gateway.model import Operation
from gateway.spe.commands.system_administrators import (
    CREATE_SYSTEM_ADMINISTRATOR,
    DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA,
    DELETE_SYSTEM_ADMINISTRATOR,
    GET_SYSTEM_ADMINISTRATORS,
    INITIALIZE_SYSTEM_ADMINISTRATOR_MFA,
    SET_SYSTEM_ADMINISTRATOR_CONFIGURATION,
    SET_SYSTEM_ADMINISTRATOR_PASSWORD,
)
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, named, services, shown
from gateway.web.entries import DeploymentEntries
from gateway.web.fields import AnyValue, ListOf, Part, Secret, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "administrators",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>/administrators",
)

NAMES = {"user_name": "userName", "full_name": "fullName", "email_address": "emailAddress"}
ADDRESS = r"[^\s@,;<>\"]+@[^\s@,;<>\"]+"


class AdministratorSchema(Schema):
    """A system administrator."""

    user_name = Text("The name it logs in with.", required=True, dump_only=True)
    full_name = Text("The name shown to people.", min_length=0, allow_none=True, dump_only=True)
    email_address = Text("Where notes go.", min_length=0, allow_none=True, dump_only=True)
    mfa_status = Text("SPE's word for its second factor.", allow_none=True, dump_only=True)


class AdministratorListSchema(Schema):
    """The system administrators of a deployment."""

    items = ListOf(Part(AdministratorSchema), "All of them.", required=True, dump_only=True)


class AdministratorCreateSchema(Schema):
    """A system administrator to be made."""

    user_name = Text("The name it logs in with.", max_length=255, required=True)
    full_name = Text("The name shown to people.", max_length=255)
    email_address = Text("Where notes go.", max_length=254, pattern=ADDRESS)
    password = Secret("Its password.", max_length=255, required=True)


class AdministratorPatchSchema(Schema):
    """What changes of a system administrator; what is left out stays."""

    full_name = Text("The name shown to people; null for none.", max_length=255, allow_none=True)
    email_address = Text(
        "Where notes go; null for nowhere.", max_length=254, pattern=ADDRESS, allow_none=True
    )


class AdministratorPasswordSchema(Schema):
    """Another password."""

    password = Secret("The new one.", max_length=255, required=True)


class AdministratorMfaSchema(Schema):
    """A second factor that waits for its owner."""

    user_name = Text("Whose it is.", required=True, dump_only=True)
    secret = AnyValue(
        "What SPE answered to set it up, if anything; shown once.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


def config_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body under SPE's names, without its password."""
    return named(NAMES, body)


ADMINISTRATORS = DeploymentEntries(
    GET_SYSTEM_ADMINISTRATORS,
    "userName",
    ("fullName", "emailAddress"),
    partial(shown, AdministratorSchema),
)


def mfa_shape(found: Operation) -> dict[str, Any]:
    """Return what SPE answered; it is kept nowhere, so there is none the second time."""
    return {"userName": found.context["userName"], "secret": found.steps[-1].result}


def require_another(deployment: str, administrator: str) -> None:
    """Refuse what would lock the gateway out of the deployment.

    Raises:
        Conflict: it is the administrator that the gateway is.
    """
    found = services().deployments.get(caller(), deployment)
    if found.user_name.lower() == administrator.lower():
        raise Conflict(
            "The gateway itself is this administrator: rotate its credential, or register the "
            "deployment with another administrator first."
        )


@blp.route("")
class Administrators(MethodView):
    """The collection."""

    @operation(
        blp,
        "listAdministrators",
        permission=Permission.ADMINISTRATORS_READ,
        commands=(GET_SYSTEM_ADMINISTRATORS,),
        asynchronous=True,
        shape=ADMINISTRATORS.all,
    )
    @blp.response(200, AdministratorListSchema)
    def get(self, deployment: str) -> Response:
        """List the system administrators."""
        return ADMINISTRATORS.list(deployment)

    @operation(
        blp,
        "createAdministrator",
        permission=Permission.ADMINISTRATORS_CREATE,
        commands=(CREATE_SYSTEM_ADMINISTRATOR, GET_SYSTEM_ADMINISTRATORS),
        asynchronous=True,
        errors=(409,),
        shape=ADMINISTRATORS.one,
        reply=ADMINISTRATORS.made,
    )
    @blp.arguments(
        AdministratorCreateSchema,
        example={"userName": "second", "fullName": "Second Admin", "password": "a new password"},
    )
    @blp.response(201, AdministratorSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Create a system administrator."""
        arguments = {"config": config_of(body), "password": body["password"]}
        wish = Invocation(CREATE_SYSTEM_ADMINISTRATOR, arguments)
        return ADMINISTRATORS.make(deployment, body["user_name"], wish)


@blp.route("/<name:administrator>")
class OneAdministrator(MethodView):
    """One administrator."""

    @operation(
        blp,
        "getAdministrator",
        permission=Permission.ADMINISTRATORS_READ,
        commands=(GET_SYSTEM_ADMINISTRATORS,),
        asynchronous=True,
        shape=ADMINISTRATORS.one,
    )
    @blp.response(200, AdministratorSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str, administrator: str) -> Response:
        """Show a system administrator."""
        return ADMINISTRATORS.show(deployment, administrator)

    @operation(
        blp,
        "updateAdministrator",
        permission=Permission.ADMINISTRATORS_UPDATE,
        commands=(GET_SYSTEM_ADMINISTRATORS, SET_SYSTEM_ADMINISTRATOR_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=ADMINISTRATORS.one,
    )
    @blp.arguments(AdministratorPatchSchema, example={"emailAddress": "ops@example.com"})
    @blp.response(200, AdministratorSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], deployment: str, administrator: str) -> Response:
        """Change the name and the address of a system administrator."""
        command = SET_SYSTEM_ADMINISTRATOR_CONFIGURATION
        return ADMINISTRATORS.change(deployment, administrator, command, config_of(body))

    @operation(
        blp,
        "deleteAdministrator",
        permission=Permission.ADMINISTRATORS_DELETE,
        commands=(GET_SYSTEM_ADMINISTRATORS, DELETE_SYSTEM_ADMINISTRATOR),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.response(204)
    def delete(self, deployment: str, administrator: str) -> Response:
        """Delete a system administrator, but not the one that the gateway is."""
        require_another(deployment, administrator)
        return ADMINISTRATORS.remove(deployment, administrator, DELETE_SYSTEM_ADMINISTRATOR)


@blp.route("/<name:administrator>/password")
class AdministratorPassword(MethodView):
    """Its password."""

    @operation(
        blp,
        "setAdministratorPassword",
        permission=Permission.ADMINISTRATORS_CREDENTIALS,
        commands=(SET_SYSTEM_ADMINISTRATOR_PASSWORD,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(AdministratorPasswordSchema, example={"password": "a new password"})
    @blp.response(204)
    def put(self, body: dict[str, Any], deployment: str, administrator: str) -> Response:
        """Set the password of a system administrator, but not of the one that the gateway is."""
        require_another(deployment, administrator)
        arguments = {"userName": administrator, "password": body["password"]}
        wish = Invocation(SET_SYSTEM_ADMINISTRATOR_PASSWORD, arguments)
        found = services().broker.call_deployment(caller(), deployment, [wish])
        return answer(found, NO_CONTENT)


@blp.route("/<name:administrator>/mfa")
class AdministratorMfa(MethodView):
    """Its second factor."""

    @operation(
        blp,
        "initializeAdministratorMfa",
        permission=Permission.ADMINISTRATORS_CREDENTIALS,
        commands=(INITIALIZE_SYSTEM_ADMINISTRATOR_MFA,),
        asynchronous=True,
        errors=(409,),
        shape=mfa_shape,
    )
    @blp.response(200, AdministratorMfaSchema)
    def put(self, deployment: str, administrator: str) -> Response:
        """Demand a second factor of a system administrator; its password alone fails then.

        Never of the one that the gateway is: it could not log in any more.
        """
        require_another(deployment, administrator)
        wish = Invocation(INITIALIZE_SYSTEM_ADMINISTRATOR_MFA, {"userName": administrator})
        context = {"userName": administrator}
        return answer(services().broker.call_deployment(caller(), deployment, [wish], context))

    @operation(
        blp,
        "deactivateAdministratorMfa",
        permission=Permission.ADMINISTRATORS_CREDENTIALS,
        commands=(DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, deployment: str, administrator: str) -> Response:
        """Demand no second factor of a system administrator any more."""
        wish = Invocation(DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA, {"userName": administrator})
        found = services().broker.call_deployment(caller(), deployment, [wish])
        return answer(found, NO_CONTENT)
