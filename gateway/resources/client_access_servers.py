"""Client access servers of a deployment. For operators."""

from functools import partial
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
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
from gateway.web.door import named, shown
from gateway.web.entries import DeploymentEntries
from gateway.web.operation import operation

blp = Blueprint(
    "client-access-servers",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>/client-access-servers",
)

SERVERS = DeploymentEntries(
    GET_CLIENT_ACCESS_SERVERS,
    "serverName",
    ("port", "serverCertificate"),
    partial(shown, ClientAccessServerSchema),
    {"withServiceStatus": False},
)
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


@blp.route("")
class ClientAccessServers(MethodView):
    """The collection."""

    @operation(
        blp,
        "listClientAccessServers",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_CLIENT_ACCESS_SERVERS,),
        asynchronous=True,
        shape=SERVERS.all,
    )
    @blp.arguments(ClientAccessServerQuery, location="query")
    @blp.response(200, ClientAccessServerListSchema)
    def get(self, query: dict[str, Any], deployment: str) -> Response:
        """List the client access servers."""
        return SERVERS.list(deployment, withServiceStatus=query["include_status"])

    @operation(
        blp,
        "createClientAccessServer",
        permission=Permission.HOSTS_CREATE,
        commands=(CREATE_CLIENT_ACCESS_SERVER, GET_CLIENT_ACCESS_SERVERS),
        asynchronous=True,
        errors=(409,),
        shape=SERVERS.one,
        reply=SERVERS.made,
    )
    @blp.arguments(ClientAccessServerCreateSchema, example=EXAMPLE)
    @blp.response(201, ClientAccessServerSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Register a client access server."""
        wish = Invocation(CREATE_CLIENT_ACCESS_SERVER, {"config": config_of(body)})
        return SERVERS.make(deployment, body["server_name"], wish)


@blp.route("/<name:server>")
class OneClientAccessServer(MethodView):
    """One server."""

    @operation(
        blp,
        "getClientAccessServer",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_CLIENT_ACCESS_SERVERS,),
        asynchronous=True,
        shape=SERVERS.one,
    )
    @blp.response(200, ClientAccessServerSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str, server: str) -> Response:
        """Show a client access server, and whether it is up."""
        return SERVERS.show(deployment, server, withServiceStatus=True)

    @operation(
        blp,
        "updateClientAccessServer",
        permission=Permission.HOSTS_UPDATE,
        commands=(GET_CLIENT_ACCESS_SERVERS, SET_CLIENT_ACCESS_SERVER_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=SERVERS.one,
    )
    @blp.arguments(ClientAccessServerPatchSchema, example={"port": 8473})
    @blp.response(200, ClientAccessServerSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], deployment: str, server: str) -> Response:
        """Change a client access server."""
        command = SET_CLIENT_ACCESS_SERVER_CONFIGURATION
        return SERVERS.change(deployment, server, command, config_of(body))

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
        return SERVERS.remove(deployment, server, DELETE_CLIENT_ACCESS_SERVER)
