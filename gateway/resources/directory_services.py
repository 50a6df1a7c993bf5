"""Directory services of an instance: where its users come from."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.resources.directory_services_schemas import (
    DirectoryServicesPutSchema,
    DirectoryServicesSchema,
    DirectoryServicesSyncRequestSchema,
    DirectoryServicesSyncSchema,
    configuration,
    readable,
)
from gateway.spe.commands.directory_services import (
    GET_DIRECTORY_SERVICES_CONFIGURATION,
    SET_DIRECTORY_SERVICES_CONFIGURATION,
    SYNC_USERS_WITH_DIRECTORY_SERVICES,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, object_of, services, tagged, versioned
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "directory-services",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/directory-services",
)


def shape(found: Operation) -> dict[str, Any]:
    """Return what was read last."""
    return readable(object_of(found.steps[-1].result))


def synchronised_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a synchronisation."""
    changes = found.steps[-1].result
    return {"dryRun": found.context["dryRun"], "changes": changes, "log": found.log}


@blp.route("")
class DirectoryServices(MethodView):
    """The configuration."""

    @operation(
        blp,
        "getDirectoryServices",
        permission=Permission.DIRECTORY_SERVICES_READ,
        commands=(GET_DIRECTORY_SERVICES_CONFIGURATION,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, DirectoryServicesSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show where the users come from."""
        wish = Invocation(GET_DIRECTORY_SERVICES_CONFIGURATION)
        context = versioned(GET_DIRECTORY_SERVICES_CONFIGURATION, None)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setDirectoryServices",
        permission=Permission.DIRECTORY_SERVICES_UPDATE,
        commands=(GET_DIRECTORY_SERVICES_CONFIGURATION, SET_DIRECTORY_SERVICES_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(
        DirectoryServicesPutSchema,
        example={
            "type": "activeDirectory",
            "settings": {"serverName": "dc.example.com"},
            "password": "correct horse battery staple",
        },
    )
    @blp.response(200, DirectoryServicesSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Replace where the users come from."""
        arguments = {"config": configuration(body)}
        wishes = [
            Invocation(GET_DIRECTORY_SERVICES_CONFIGURATION),
            Invocation(SET_DIRECTORY_SERVICES_CONFIGURATION, arguments, prepare="replace-settings"),
            Invocation(GET_DIRECTORY_SERVICES_CONFIGURATION),
        ]
        context = versioned(GET_DIRECTORY_SERVICES_CONFIGURATION, None)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))


@blp.route("/sync")
class DirectoryServicesSync(MethodView):
    """The synchronisation of users."""

    @operation(
        blp,
        "syncDirectoryServices",
        permission=Permission.DIRECTORY_SERVICES_RUN,
        commands=(SYNC_USERS_WITH_DIRECTORY_SERVICES,),
        asynchronous=True,
        errors=(409,),
        shape=synchronised_shape,
    )
    @blp.arguments(DirectoryServicesSyncRequestSchema, example={"dryRun": True})
    @blp.response(200, DirectoryServicesSyncSchema)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create, change and delete users as the directory says."""
        context = {"dryRun": body["dry_run"]}
        wish = Invocation(SYNC_USERS_WITH_DIRECTORY_SERVICES, {"dryRun": body["dry_run"]})
        return answer(services().broker.call(caller(), instance, [wish], context=context))
