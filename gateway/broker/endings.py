"""What the end of an operation does to our own tables, in the transaction of its outcome."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.broker.ledger import Ending
from gateway.broker.preparations import STOPPED, latest
from gateway.model import InstanceStatus, Operation, OperationStatus, StepStatus, now
from gateway.storage import instances, names

MISSING = {"status": "missing"}
"""What is seen of an instance that its deployment does not list."""


def observed(operation: Operation) -> dict[str, Any]:
    """Return what the operation's reads showed of its instance, as columns."""
    rows = latest(operation, "GetInstances")
    configuration = latest(operation, "GetInstanceConfiguration")
    columns: dict[str, Any] = {}
    if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict):
        columns |= {"observed": rows[0], "observe_time": now()}
    if rows == []:
        columns |= {"observed": MISSING, "observe_time": now()}
    if isinstance(configuration, dict):
        columns |= {
            "display_name": str(configuration.get("displayName") or ""),
            "alias": configuration.get("alias") or None,
        }
    return columns


def _note(connection: Connection, operation: Operation, **columns: object) -> None:
    values = observed(operation) | columns
    if operation.instance is not None and values:
        instances.change(connection, operation.instance, {**values, "update_time": now()})


def _observe(connection: Connection, operation: Operation) -> None:
    _note(connection, operation)


def _created(connection: Connection, operation: Operation) -> None:
    """An instance exists as soon as its first step is done, whatever became of the others."""
    first = operation.steps[0].status
    if first is StepStatus.SUCCEEDED:
        _note(connection, operation, status=InstanceStatus.ACTIVE)
    elif operation.status is not OperationStatus.UNKNOWN:
        names.release(connection, str(operation.instance))
        _note(connection, operation, status=InstanceStatus.FAILED)


def _configured(connection: Connection, operation: Operation) -> None:
    done = operation.status is OperationStatus.SUCCEEDED
    own = operation.context.get("own", {}) if done else {}
    _note(connection, operation, **own)


def _deleted(connection: Connection, operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        _note(connection, operation)
        return
    before = operation.steps[0].result[0]
    configuration = latest(operation, "GetInstanceConfiguration")
    compliance = latest(operation, "GetComplianceConfiguration")
    hold = compliance.get("legalHoldEnabled") if isinstance(compliance, dict) else None
    time = now()
    _note(
        connection,
        operation,
        status=InstanceStatus.DELETED,
        delete_time=time,
        purge_time=time + timedelta(days=operation.context["graceDays"]),
        kept_state={
            "startMode": configuration.get("startMode"),
            "ran": before.get("status") != STOPPED,
            "legalHold": hold,
        },
    )


def _undeleted(connection: Connection, operation: Operation) -> None:
    if operation.status is OperationStatus.SUCCEEDED:
        _note(
            connection,
            operation,
            status=InstanceStatus.ACTIVE,
            delete_time=None,
            purge_time=None,
            kept_state={},
        )


def _purged(connection: Connection, operation: Operation) -> None:
    """The row and the names stay: the data is still on disk (law 3)."""
    if operation.status is OperationStatus.SUCCEEDED:
        names.bury(connection, str(operation.instance))
        _note(connection, operation, status=InstanceStatus.PURGED)


ENDINGS: dict[str, Ending] = {
    "createInstance": _created,
    "updateInstance": _configured,
    "deleteInstance": _deleted,
    "undeleteInstance": _undeleted,
    "purgeInstance": _purged,
    "startInstance": _observe,
    "stopInstance": _observe,
    "restartInstance": _observe,
    "freezeInstance": _observe,
    "thawInstance": _observe,
    "getInstance": _observe,
}
"""By the kind of operation, which is the operationId of the REST operation."""
