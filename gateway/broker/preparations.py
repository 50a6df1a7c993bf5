"""The rules that make a step's arguments when its turn comes, from what was just read.

``None`` means that the step is not needed. A ``GatewayError`` ends the operation before the
step is sent.
"""

from collections.abc import Mapping
from typing import Any

from gateway.broker.plan import bound
from gateway.broker.runner import Preparation
from gateway.errors import (
    DeclarationError,
    InstanceNotStopped,
    PreconditionFailed,
    ReplyInvalid,
)
from gateway.model import Instance, Operation, StepStatus, version_of
from gateway.spe.commands.instances import (
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)

STOPPED = "stopped"
WRITABLE = (
    "alias",
    "displayName",
    "instanceHost",
    "startMode",
    "baseDirectory",
    "debugLogEnabled",
    "vssWriterEnabled",
)
"""What SetInstanceConfiguration documents; the rest of what is read is not sent back."""


def versioned(instance: Instance, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the version of an instance is made of: the fields that a caller can write."""
    return {
        "displayName": configuration.get("displayName") or None,
        "alias": configuration.get("alias") or None,
        "startMode": configuration.get("startMode"),
        "labels": dict(instance.labels),
        "externalId": instance.external_id,
    }


def latest(operation: Operation, command: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what the last finished step of a command has read, or None."""
    read = [
        step.result
        for step in operation.steps
        if step.command == command and step.status is StepStatus.SUCCEEDED
    ]
    return read[-1] if read else None


def row_read(operation: Operation, instance: Instance) -> dict[str, Any]:
    """Return SPE's row of the instance, which must be exactly the one asked for.

    Raises:
        ReplyInvalid: the deployment answered something else.
    """
    rows = latest(operation, "GetInstances")
    if not isinstance(rows, list) or [r.get("instanceID") for r in rows] != [instance.instance_id]:
        raise ReplyInvalid(
            "The deployment did not answer with exactly the instance asked for.",
            deployment=instance.deployment,
            command="GetInstances",
        )
    row: dict[str, Any] = rows[0]
    return row


def _configuration(operation: Operation) -> dict[str, Any]:
    found = latest(operation, "GetInstanceConfiguration")
    if not isinstance(found, dict):
        raise ReplyInvalid("The deployment's configuration of the instance is not an object.")
    return found


def known(instance: Instance | None) -> Instance:
    """Return the operation's instance, which a rule about instances cannot do without."""
    if instance is None:
        raise DeclarationError("A preparation needs the operation's instance.")
    return instance


def _set(operation: Operation, instance: Instance, changes: Mapping[str, Any]) -> dict[str, Any]:
    found = _configuration(operation)
    config = {name: found[name] for name in WRITABLE if name in found} | dict(changes)
    return bound(SET_INSTANCE_CONFIGURATION, {"config": config}, instance)


def _stop_to_configure(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    ours = known(instance)
    _require_version(operation, ours)
    if row_read(operation, ours).get("status") == STOPPED:
        return None
    if not operation.context.get("restart"):
        raise InstanceNotStopped(
            "SPE changes the configuration of stopped instances only: stop it first, "
            "or ask with restart=true to stop, change and start it."
        )
    return bound(STOP_INSTANCES, {}, ours)


def _require_version(operation: Operation, instance: Instance) -> None:
    wanted = operation.context.get("ifMatch")
    found = version_of(versioned(instance, _configuration(operation)))
    if wanted is not None and f'"{found}"' not in wanted:
        raise PreconditionFailed("The instance was changed meanwhile: read it again.")


def _merge_configuration(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    return _set(operation, known(instance), operation.context["changes"])


def _start_again(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    stopped_by_us = any(
        step.prepare == "stop-to-configure" and step.status is StepStatus.SUCCEEDED
        for step in operation.steps
    )
    disabled = operation.context["changes"].get("startMode") == "disabled"
    if not stopped_by_us or disabled:
        return None
    return bound(START_INSTANCES, {}, known(instance))


def _stop_if_running(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    ours = known(instance)
    if row_read(operation, ours).get("status") == STOPPED:
        return None
    return bound(STOP_INSTANCES, {}, ours)


def _disable_start(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    return _set(operation, known(instance), {"startMode": "disabled"})


def _restore_start(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    ours = known(instance)
    mode = ours.kept_state.get("startMode", "manual")
    return _set(operation, ours, {"startMode": mode})


def _start_if_it_ran(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    del operation
    ours = known(instance)
    return bound(START_INSTANCES, {}, ours) if ours.kept_state.get("ran") else None


PREPARATIONS: dict[str, Preparation] = {
    "stop-to-configure": _stop_to_configure,
    "merge-configuration": _merge_configuration,
    "start-again": _start_again,
    "stop-if-running": _stop_if_running,
    "disable-start": _disable_start,
    "restore-start": _restore_start,
    "start-if-it-ran": _start_if_it_ran,
}
