"""Planting hosts, instances, stores and users without going through the API."""

from hashlib import sha1
from typing import Any

from . import archive_seed, instances
from .deployment import Deployment
from .documents import digest
from .failures import Failure
from .instance_hosts import read_host
from .scenario import snake
from .state import Administrator

HOST_PORT = 8472


def plant_scenario(deployment: Deployment) -> None:
    """Plant what the scenario names; two empty hosts unless it names some.

    Raises:
        ValueError: SPE would refuse one of its instances.
    """
    scenario = deployment.scenario
    hosts = scenario.hosts
    if hosts is None:
        hosts = tuple({"serverName": f"{deployment.name}-host{number}"} for number in (1, 2))
    try:
        plant(
            deployment,
            {
                "hosts": hosts,
                "clientAccessServers": scenario.client_access_servers,
                "administrators": scenario.administrators,
                "instances": scenario.instances,
            },
        )
    except Failure as refusal:
        raise ValueError(f"The scenario cannot be: {refusal.message}") from None


def plant(deployment: Deployment, document: dict[str, Any]) -> None:
    """Plant the `hosts`, `clientAccessServers`, `administrators` and `instances` of a document.

    Existing ones of the name are replaced; what lies in an instance's directory stays.

    Raises:
        Failure: an instance's configuration is one that SPE would refuse.
    """
    state = deployment.state
    for entry in document.get("hosts", ()):
        host = read_host({"baseDirectory": "D:\\MailStore\\Instances", **_server(entry)})
        state.hosts[host.server_name] = host
    for entry in document.get("clientAccessServers", ()):
        server = read_host(_server(entry))
        state.client_access_servers[server.server_name] = server
    for entry in document.get("administrators", ()):
        plant_administrator(deployment, entry)
    for entry in document.get("instances", ()):
        _plant_instance(deployment, entry)


def plant_administrator(deployment: Deployment, entry: dict[str, Any]) -> None:
    """Plant an administrator; an existing one of the name is replaced."""
    values = {snake(key): value for key, value in entry.items()}
    password = values.pop("password", None)
    planted = Administrator(**values, password_sha256=password and digest(password))
    deployment.state.administrators[planted.user_name] = planted


def _server(entry: dict[str, Any]) -> dict[str, Any]:
    """Complete a server's entry with a port and a certificate."""
    thumbprint = sha1(entry["serverName"].encode()).hexdigest().upper()  # noqa: S324 - looks like one
    return {"port": HOST_PORT, "serverCertificate": {"thumbprint": thumbprint}, **entry}


def _plant_instance(deployment: Deployment, entry: dict[str, Any]) -> None:
    state = deployment.state
    config = {key: entry[key] for key in instances.CONFIGURATION if key in entry}
    config.setdefault("instanceHost", next(iter(state.hosts)))
    state.instances.pop(config.get("instanceID", ""), None)
    instances.create_instance(deployment, {"config": config})
    instance = state.instances[config["instanceID"]]
    mode = entry.get("status", "running" if instance.start_mode != "disabled" else "stopped")
    if mode != "stopped":
        instances.start(deployment, instance, mode)
    instance.archive_admin_enabled = entry.get("archiveAdminEnabled", False)
    archive_seed.plant(deployment, instance, entry)
