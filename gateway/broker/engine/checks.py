"""The rules that judge what was read: SPE's word "succeeded" alone proves nothing (law 7).

A filter that hits no instance succeeds too. Words that are neither running nor stopped are
taken as being on the way.
"""

from typing import Any

from gateway.broker.engine.preparations import (
    STOPPED,
    known,
    latest,
    require_instance_version,
    require_version,
    row_read,
)
from gateway.broker.engine.runner import Check
from gateway.broker.engine.settlement import RUNNING, InstanceMissing
from gateway.errors import CommandFailed
from gateway.model import Instance, Operation, StepStatus
from gateway.spe.commands.instances import START_INSTANCES


def _listed(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Return SPE's row of the instance, which must be there."""
    if latest(operation, "GetInstances") == []:
        raise InstanceMissing
    return row_read(operation, known(instance))


def _is_listed(operation: Operation, instance: Instance | None) -> None:
    _listed(operation, instance)


def _is_not_running(operation: Operation, instance: Instance | None) -> None:
    row = _listed(operation, instance)
    if row.get("status") in RUNNING:
        raise _contradicted(operation, row.get("startStopError"))


def _is_not_stopped(operation: Operation, instance: Instance | None) -> None:
    row = _listed(operation, instance)
    if row.get("status") == STOPPED:
        raise _contradicted(operation, row.get("startStopError"))


def _is_as_it_ran(operation: Operation, instance: Instance | None) -> None:
    """What was started runs; what never ran need not."""
    started = any(
        step.command == START_INSTANCES.name and step.status is StepStatus.SUCCEEDED
        for step in operation.steps
    )
    (_is_not_stopped if started else _is_listed)(operation, instance)


def _is_gone(operation: Operation, instance: Instance | None) -> None:
    rows = latest(operation, "GetInstances")
    if rows:
        row_read(operation, known(instance))
        raise _contradicted(operation, None)


def _contradicted(operation: Operation, message: object) -> CommandFailed:
    return CommandFailed(
        "The deployment reported success, but the instance is not in the state asked for.",
        deployment=str(operation.deployment),
        command="GetInstances",
        message=str(message or ""),
    )


def _is_wanted_version(operation: Operation, instance: Instance | None) -> None:
    """What is to be changed is there, and nobody changed it since the caller read it."""
    del instance
    require_version(operation)


def _is_unchanged(operation: Operation, instance: Instance | None) -> None:
    """Nobody changed the instance since the caller read it."""
    require_instance_version(operation, known(instance))


CHECKS: dict[str, Check] = {
    "require-version": _is_wanted_version,
    "is-listed": _is_listed,
    "is-unchanged": _is_unchanged,
    "is-not-running": _is_not_running,
    "is-not-stopped": _is_not_stopped,
    "is-as-it-ran": _is_as_it_ran,
    "is-gone": _is_gone,
}
