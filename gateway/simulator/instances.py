"""Instances: configuration and life cycle."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from . import filters
from .commands import command
from .deployment import Deployment
from .failures import Failure, missing, out_of_range
from .state import Instance
from .wire import Arguments

INSTANCE_ID = re.compile(r"[a-z][a-z0-9-]{2,31}")
START_MODES = {"automatic", "manual", "disabled"}
STATES = ("stopped", "running", "safeMode", "frozen")

CONFIGURATION = {
    "instanceID": "instance_id",
    "alias": "alias",
    "displayName": "display_name",
    "instanceHost": "instance_host",
    "startMode": "start_mode",
    "baseDirectory": "base_directory",
    "debugLogEnabled": "debug_log_enabled",
    "imapServerConnectionLogEnabled": "imap_server_connection_log_enabled",
    "vssWriterEnabled": "vss_writer_enabled",
    "vssWriterExcludeIndexes": "vss_writer_exclude_indexes",
}
FLAGS = {name for name in CONFIGURATION if name.endswith(("Enabled", "Indexes"))}


@command("CreateInstance", "change")
def create_instance(deployment: Deployment, arguments: Arguments) -> None:
    """Create an instance; data that lies in its base directory becomes its own."""
    values = _configuration(arguments["config"])
    for name in ("instanceID", "instanceHost"):
        if not values.get(CONFIGURATION[name]):
            raise missing(f"config.{name}")
    if values["instance_id"] in deployment.state.instances:
        raise Failure(f"The instance '{values['instance_id']}' already exists.")
    values["base_directory"] = values.get("base_directory") or _directory(deployment, values)
    _insert(deployment, Instance(**values))


@command("GetInstances", "read")
def get_instances(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the instances that a filter hits."""
    return [_view(instance) for instance in _selected(deployment, arguments)]


@command("GetInstanceConfiguration", "read")
def get_instance_configuration(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return the configuration of an instance."""
    instance = deployment.instance(arguments["instanceID"])
    return {name: getattr(instance, field) for name, field in CONFIGURATION.items()}


@command("SetInstanceConfiguration", "change")
def set_instance_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Change the configuration of a stopped instance; its data stays where it is."""
    values = _configuration(arguments["config"])
    if "instance_id" not in values:
        raise missing("config.instanceID")
    instance = deployment.instance(values["instance_id"])
    _require_stopped(instance)
    _insert(deployment, Instance(**{**vars(instance), **values}))


@command("DeleteInstances", "change")
def delete_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Remove stopped instances from the management database; their data stays on disk."""
    chosen = _selected(deployment, arguments)
    for instance in chosen:
        _require_stopped(instance)
    for instance in chosen:
        del deployment.state.instances[instance.instance_id]


@command("StartInstances", "change")
def start_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Start instances, for administrators only if `safeMode` is true."""
    mode = "safeMode" if arguments["safeMode"] else "running"
    _each(deployment, arguments, lambda instance: start(deployment, instance, mode))


@command("StopInstances", "change")
def stop_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Stop instances."""
    _each(deployment, arguments, stop)


@command("RestartInstances", "change")
def restart_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Stop instances and start them in the normal mode."""

    def restart(instance: Instance) -> None:
        stop(instance)
        start(deployment, instance, "running")

    _each(deployment, arguments, restart)


@command("FreezeInstances", "change")
def freeze_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Hold running instances still for a backup."""
    _each(deployment, arguments, lambda instance: _exchange(instance, "running", "frozen"))


@command("ThawInstances", "change")
def thaw_instances(deployment: Deployment, arguments: Arguments) -> None:
    """Let frozen instances go on."""
    _each(deployment, arguments, lambda instance: _exchange(instance, "frozen", "running"))


def start(deployment: Deployment, instance: Instance, mode: str) -> None:
    """Give a stopped instance a process.

    Raises:
        Failure: the instance is disabled; it then also keeps the message.
    """
    if instance.status != "stopped":
        return
    if instance.start_mode == "disabled":
        instance.start_stop_error = f"The instance '{instance.instance_id}' is disabled."
        raise Failure(instance.start_stop_error)
    deployment.state.last_process_id += 4
    instance.status = mode
    instance.start_stop_error = None
    instance.process_id = deployment.state.last_process_id
    instance.process_unique_id = uuid.uuid4().hex
    instance.process_started = deployment.clock.seconds()


def stop(instance: Instance) -> None:
    """Take an instance's process away."""
    instance.status = "stopped"
    instance.process_id = None
    instance.process_unique_id = None


def enter(deployment: Deployment, instance: Instance, status: str) -> None:
    """Bring an instance into a state, whatever it was in.

    Raises:
        ValueError: there is no such state.
        Failure: the instance is disabled.
    """
    if status not in STATES:
        raise ValueError(f"The status of an instance is one of {', '.join(STATES)}")
    stop(instance)
    if status != "stopped":
        start(deployment, instance, "running" if status == "frozen" else status)
    if status == "frozen":
        instance.status = status


def _exchange(instance: Instance, before: str, after: str) -> None:
    if instance.status != before:
        raise Failure(f"The instance '{instance.instance_id}' is not {before}.")
    instance.status = after


def _each(deployment: Deployment, arguments: Arguments, act: Callable[[Instance], None]) -> None:
    """Act on every instance that a filter hits; the first refusal is told at the end."""
    refusals: list[Failure] = []
    for instance in _selected(deployment, arguments):
        try:
            act(instance)
        except Failure as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]


def _selected(deployment: Deployment, arguments: Arguments) -> list[Instance]:
    return filters.select(arguments["instanceFilter"], deployment.state.instances.values())


def _require_stopped(instance: Instance) -> None:
    if instance.status != "stopped":
        raise Failure(f"The instance '{instance.instance_id}' must be stopped.")


def _configuration(config: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON argument
    if not isinstance(config, dict):
        raise missing("config")
    if not config.keys() <= CONFIGURATION.keys():
        raise Failure("Could not find member on object of type 'InstanceConfiguration'.")
    for name, value in config.items():
        kinds = (bool,) if name in FLAGS else (str, type(None))
        if not isinstance(value, kinds):
            raise Failure(f"Error converting value to type 'String'. Path '{name}'.")
    optional = {"alias", "displayName"}
    given = {name for name, value in config.items() if value is not None or name in optional}
    return {CONFIGURATION[name]: config[name] for name in given}


def _directory(deployment: Deployment, values: dict[str, Any]) -> str:
    base = deployment.host(values["instance_host"]).base_directory
    if base is None:
        raise missing("config.baseDirectory")
    return f"{base}\\{values['instance_id']}"


def _insert(deployment: Deployment, instance: Instance) -> None:
    deployment.host(instance.instance_host)
    instance.start_mode = instance.start_mode or "automatic"
    valid_id = INSTANCE_ID.fullmatch(str(instance.instance_id))
    if not valid_id or instance.start_mode not in START_MODES:
        raise out_of_range()
    for other in deployment.state.instances.values():
        if other.instance_id != instance.instance_id:
            _require_distinct(instance, other)
    deployment.state.instances[instance.instance_id] = instance
    deployment.archive(instance)


def _require_distinct(instance: Instance, other: Instance) -> None:
    if {instance.instance_id, instance.alias} & ({other.instance_id, other.alias} - {None, ""}):
        raise Failure(f"The alias '{instance.alias}' is already in use.")
    if instance.directory == other.directory:
        raise Failure(f"The directory '{instance.base_directory}' is already in use.")


def _view(instance: Instance) -> dict[str, Any]:
    return {
        "instanceID": instance.instance_id,
        "alias": instance.alias,
        "displayName": instance.display_name,
        "instanceHost": instance.instance_host,
        "startMode": instance.start_mode,
        "processID": instance.process_id,
        "status": instance.status,
        "startStopError": instance.start_stop_error,
    }
