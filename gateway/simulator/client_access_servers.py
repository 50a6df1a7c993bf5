"""Client Access Servers."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .environment import system_properties
from .failures import Failure
from .instance_hosts import read_host
from .state import Host
from .wire import Arguments


@command("GetClientAccessServers", "read")
def get_client_access_servers(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List all servers, or the one with an exact name; with what they do if asked to."""
    wanted = arguments["serverNameFilter"]
    status = _status(deployment) if arguments["withServiceStatus"] else {}
    return [
        {**_view(server), **status}
        for server in deployment.state.client_access_servers.values()
        if wanted is None or wanted == server.server_name
    ]


@command("CreateClientAccessServer", "change")
def create_client_access_server(deployment: Deployment, arguments: Arguments) -> None:
    """Register a server."""
    server = _read(arguments)
    if server.server_name in deployment.state.client_access_servers:
        raise Failure(f"The client access server '{server.server_name}' already exists.")
    deployment.state.client_access_servers[server.server_name] = server


@command("SetClientAccessServerConfiguration", "change")
def set_client_access_server_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the configuration of a server."""
    server = _read(arguments)
    known = _find(deployment, server.server_name)
    deployment.state.client_access_servers[known.server_name] = server


@command("DeleteClientAccessServer", "change")
def delete_client_access_server(deployment: Deployment, arguments: Arguments) -> None:
    """Remove a server from the management database."""
    known = _find(deployment, arguments["serverName"])
    del deployment.state.client_access_servers[known.server_name]


def _find(deployment: Deployment, name: str) -> Host:
    found = deployment.state.client_access_servers.get(name)
    if found is None:
        raise Failure(f"The client access server '{name}' does not exist.")
    return found


def _read(arguments: Arguments) -> Host:
    server = read_host(arguments["config"])
    server.base_directory = None
    return server


def _status(deployment: Deployment) -> dict[str, Any]:
    return {"active": True, "systemProperties": system_properties(deployment)}


def _view(server: Host) -> dict[str, Any]:
    return {
        "serverName": server.server_name,
        "port": server.port,
        "serverCertificate": {"thumbprint": server.thumbprint},
    }
