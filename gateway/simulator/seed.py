"""Planting hosts, instances, stores and users without going through the API."""

from hashlib import sha1
from typing import Any

from . import instances
from .deployment import Deployment
from .failures import Failure
from .instance_hosts import read_host
from .scenario import snake
from .state import Instance, Store, StoreFiles, User
from .stores import place
from .users import LOGIN_PRIVILEGES

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
        plant(deployment, {"hosts": hosts, "instances": scenario.instances})
    except Failure as refusal:
        raise ValueError(f"The scenario cannot be: {refusal.message}") from None


def plant(deployment: Deployment, document: dict[str, Any]) -> None:
    """Plant the `hosts` and `instances` of a document.

    Existing ones of the name are replaced; stores and users that lie in the directory stay.

    Raises:
        Failure: an instance's configuration is one that SPE would refuse.
    """
    for entry in document.get("hosts", ()):
        _plant_host(deployment, entry)
    for entry in document.get("instances", ()):
        _plant_instance(deployment, entry)


def _plant_host(deployment: Deployment, entry: dict[str, Any]) -> None:
    name = entry["serverName"]
    thumbprint = sha1(name.encode()).hexdigest().upper()  # noqa: S324 - looks like one
    complete = {
        "port": HOST_PORT,
        "serverCertificate": {"thumbprint": thumbprint},
        "baseDirectory": "D:\\MailStore\\Instances",
        **entry,
    }
    deployment.state.hosts[name] = read_host(complete)


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
    for store in entry.get("stores", ()):
        _plant_store(deployment, instance, store)
    for user in entry.get("users", ()):
        _plant_user(deployment, instance, user)


def _plant_store(deployment: Deployment, instance: Instance, entry: dict[str, Any]) -> None:
    archive, scenario = deployment.archive(instance), deployment.scenario
    archive.last_store_id += 1
    path = entry.get("databasePath", f"~\\{entry['name']}")
    archive.stores.append(
        Store(
            archive.last_store_id,
            entry["name"],
            entry.get("requestedState", "normal"),
            path,
            entry.get("contentPath", f"{path}\\Content"),
            entry.get("indexPath", f"{path}\\Index"),
            entry.get("needsUpgrade", False),
            entry.get("searchIndexesNeedRebuild", False),
        )
    )
    messages = entry.get("messages", scenario.messages_per_store)
    size = messages * scenario.bytes_per_message
    files = StoreFiles(messages, size, entry.get("oldFormat", False))
    deployment.state.disk[place(instance, path)] = files


def _plant_user(deployment: Deployment, instance: Instance, entry: dict[str, Any]) -> None:
    values = {snake(key): value for key, value in entry.items()}
    values.setdefault("login_privileges", list(LOGIN_PRIVILEGES))
    values.setdefault("privileges", ["login"])
    deployment.archive(instance).users[values["user_name"]] = User(**values)
