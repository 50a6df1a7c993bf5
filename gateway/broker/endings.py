"""What the end of an operation does to our own tables, in the transaction of its outcome."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.broker import ownership
from gateway.broker.engine.preparations import CONSENT, STOPPED, latest
from gateway.broker.engine.removal import is_removed, told
from gateway.broker.ledger import Ending
from gateway.model import Instance, InstanceStatus, Operation, OperationStatus, StepStatus, now
from gateway.spe.commands.instances import CREATE_INSTANCE
from gateway.storage import instances, names

FACTUAL = frozenset({"status", "alias"})
"""Columns that must outlive a restore."""

MISSING = {"status": "missing"}
"""What is seen of an instance that its deployment does not list."""


def with_consent(known: Instance, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return SPE's row of an instance with what we know of service provider access."""
    kept = {CONSENT: known.observed[CONSENT]} if CONSENT in known.observed else {}
    return {**row, **kept}


def observed(known: Instance, operation: Operation) -> dict[str, Any]:
    """Return what the operation's reads showed of its instance, as columns."""
    rows = latest(operation, "GetInstances")
    configuration = latest(operation, "GetInstanceConfiguration")
    consent = latest(operation, "GetArchiveAdminEnabled")
    columns: dict[str, Any] = {}
    if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict):
        columns |= {"observed": with_consent(known, rows[0]), "observe_time": now()}
    if rows == []:
        columns |= {"observed": MISSING, "observe_time": now()}
    if isinstance(consent, dict):
        before = columns.get("observed", known.observed)
        columns["observed"] = {**before, CONSENT: bool(consent.get("value"))}
    if isinstance(configuration, dict):
        columns |= {
            "display_name": str(configuration.get("displayName") or ""),
            "alias": configuration.get("alias") or None,
        }
    return columns


def seen(known: Instance, operation: Operation) -> Instance:
    """Return an instance that we know, as the operation's reads showed it."""
    return replace(known, **observed(known, operation))


def note(connection: Connection, operation: Operation, **columns: object) -> None:
    """Write down what an operation's reads showed of its instance, and further columns."""
    known = instances.tracked(connection, str(operation.instance))
    values = (observed(known, operation) if known else {}) | columns
    if known is None or not values:
        return
    instances.change(connection, known.id, {**values, "update_time": now()})
    if FACTUAL & set(values):
        ownership.note(connection, known.id)


def _observe(connection: Connection, operation: Operation) -> None:
    note(connection, operation)


def _created(connection: Connection, operation: Operation) -> None:
    """An instance exists as soon as its first step is done, whatever became of the others.

    One that was taken back is purged: its directory is still on disk. What carries out the rest
    of an earlier creation makes no instance.
    """
    _say_what_is_left(operation)
    first = operation.steps[0]
    if first.command != CREATE_INSTANCE.name:
        note(connection, operation)
    elif is_removed(operation):
        _bury(connection, operation)
    elif first.status is StepStatus.SUCCEEDED:
        note(connection, operation, status=InstanceStatus.ACTIVE)
    elif operation.status is not OperationStatus.UNKNOWN:
        names.release(connection, str(operation.instance))
        note(connection, operation, status=InstanceStatus.FAILED)


def _say_what_is_left(operation: Operation) -> None:
    """Let the problem of a creation that failed say what it left behind, beside why."""
    left = told(operation)
    if operation.status is OperationStatus.FAILED and operation.problem and left:
        said = f"{operation.problem['detail']} {left}"
        operation.problem = {**operation.problem, "detail": said}


def _configured(connection: Connection, operation: Operation) -> None:
    done = operation.status is OperationStatus.SUCCEEDED
    own = operation.context.get("own", {}) if done else {}
    alias = operation.context["changes"].get("alias")
    if alias and _is_unset(operation):
        names.give_back(connection, str(operation.instance), alias, operation.create_time)
    note(connection, operation, **own)


def _is_unset(operation: Operation) -> bool:
    """Whether the configuration was certainly not changed."""
    undone = {StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED}
    settings = [step for step in operation.steps if step.command == "SetInstanceConfiguration"]
    return all(step.status in undone for step in settings)


def _deleted(connection: Connection, operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        note(connection, operation)
        return
    time = now()
    note(
        connection,
        operation,
        status=InstanceStatus.DELETED,
        delete_time=time,
        purge_time=time + timedelta(days=operation.context["graceDays"]),
        kept_state=_before(operation),
    )


def _before(operation: Operation) -> dict[str, Any]:
    """Return how an instance was before its deletion, as far as that was read.

    A person may settle a deletion that a restore cut off before it had read anything.
    """
    listed = operation.steps[0].result
    configuration = latest(operation, "GetInstanceConfiguration")
    compliance = latest(operation, "GetComplianceConfiguration")
    kept: dict[str, Any] = {"legalHold": None}
    if listed:
        kept["ran"] = listed[0].get("status") != STOPPED
    if isinstance(configuration, dict):
        kept["startMode"] = configuration.get("startMode")
    if isinstance(compliance, dict):
        kept["legalHold"] = compliance.get("legalHoldEnabled")
    return kept


def _undeleted(connection: Connection, operation: Operation) -> None:
    if operation.status is OperationStatus.SUCCEEDED:
        note(
            connection,
            operation,
            status=InstanceStatus.ACTIVE,
            delete_time=None,
            purge_time=None,
            kept_state={},
        )


def _purged(connection: Connection, operation: Operation) -> None:
    if operation.status is OperationStatus.SUCCEEDED:
        _bury(connection, operation)


def _bury(connection: Connection, operation: Operation) -> None:
    """The row and the names stay: the data is still on disk (law 3)."""
    names.bury(connection, str(operation.instance))
    note(connection, operation, status=InstanceStatus.PURGED)


OBSERVING = frozenset(
    {
        "startInstance",
        "stopInstance",
        "restartInstance",
        "freezeInstance",
        "thawInstance",
        "getInstance",
        "setArchiveAdmin",
    }
)
"""Kinds of operations whose end only writes down what was seen."""

ENDINGS: dict[str, Ending] = {
    **dict.fromkeys(OBSERVING, _observe),
    "createInstance": _created,
    "updateInstance": _configured,
    "deleteInstance": _deleted,
    "undeleteInstance": _undeleted,
    "purgeInstance": _purged,
}
"""By the kind of operation, which is the operationId of the REST operation."""
