"""The status of all server roles."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .environment import get_environment_info, system_properties
from .state import Host
from .wire import Arguments

MANAGEMENT_PORT = 8470


@command("GetServiceStatus", "read")
def get_service_status(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """List the server roles with what they carry, and the messages of the dashboard."""
    management = Host(deployment.server_name, MANAGEMENT_PORT, deployment.thumbprint)
    hosts = deployment.state.hosts.values()
    servers = deployment.state.client_access_servers.values()
    return {
        "environmentInfo": get_environment_info(deployment, arguments),
        "serverInfos": [
            _role(deployment, "managementServer", management),
            *(_host(deployment, host) for host in hosts),
            *(_role(deployment, "clientAccessServer", server) for server in servers),
        ],
        "messages": _messages(deployment),
    }


def _role(deployment: Deployment, kind: str, server: Host) -> dict[str, Any]:
    return {
        "serverName": server.server_name,
        "port": server.port,
        "serverCertificate": {"thumbprint": server.thumbprint},
        "serverType": kind,
        "active": True,
        "systemProperties": system_properties(deployment),
        "numberOfInstances": None,
        "numberOfRunningInstances": None,
    }


def _host(deployment: Deployment, host: Host) -> dict[str, Any]:
    here = [
        instance
        for instance in deployment.state.instances.values()
        if instance.instance_host == host.server_name
    ]
    return {
        **_role(deployment, "instanceHost", host),
        "numberOfInstances": len(here),
        "numberOfRunningInstances": sum(instance.running for instance in here),
    }


def _messages(deployment: Deployment) -> list[dict[str, Any]]:
    return [
        {
            "type": "error",
            "text": f"Instance {instance.instance_id}: {instance.start_stop_error}",
            "isSubItem": False,
            "tag": instance.instance_id,
            "flags": 0,
        }
        for instance in deployment.state.instances.values()
        if instance.start_stop_error
    ]
