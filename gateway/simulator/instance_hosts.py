"""Instance Hosts."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .failures import Failure, missing
from .state import Host
from .wire import Arguments


@command("GetInstanceHosts", "read")
def get_instance_hosts(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List all hosts, or the one with an exact name."""
    wanted = arguments["serverNameFilter"]
    return [
        _view(host)
        for host in deployment.state.hosts.values()
        if wanted is None or wanted == host.server_name
    ]


@command("CreateInstanceHost", "change")
def create_instance_host(deployment: Deployment, arguments: Arguments) -> None:
    """Register a host."""
    host = read_host(arguments["config"])
    if host.server_name in deployment.state.hosts:
        raise Failure(f"The instance host '{host.server_name}' already exists.")
    deployment.state.hosts[host.server_name] = host


@command("SetInstanceHostConfiguration", "change")
def set_instance_host_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the configuration of a host."""
    host = read_host(arguments["config"])
    deployment.state.hosts[deployment.host(host.server_name).server_name] = host


@command("DeleteInstanceHost", "change")
def delete_instance_host(deployment: Deployment, arguments: Arguments) -> None:
    """Remove a host that carries no instance."""
    host = deployment.host(arguments["serverName"])
    for instance in deployment.state.instances.values():
        if instance.instance_host == host.server_name:
            raise Failure(f"The instance host '{host.server_name}' still has instances.")
    del deployment.state.hosts[host.server_name]


def read_host(config: Any) -> Host:  # noqa: ANN401 - a JSON argument
    """Return the host that a `config` argument describes.

    Raises:
        Failure: a member is missing.
    """
    if not isinstance(config, dict):
        raise missing("config")
    for name in ("serverName", "port", "serverCertificate"):
        if not config.get(name):
            raise missing(f"config.{name}")
    certificate = config["serverCertificate"]
    if not isinstance(certificate, dict) or not certificate.get("thumbprint"):
        raise missing("config.serverCertificate.thumbprint")
    return Host(
        server_name=str(config["serverName"]),
        port=config["port"],
        thumbprint=certificate["thumbprint"],
        base_directory=config.get("baseDirectory"),
    )


def _view(host: Host) -> dict[str, Any]:
    return {
        "serverName": host.server_name,
        "port": host.port,
        "serverCertificate": {"thumbprint": host.thumbprint},
        "baseDirectory": host.base_directory,
    }
