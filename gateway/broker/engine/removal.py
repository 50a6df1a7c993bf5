"""How a failed creation takes back what it made: proved to be ours and empty, or left alone.

``DeleteInstances`` is sent for one stored id, and only when what was read after the failure shows
all of this: SPE lists the instance, it lies in the directory derived from our own id, and nothing
is in it but what this operation made. Whoever cannot see that leaves it: an archive is never
removed on a guess.
"""

from collections.abc import Callable, Mapping
from pathlib import PureWindowsPath
from typing import Any

from gateway.broker.engine.plan import Invocation, bound
from gateway.broker.engine.runner import Preparation
from gateway.broker.engine.settlement import RUNNING
from gateway.model import Instance, InstanceStatus, Operation, StepStatus, is_derived
from gateway.spe.command import Command
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS

Rows = list[dict[str, Any]]
Judge = Callable[[Operation, Instance], bool]

STOPPED = "stopped"
SPES_OWN = "$"
"""How the name of SPE's own user begins, that of service provider access."""

REMOVAL = (
    Invocation(GET_INSTANCES, prepare="look-after-failure", always=True),
    Invocation(GET_INSTANCE_CONFIGURATION, prepare="prove-directory", always=True),
    Invocation(GET_STORES, prepare="prove-stores", always=True),
    Invocation(GET_USERS, prepare="prove-users", always=True),
    Invocation(GET_COMPLIANCE_CONFIGURATION, prepare="prove-no-hold", always=True),
    Invocation(STOP_INSTANCES, prepare="stop-to-remove", always=True),
    Invocation(GET_INSTANCES, prepare="look-before-removal", always=True),
    Invocation(DELETE_INSTANCES, prepare="remove-what-was-made", always=True),
    Invocation(GET_INSTANCES, prepare="look-after-removal", check="is-gone", always=True),
)
"""What follows a creation that is to leave nothing behind."""


def is_removed(operation: Operation) -> bool:
    """Whether an operation removed its instance, and nothing that was read says otherwise."""
    place = next(
        (n for n, step in enumerate(operation.steps) if step.command == DELETE_INSTANCES.name), None
    )
    if place is None or operation.steps[place].status is not StepStatus.SUCCEEDED:
        return False
    return all(step.status is not StepStatus.FAILED for step in operation.steps[place + 1 :])


def told(operation: Operation) -> str | None:
    """Return what became of what a failed creation had made, and what its caller can do."""
    first = operation.steps[0]
    if first.command == CREATE_INSTANCE.name and first.status is not StepStatus.SUCCEEDED:
        return None
    if is_removed(operation):
        return "What was made is removed again."
    return (
        f"The instance {operation.instance} stays as far as it got; the same call under its "
        "Idempotency-Key, if it had one, carries out the rest."
    )


# what was read after the failure


def _read(operation: Operation, command: Command) -> list[Any]:
    """Return what the removal itself has read; what was read before the failure is too old."""
    return [
        step.result
        for step in operation.steps
        if step.always and step.command == command.name and step.status is StepStatus.SUCCEEDED
    ]


def _rows(found: list[Any]) -> Rows | None:
    """Return the rows that were read last, or None when they were not."""
    rows = found[-1] if found else None
    is_list = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    return rows if is_list else None


def _statuses(operation: Operation, instance: Instance) -> list[str]:
    """Return SPE's words for the instance, one for each look that showed exactly it."""
    looks = [_rows([found]) for found in _read(operation, GET_INSTANCES)]
    return [
        str(rows[0].get("status"))
        for rows in looks
        if rows and [row.get("instanceID") for row in rows] == [instance.instance_id]
    ]


def _was(operation: Operation, command: str) -> list[dict[str, Any]]:
    """Return the arguments of the steps of a command that were carried out."""
    return [
        step.arguments
        for step in operation.steps
        if step.command == command and step.status is StepStatus.SUCCEEDED
    ]


def _has_failed(operation: Operation, instance: Instance) -> bool:
    """Whether a creation has failed whose instance is there, and was nobody's to use since."""
    made = bool(_was(operation, CREATE_INSTANCE.name))
    return made and operation.problem is not None and _is_new(instance)


def _is_new(instance: Instance) -> bool:
    return instance.status is InstanceStatus.PROVISIONING


def _is_listed(operation: Operation, instance: Instance) -> bool:
    return _has_failed(operation, instance) and _first(operation, instance) is not None


def _is_running(operation: Operation, instance: Instance) -> bool:
    """Whether the first look after the failure showed an instance that answers."""
    return _has_failed(operation, instance) and _first(operation, instance) in RUNNING


def _first(operation: Operation, instance: Instance) -> str | None:
    return next(iter(_statuses(operation, instance)), None)


def _shows_users(operation: Operation, instance: Instance) -> bool:
    """Whether users can be read: SPE shows them with service provider access only."""
    return _is_running(operation, instance) and bool(_was(operation, "SetArchiveAdminEnabled"))


# the proof


def _is_ours(operation: Operation, instance: Instance) -> bool:
    """Whether it lies in the directory that only we derive; Windows compares without case."""
    found = _read(operation, GET_INSTANCE_CONFIGURATION)
    last = found[-1] if found else None
    directory = str(last.get("baseDirectory")) if isinstance(last, dict) else ""
    known = PureWindowsPath(directory) == PureWindowsPath(instance.base_directory)
    return known and is_derived(directory, instance.id)


def _is_empty(operation: Operation, instance: Instance) -> bool:
    """Whether nothing is in it that this operation did not make.

    One that was never started holds nothing; one that stopped by itself shows nothing.
    """
    if not _is_running(operation, instance):
        return _first(operation, instance) == STOPPED and not _was(operation, "StartInstances")
    if not _has_own_stores_only(operation):
        return False
    return not _shows_users(operation, instance) or (
        _has_own_users_only(operation) and _is_not_held(operation)
    )


def _has_own_stores_only(operation: Operation) -> bool:
    rows = _rows(_read(operation, GET_STORES))
    made = {_name(each) for each in _was(operation, "CreateStore")}
    return rows is not None and all(
        row.get("statisticsCount") == 0 and _name(row) in made for row in rows
    )


def _name(store: Mapping[str, Any]) -> str:
    """Return the last part of a store's path, which is the one that we derive."""
    return PureWindowsPath(str(store.get("databasePath"))).name.lower()


def _has_own_users_only(operation: Operation) -> bool:
    rows = _rows(_read(operation, GET_USERS))
    made = {str(each["userName"]).lower() for each in _was(operation, "CreateUser")}
    names = None if rows is None else {str(row.get("userName")).lower() for row in rows}
    return names is not None and all(n.startswith(SPES_OWN) or n in made for n in names)


def _is_not_held(operation: Operation) -> bool:
    found = _read(operation, GET_COMPLIANCE_CONFIGURATION)
    held = found[-1].get("legalHoldEnabled") if found and isinstance(found[-1], dict) else None
    return held is False


def _is_proved(operation: Operation, instance: Instance) -> bool:
    return (
        _has_failed(operation, instance)
        and _is_ours(operation, instance)
        and _is_empty(operation, instance)
    )


def _is_to_be_stopped(operation: Operation, instance: Instance) -> bool:
    return _is_running(operation, instance) and _is_proved(operation, instance)


def _is_to_be_removed(operation: Operation, instance: Instance) -> bool:
    """Whether both looks, before and after it was stopped, allow it."""
    looks = _statuses(operation, instance)
    return _is_proved(operation, instance) and len(looks) > 1 and looks[-1] == STOPPED


def _is_gone(operation: Operation, instance: Instance) -> bool:
    del instance
    return bool(_was(operation, DELETE_INSTANCES.name))


def _sent_when(command: Command, judge: Judge) -> Preparation:
    """Return the rule that sends a command, to one stored id, only when a judge allows it."""

    def prepare(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
        if instance is None or not judge(operation, instance):
            return None
        return bound(command, {}, instance)

    return prepare


REMOVAL_RULES: dict[str, Preparation] = {
    "look-after-failure": _sent_when(GET_INSTANCES, _has_failed),
    "prove-directory": _sent_when(GET_INSTANCE_CONFIGURATION, _is_listed),
    "prove-stores": _sent_when(GET_STORES, _is_running),
    "prove-users": _sent_when(GET_USERS, _shows_users),
    "prove-no-hold": _sent_when(GET_COMPLIANCE_CONFIGURATION, _shows_users),
    "stop-to-remove": _sent_when(STOP_INSTANCES, _is_to_be_stopped),
    "look-before-removal": _sent_when(GET_INSTANCES, _is_proved),
    "remove-what-was-made": _sent_when(DELETE_INSTANCES, _is_to_be_removed),
    "look-after-removal": _sent_when(GET_INSTANCES, _is_gone),
}
