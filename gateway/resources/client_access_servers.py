"""Client access servers of a deployment. For operators."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.plan import Invocation
from gateway.broker.preparations import subject
from gateway.model import Operation
from gateway.resources.host_schemas import (
    ClientAccessServerCreateSchema,
    ClientAccessServerListSchema,
    ClientAccessServerPatchSchema,
    ClientAccessServerQuery,
    ClientAccessServerSchema,
)
from gateway.spe.commands.client_access_servers import (
    CREATE_CLIENT_ACCESS_SERVER,
    DELETE_CLIENT_ACCESS_SERVER,
    GET_CLIENT_ACCESS_SERVERS,
    SET_CLIENT_ACCESS_SERVER_CONFIGURATION,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    NO_CONTENT,
    answer,
    located,
    named,
    rows_of,
    services,
    shown,
    tagged,
    versioned,
)
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "client-access-servers",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>/client-access-servers",
)

PLAIN = {"withServiceStatus": False}
MEMBERS = ("port", "serverCertificate")
NAMES = {
    "server_name": "serverName",
    "port": "port",
    "server_certificate": "serverCertificate",
}
EXAMPLE = {
    "serverName": "access.example.com",
    "port": 8473,
    "serverCertificate": {"thumbprint": "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527"},
}


def config_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body under SPE's names."""
    return named(NAMES, body)


def about(server: str) -> dict[str, Any]:
    """Return the context of an operation on one server."""
    return versioned(GET_CLIENT_ACCESS_SERVERS, MEMBERS, ("serverName", server))


def list_shape(found: Operation) -> dict[str, Any]:
    """Return all servers."""
    rows = rows_of(found.steps[-1].result, "serverName")
    return {"items": [shown(ClientAccessServerSchema, row) for row in rows]}


def one_shape(found: Operation) -> dict[str, Any]:
    """Return the server that was asked for."""
    return shown(ClientAccessServerSchema, subject(found))


@blp.route("")
class ClientAccessServers(MethodView):
    """The collection."""

    @operation(
        blp,
        "listClientAccessServers",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_CLIENT_ACCESS_SERVERS,),
        asynchronous=True,
        shape=list_shape,
    )
    @blp.arguments(ClientAccessServerQuery, location="query")
    @blp.response(200, ClientAccessServerListSchema)
    def get(self, query: dict[str, Any], deployment: str) -> Response:
        """List the client access servers."""
        arguments = {"withServiceStatus": query["include_status"]}
        wish = Invocation(GET_CLIENT_ACCESS_SERVERS, arguments)
        return answer(services().broker.call_deployment(caller(), deployment, [wish]))

    @operation(
        blp,
        "createClientAccessServer",
        permission=Permission.HOSTS_CREATE,
        commands=(CREATE_CLIENT_ACCESS_SERVER, GET_CLIENT_ACCESS_SERVERS),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
    )
    @blp.arguments(ClientAccessServerCreateSchema, example=EXAMPLE)
    @blp.response(201, ClientAccessServerSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Register a client access server."""
        wishes = [
            Invocation(CREATE_CLIENT_ACCESS_SERVER, {"config": config_of(body)}),
            Invocation(GET_CLIENT_ACCESS_SERVERS, PLAIN),
        ]
        context = about(body["server_name"])
        broker = services().broker
        found = broker.call_deployment(caller(), deployment, wishes, context)
        return located(tagged(found, 201), "serverName")


@blp.route("/<name:server>")
class OneClientAccessServer(MethodView):
    """One server."""

    @operation(
        blp,
        "getClientAccessServer",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_CLIENT_ACCESS_SERVERS,),
        asynchronous=True,
        shape=one_shape,
    )
    @blp.response(200, ClientAccessServerSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str, server: str) -> Response:
        """Show a client access server, and whether it is up."""
        wishes = [Invocation(GET_CLIENT_ACCESS_SERVERS, {"withServiceStatus": True})]
        broker = services().broker
        return tagged(broker.call_deployment(caller(), deployment, wishes, about(server)))

    @operation(
        blp,
        "updateClientAccessServer",
        permission=Permission.HOSTS_UPDATE,
        commands=(GET_CLIENT_ACCESS_SERVERS, SET_CLIENT_ACCESS_SERVER_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=one_shape,
    )
    @blp.arguments(ClientAccessServerPatchSchema, example={"port": 8473})
    @blp.response(200, ClientAccessServerSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], deployment: str, server: str) -> Response:
        """Change a client access server."""
        wishes = [
            Invocation(GET_CLIENT_ACCESS_SERVERS, PLAIN),
            Invocation(SET_CLIENT_ACCESS_SERVER_CONFIGURATION, prepare="merge-subject"),
            Invocation(GET_CLIENT_ACCESS_SERVERS, PLAIN),
        ]
        context = about(server) | {"changes": config_of(body)}
        broker = services().broker
        return tagged(broker.call_deployment(caller(), deployment, wishes, context))

    @operation(
        blp,
        "deleteClientAccessServer",
        permission=Permission.HOSTS_DELETE,
        commands=(GET_CLIENT_ACCESS_SERVERS, DELETE_CLIENT_ACCESS_SERVER),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.response(204)
    def delete(self, deployment: str, server: str) -> Response:
        """Remove a client access server from the management database."""
        wishes = [
            Invocation(GET_CLIENT_ACCESS_SERVERS, PLAIN, check="require-version"),
            Invocation(DELETE_CLIENT_ACCESS_SERVER, {"serverName": server}),
        ]
        broker = services().broker
        found = broker.call_deployment(caller(), deployment, wishes, about(server))
        return answer(found, NO_CONTENT)
