"""Instance Hosts."""

import re
from typing import Any

from .commands import command
from .deployment import Deployment
from .failures import Failure, missing, out_of_range
from .state import Host
from .wire import Arguments

DRIVES = ("C:\\", "D:\\")
DRIVE = re.compile("[A-Za-z]:")


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


@command("GetDirectoriesOnInstanceHost", "read")
def get_directories_on_instance_host(
    deployment: Deployment, arguments: Arguments
) -> list[dict[str, Any]]:
    """List the directories in one, or the drives."""
    host, parent = deployment.host(arguments["serverName"]), _parts(arguments["path"] or "")
    known = [_parts(path) for path in _directories(deployment, host)]
    below = {
        tuple(map(str.casefold, parts[: len(parent) + 1])): parts[: len(parent) + 1]
        for parts in reversed(known)
        if len(parts) > len(parent) and _is_below(parts, parent)
    }
    if parent and not any(_is_below(parts, parent) for parts in known):
        raise Failure(f"The directory '{arguments['path']}' does not exist.")
    return [{"name": parts[-1], "path": _joined(parts)} for _, parts in sorted(below.items())]


@command("CreateDirectoryOnInstanceHost", "change")
def create_directory_on_instance_host(deployment: Deployment, arguments: Arguments) -> None:
    """Make a directory with those above it."""
    host, parts = deployment.host(arguments["serverName"]), _parts(arguments["path"])
    if not parts or not DRIVE.fullmatch(parts[0]):
        raise out_of_range()
    known = (_parts(path) for path in _directories(deployment, host))
    if any(_is_below(one, parts) for one in known):
        raise Failure(f"The directory '{arguments['path']}' already exists.")
    deployment.state.directories.setdefault(host.server_name, []).append(_joined(parts))


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


def _directories(deployment: Deployment, host: Host) -> list[str]:
    """Return the paths that something on a host lies in."""
    made = deployment.state.directories.get(host.server_name, [])
    found = [*DRIVES, host.base_directory or DRIVES[0], *made]
    for instance in deployment.state.instances.values():
        if instance.instance_host == host.server_name:
            base = instance.base_directory
            found.append(base)
            paths = [store.database_path for store in deployment.archive(instance).stores]
            found += [f"{base}{path[1:]}" if path.startswith("~") else path for path in paths]
    return found


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("/", "\\").split("\\") if part]


def _joined(parts: list[str]) -> str:
    return "\\".join(parts) if len(parts) > 1 else f"{parts[0]}\\"


def _is_below(parts: list[str], parent: list[str]) -> bool:
    """Return whether a directory is another one or lies in it: Windows ignores case."""
    return [part.casefold() for part in parts[: len(parent)]] == [
        part.casefold() for part in parent
    ]
