"""What the broker tells of its changes: one event for each, in the transaction of the change.

A subscriber hears that, and asks for the rest: what is told is ids, states and counts. Nothing of
it is a secret, a path or a name of SPE's, and nothing names another reseller.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from gateway.model import (
    EventType,
    Happening,
    Instance,
    InstanceStatus,
    Measure,
    Operation,
    OperationStatus,
    Reseller,
    Resource,
)
from gateway.storage import event_log, figures, resellers
from gateway.storage.quotas import Pool

ENDS: Final = {
    OperationStatus.SUCCEEDED: EventType.OPERATION_SUCCEEDED,
    OperationStatus.FAILED: EventType.OPERATION_FAILED,
    OperationStatus.CANCELLED: EventType.OPERATION_CANCELLED,
    OperationStatus.UNKNOWN: EventType.OPERATION_UNKNOWN,
}

LIVES: Final = {
    (InstanceStatus.PROVISIONING, InstanceStatus.ACTIVE): EventType.INSTANCE_CREATED,
    (InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED): EventType.INSTANCE_SUSPENDED,
    (InstanceStatus.SUSPENDED, InstanceStatus.ACTIVE): EventType.INSTANCE_RESUMED,
    (InstanceStatus.ACTIVE, InstanceStatus.DELETED): EventType.INSTANCE_DELETED,
    (InstanceStatus.SUSPENDED, InstanceStatus.DELETED): EventType.INSTANCE_DELETED,
    (InstanceStatus.DELETED, InstanceStatus.ACTIVE): EventType.INSTANCE_UNDELETED,
    (InstanceStatus.DELETED, InstanceStatus.SUSPENDED): EventType.INSTANCE_UNDELETED,
    (InstanceStatus.DELETED, InstanceStatus.PURGED): EventType.INSTANCE_PURGED,
    (InstanceStatus.ACTIVE, InstanceStatus.PURGED): EventType.INSTANCE_PURGED,
}
"""What is told of an instance by its state before and after; of one that never was, nothing."""

THRESHOLDS: Final = (80, 90, 100)
"""Percent of a limit."""

PASSING: Final = frozenset({Resource.CONCURRENT_OPERATIONS})
"""Resources that are taken for moments; that they are scarce is told by the refusals."""

OURS: Final = {"external_id": "externalId"}
"""Columns that are called otherwise where a subscriber reads them."""

SHOWN: Final = frozenset({"missing", "displayName", "alias", "startMode", "status"})
"""What resellers see of a drift; its paths and hosts are for operators."""


# operations


def started(connection: Connection, operation: Operation) -> None:
    """Tell that something will be changed; what only reads is told to nobody."""
    if operation.changes:
        _work(connection, EventType.OPERATION_STARTED, operation)


def ended(connection: Connection, operation: Operation) -> None:
    """Tell how an operation has ended that was to change something."""
    if operation.changes:
        _work(connection, ENDS[operation.status], operation)


def resolved(connection: Connection, operation: Operation) -> None:
    """Tell a person's word on an operation that had ended as unknown."""
    _work(connection, EventType.OPERATION_RESOLVED, operation)


def _work(connection: Connection, kind: EventType, operation: Operation) -> None:
    said = {
        "kind": operation.kind,
        "status": str(operation.status),
        "problem": (operation.problem or {}).get("code"),
        "parent": operation.parent,
    }
    data = {name: value for name, value in said.items() if value is not None}
    happening = Happening(kind, operation.id, operation.instance, operation.deployment, data)
    event_log.tell(connection, operation.reseller_path, happening)


# instances


def instance(
    connection: Connection, kind: EventType, found: Instance, data: Mapping[str, Any] | None = None
) -> None:
    """Tell the owner of an instance what happens to it."""
    happening = Happening(kind, found.id, found.id, found.deployment, data or {})
    event_log.tell(connection, found.reseller_path, happening)


def life(connection: Connection, found: Instance, status: InstanceStatus) -> None:
    """Tell that an instance comes into another state, if a subscriber knows both."""
    kind = LIVES.get((found.status, status))
    if kind is not None:
        instance(connection, kind, found, {"status": str(status)})


def updated(connection: Connection, found: Instance, fields: Iterable[str]) -> None:
    """Tell which fields of an instance are others, without their values; none is no event."""
    named = sorted({OURS.get(field, field) for field in fields})
    if named:
        instance(connection, EventType.INSTANCE_UPDATED, found, {"fields": named})


def transferred(connection: Connection, before: Instance, after: Instance, transfer: str) -> None:
    """Tell the former owner and the new one; neither hears who the other is.

    The new one hears in which state it comes: its own log has nothing of it yet.
    """
    data = {"transfer": transfer}
    instance(connection, EventType.INSTANCE_TRANSFERRED_OUT, before, data)
    state: dict[str, Any] = {"status": str(after.status)}
    known = figures.current(connection, [after.id], Measure.LICENCES).get(after.id)
    if known is not None and known.value is not None:
        state["licences"] = known.value
    instance(connection, EventType.INSTANCE_TRANSFERRED_IN, after, {**data, **state})


def drifted(connection: Connection, found: Instance, drift: Mapping[str, Any] | None) -> None:
    """Tell that an instance begins to differ from what we know, or does not any more."""
    if drift is None:
        instance(connection, EventType.INSTANCE_DRIFT_ENDED, found)
    else:
        fields = {"fields": sorted(SHOWN & drift.keys())}
        instance(connection, EventType.INSTANCE_DRIFTED, found, fields)


# resellers


def reseller(connection: Connection, kind: EventType, found: Reseller) -> None:
    """Tell what happens to a reseller."""
    event_log.tell(connection, found.path, Happening(kind, found.id))


def use(connection: Connection, pool: Pool, before: int, after: int) -> None:
    """Tell that use of a limit comes to a threshold; of several at once the highest.

    It goes from below to there or beyond, so nothing is told again before it has fallen.

    Args:
        connection: the transaction; it holds the pool.
        pool: the limit.
        before: what was used.
        after: what is.
    """
    reached = [each for each in THRESHOLDS if before * 100 < each * pool.limit <= after * 100]
    if not reached or pool.resource in PASSING:
        return
    data = {
        "resource": str(pool.resource),
        "threshold": reached[-1],
        "used": after,
        "limit": pool.limit,
    }
    happening = Happening(EventType.QUOTA_THRESHOLD_REACHED, pool.reseller, data=data)
    event_log.tell(connection, pool.path, happening)


# the operators' own


def restored(connection: Connection, root: Reseller) -> None:
    """Tell the operators that the database went back in time: numbers before may be of nothing."""
    event_log.tell(connection, root.path, Happening(EventType.GATEWAY_RESTORED, root.id))


def deployment(
    connection: Connection, kind: EventType, found: str, data: Mapping[str, Any] | None = None
) -> None:
    """Tell the operators what happens to a deployment; nobody has been let in before the root."""
    root = resellers.root(connection)
    if root is not None:
        happening = Happening(kind, found, deployment=found, data=data or {})
        event_log.tell(connection, root.path, happening)
