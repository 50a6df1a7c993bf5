"""Instance hosts of a deployment, and the directories on them. For operators."""

from functools import partial
from typing import Any

from flask import Response, jsonify, request
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import ReplyInvalid
from gateway.model import Operation
from gateway.resources.host_schemas import (
    DirectoryCreateSchema,
    DirectoryListSchema,
    DirectoryQuery,
    DirectorySchema,
    InstanceHostCreateSchema,
    InstanceHostListSchema,
    InstanceHostPatchSchema,
    InstanceHostSchema,
)
from gateway.spe.commands.instance_hosts import (
    CREATE_DIRECTORY_ON_INSTANCE_HOST,
    CREATE_INSTANCE_HOST,
    DELETE_INSTANCE_HOST,
    GET_DIRECTORIES_ON_INSTANCE_HOST,
    GET_INSTANCE_HOSTS,
    SET_INSTANCE_HOST_CONFIGURATION,
)
from gateway.storage.hosts import Host
from gateway.web.api import Blueprint
from gateway.web.door import answer, named, services, shown
from gateway.web.entries import DeploymentEntries
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "instance-hosts",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>/instance-hosts",
)

HOSTS = DeploymentEntries(
    GET_INSTANCE_HOSTS,
    "serverName",
    ("port", "serverCertificate", "baseDirectory"),
    partial(shown, InstanceHostSchema),
)
NAMES = {
    "server_name": "serverName",
    "port": "port",
    "server_certificate": "serverCertificate",
    "base_directory": "baseDirectory",
}
EXAMPLE = {
    "serverName": "host3.example.com",
    "port": 8472,
    "serverCertificate": {"thumbprint": "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527"},
    "baseDirectory": "D:\\MailStore\\Instances",
}


def config_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body under SPE's names."""
    return named(NAMES, body)


def marked(row: dict[str, Any], cordoned: frozenset[str]) -> dict[str, Any]:
    """Return a host with what is ours to say of it."""
    return row | {"cordoned": row["serverName"].lower() in cordoned}


def all_shape(found: Operation) -> dict[str, Any]:
    """Return all hosts."""
    cordoned = services().instance_hosts.cordoned(str(found.deployment))
    return {"items": [marked(row, cordoned) for row in HOSTS.all(found)["items"]]}


def one_shape(found: Operation) -> dict[str, Any]:
    """Return one host."""
    return marked(HOSTS.one(found), services().instance_hosts.cordoned(str(found.deployment)))


def view(host: Host) -> dict[str, Any]:
    """Return a host as it was last seen."""
    row = shown(InstanceHostSchema, {**host.observed, "serverName": host.server_name})
    return row | {"cordoned": host.cordoned}


def again(deployment: str) -> Response:
    """Answer once more with the host that the path names."""
    server = str((request.view_args or {})["server"])
    return jsonify(view(services().instance_hosts.get(caller(), deployment, server)))


def directories_shape(found: Operation) -> dict[str, Any]:
    """Return directories; some versions of SPE list plain paths."""
    result = found.steps[-1].result
    if not isinstance(result, list):
        raise ReplyInvalid("The deployment's answer is not a list of directories.")
    rows = [row if isinstance(row, dict) else {"path": str(row)} for row in result]
    return {"items": [shown(DirectorySchema, row) for row in rows if row.get("path")]}


def made_shape(found: Operation) -> dict[str, Any]:
    """Return the directory that was made."""
    path = str(found.context["path"])
    return {"path": path, "name": path.rpartition("\\")[2]}


@blp.route("")
class InstanceHosts(MethodView):
    """The collection."""

    @operation(
        blp,
        "listInstanceHosts",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_INSTANCE_HOSTS,),
        asynchronous=True,
        shape=all_shape,
    )
    @blp.response(200, InstanceHostListSchema)
    def get(self, deployment: str) -> Response:
        """List the instance hosts."""
        return HOSTS.list(deployment)

    @operation(
        blp,
        "createInstanceHost",
        permission=Permission.HOSTS_CREATE,
        commands=(CREATE_INSTANCE_HOST, SET_INSTANCE_HOST_CONFIGURATION, GET_INSTANCE_HOSTS),
        asynchronous=True,
        errors=(409,),
        shape=one_shape,
        reply=HOSTS.made,
    )
    @blp.arguments(InstanceHostCreateSchema, example=EXAMPLE)
    @blp.response(201, InstanceHostSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Register an instance host, and then say where its instances lie."""
        whole = config_of(body)
        first = {name: value for name, value in whole.items() if name != "baseDirectory"}
        wishes = [Invocation(CREATE_INSTANCE_HOST, {"config": first})]
        if "base_directory" in body:
            wishes.append(Invocation(SET_INSTANCE_HOST_CONFIGURATION, {"config": whole}))
        return HOSTS.make(deployment, body["server_name"], *wishes)


@blp.route("/<name:server>")
class OneInstanceHost(MethodView):
    """One host."""

    @operation(
        blp,
        "getInstanceHost",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_INSTANCE_HOSTS,),
        asynchronous=True,
        shape=one_shape,
    )
    @blp.response(200, InstanceHostSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str, server: str) -> Response:
        """Show an instance host."""
        return HOSTS.show(deployment, server)

    @operation(
        blp,
        "updateInstanceHost",
        permission=Permission.HOSTS_UPDATE,
        commands=(GET_INSTANCE_HOSTS, SET_INSTANCE_HOST_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=one_shape,
    )
    @blp.arguments(InstanceHostPatchSchema, example={"baseDirectory": "E:\\Instances"})
    @blp.response(200, InstanceHostSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], deployment: str, server: str) -> Response:
        """Change an instance host; another base directory moves no data."""
        return HOSTS.change(deployment, server, SET_INSTANCE_HOST_CONFIGURATION, config_of(body))

    @operation(
        blp,
        "deleteInstanceHost",
        permission=Permission.HOSTS_DELETE,
        commands=(GET_INSTANCE_HOSTS, DELETE_INSTANCE_HOST),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.response(204)
    def delete(self, deployment: str, server: str) -> Response:
        """Remove an instance host from the management database; SPE refuses one in use."""
        return HOSTS.remove(deployment, server, DELETE_INSTANCE_HOST)


@blp.route("/<name:server>/cordon")
class HostCordon(MethodView):
    """Placement off."""

    @operation(
        blp,
        "cordonInstanceHost",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(GET_INSTANCE_HOSTS,),
        again=again,
    )
    @blp.response(200, InstanceHostSchema)
    def post(self, deployment: str, server: str) -> Response:
        """Place no more instances on a host; what is on it stays, and nothing is sent to it."""
        return placed(deployment, server, {"cordoned": True})


@blp.route("/<name:server>/uncordon")
class HostUncordon(MethodView):
    """Placement on."""

    @operation(
        blp,
        "uncordonInstanceHost",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(GET_INSTANCE_HOSTS,),
        again=again,
    )
    @blp.response(200, InstanceHostSchema)
    def post(self, deployment: str, server: str) -> Response:
        """Place instances on a host again."""
        return placed(deployment, server, {"cordoned": False})


def placed(deployment: str, server: str, values: dict[str, bool]) -> Response:
    """Say whether instances are placed on a host, and answer with it."""
    return jsonify(view(services().instance_hosts.cordon(caller(), deployment, server, values)))


@blp.route("/<name:server>/directories")
class Directories(MethodView):
    """What lies on a host."""

    @operation(
        blp,
        "listDirectories",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_DIRECTORIES_ON_INSTANCE_HOST,),
        asynchronous=True,
        shape=directories_shape,
    )
    @blp.arguments(DirectoryQuery, location="query")
    @blp.response(200, DirectoryListSchema)
    def get(self, query: dict[str, Any], deployment: str, server: str) -> Response:
        """List the directories in one directory of a host, or its drives."""
        wish = Invocation(GET_DIRECTORIES_ON_INSTANCE_HOST, {"serverName": server, **query})
        return answer(services().broker.call_deployment(caller(), deployment, [wish]))

    @operation(
        blp,
        "createDirectory",
        permission=Permission.HOSTS_CREATE,
        commands=(CREATE_DIRECTORY_ON_INSTANCE_HOST,),
        asynchronous=True,
        errors=(409,),
        shape=made_shape,
    )
    @blp.arguments(DirectoryCreateSchema, example={"path": "E:\\MailStore\\Instances"})
    @blp.response(201, DirectorySchema)
    def post(self, body: dict[str, Any], deployment: str, server: str) -> Response:
        """Make a directory on a host."""
        arguments = {"serverName": server, "path": body["path"]}
        wish = Invocation(CREATE_DIRECTORY_ON_INSTANCE_HOST, arguments)
        found = services().broker.call_deployment(
            caller(), deployment, [wish], {"path": body["path"]}
        )
        return answer(found, 201)
