"""The ledger: intents, leases and outcomes of operations.

Arguments and results are encrypted; what is needed to query stands beside them in clear.
A lease is fenced: whoever lost it cannot write any more (law 6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    RowMapping,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from gateway.errors import OperationInProgress, StorageUnavailable
from gateway.model import FINAL, Operation, OperationStatus, Reach, Step, StepStatus, now
from gateway.storage.tables import operations
from gateway.storage.vault import Vault

LEASE = timedelta(seconds=120)
LIFECYCLE = ("updateInstance", "deleteInstance", "undeleteInstance", "purgeInstance")
"""Kinds of operations that change an instance as a whole."""
TRIES = 5
SECRET_FIELDS = ("arguments", "result", "before")
_DERIVED = {"secrets", "lease_owner", "lease_time"}


def _columns(operation: Operation, vault: Vault) -> dict[str, Any]:
    """Split an operation into clear columns and one encrypted one."""
    steps = [asdict(step) for step in operation.steps]
    hidden = [{name: step.pop(name) for name in SECRET_FIELDS} for step in steps]
    values = {f.name: getattr(operation, f.name) for f in fields(operation)}
    del values["result"]
    sealed = vault.seal({"steps": hidden, "result": operation.result})
    return values | {"steps": steps, "secrets": sealed}


def _operation(row: RowMapping, vault: Vault) -> Operation:
    hidden = vault.open(row["secrets"])
    steps = [
        Step(**(clear | secret | {"status": StepStatus(clear["status"])}))
        for clear, secret in zip(row["steps"], hidden["steps"], strict=True)
    ]
    values = {name: value for name, value in row.items() if name not in _DERIVED}
    status = OperationStatus(row["status"])
    return Operation(**(values | {"steps": steps, "status": status, "result": hidden["result"]}))


def add(connection: Connection, operation: Operation, vault: Vault, owner: str) -> None:
    """Insert the intent, leased to its sender.

    Raises:
        OperationInProgress: another operation holds the same lock.
        StorageUnavailable: the lock changes hands too fast to say who holds it.
    """
    values = _columns(operation, vault)
    lease = {"lease_owner": owner, "lease_time": now() + LEASE}
    query = insert(operations).values(**values, **lease)
    for _ in range(TRIES):
        if _inserted(connection, query):
            return
        holder = _holder(connection, operation.lock)
        if holder is not None:  # else it was let go at this moment
            raise OperationInProgress(holder)
    raise StorageUnavailable


def _inserted(connection: Connection, query: Insert) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(query)
    except IntegrityError:
        return False
    return True


def _holder(connection: Connection, lock: str | None) -> str | None:
    query = select(operations.c.id).where(operations.c.lock == lock)
    return connection.execute(query).scalar_one_or_none()


def save(connection: Connection, operation: Operation, vault: Vault) -> bool:
    """Write progress or outcome and renew the lease; False when it was lost meanwhile.

    A wish to cancel that came meanwhile is taken over, not overwritten.
    """
    mine = (operations.c.id == operation.id) & (operations.c.fence == operation.fence)
    row = connection.execute(
        update(operations)
        .where(mine, operations.c.status.not_in(FINAL))
        .values(lease_time=now() + LEASE)
        .returning(operations.c.cancel_requested)
    ).one_or_none()
    if row is None:
        return False
    operation.update_time = now()
    operation.cancel_requested = row.cancel_requested
    if operation.cancel_requested and not operation.status.is_final:
        operation.status = OperationStatus.CANCELLING
    values = _columns(operation, vault)
    del values["fence"]
    connection.execute(update(operations).where(mine).values(**values))
    return True


def release(connection: Connection, operation: Operation) -> None:
    """Give the lease back, so that the next poll may be anybody's."""
    mine = (operations.c.id == operation.id) & (operations.c.fence == operation.fence)
    connection.execute(update(operations).where(mine).values(lease_owner=None, lease_time=None))


def claim(connection: Connection, operation: str, owner: str, time: datetime) -> bool:
    """Take the lease of an unfinished operation that nobody holds; counts the fence."""
    free = or_(operations.c.lease_time.is_(None), operations.c.lease_time < time)
    done = connection.execute(
        update(operations)
        .where(operations.c.id == operation, operations.c.status.not_in(FINAL), free)
        .values(lease_owner=owner, lease_time=time + LEASE, fence=operations.c.fence + 1)
    )
    return done.rowcount == 1


def due(connection: Connection, time: datetime, limit: int) -> Sequence[str]:
    """Return the ids of unfinished operations that nobody holds and whose poll is due."""
    free = or_(operations.c.lease_time.is_(None), operations.c.lease_time < time)
    ripe = or_(operations.c.next_poll_time.is_(None), operations.c.next_poll_time <= time)
    query = (
        select(operations.c.id)
        .where(operations.c.status.not_in(FINAL), free, ripe)
        .order_by(operations.c.next_poll_time)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def get(connection: Connection, operation: str, vault: Vault) -> Operation:
    """Return an operation for those who carry it on."""
    query = select(operations).where(operations.c.id == operation)
    return _operation(connection.execute(query).mappings().one(), vault)


def tenant(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate on operations."""
    only = true() if reach.instances is None else operations.c.instance.in_(sorted(reach.instances))
    return operations.c.reseller_path.startswith(reach.path, autoescape=True) & only


def find(connection: Connection, reach: Reach, operation: str, vault: Vault) -> Operation | None:
    """Return an operation that is reached, or None."""
    query = select(operations).where(operations.c.id == operation, tenant(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _operation(row, vault)


def status(connection: Connection, operation: str) -> OperationStatus:
    """Return only the state."""
    query = select(operations.c.status).where(operations.c.id == operation)
    return OperationStatus(connection.execute(query).scalar_one())


def page(
    connection: Connection,
    reach: Reach,
    vault: Vault,
    filters: Mapping[str, str],
    before: str,
    limit: int,
) -> Sequence[Operation]:
    """Return at most ``limit`` operations, the newest first, from before an id on."""
    query = select(operations).where(tenant(reach))
    for column, value in filters.items():
        query = query.where(operations.c[column] == value)
    if before:
        query = query.where(operations.c.id < before)
    rows = connection.execute(query.order_by(operations.c.id.desc()).limit(limit))
    return [_operation(row, vault) for row in rows.mappings()]


def request_cancel(connection: Connection, operation: str) -> bool:
    """Note the wish to cancel; whoever holds the lease passes it on. False after the end."""
    done = connection.execute(
        update(operations)
        .where(operations.c.id == operation, operations.c.status.not_in(FINAL))
        .values(cancel_requested=True, status=OperationStatus.CANCELLING, next_poll_time=now())
    )
    return done.rowcount == 1


def cancel_requested(connection: Connection, operation: str) -> bool:
    """Whether somebody wishes to cancel."""
    query = select(operations.c.cancel_requested).where(operations.c.id == operation)
    return bool(connection.execute(query).scalar_one())


def unfinished(connection: Connection, instance: str) -> str | None:
    """Return an unfinished changing operation on an instance, or None."""
    query = select(operations.c.id).where(
        operations.c.instance == instance,
        operations.c.changes,
        operations.c.status.not_in(FINAL),
    )
    return connection.execute(query.limit(1)).scalar_one_or_none()


def begun(connection: Connection, instance: str, kind: str, after: datetime) -> Sequence[datetime]:
    """Return when an instance's operations of a kind began that did not come to nothing.

    Args:
        connection: an open transaction.
        instance: opaque id.
        kind: of the operations.
        after: they began later.

    Returns:
        The times, in their order.
    """
    vain = (OperationStatus.FAILED, OperationStatus.CANCELLED)
    query = select(operations.c.create_time).where(
        operations.c.instance == instance,
        operations.c.kind == kind,
        operations.c.create_time > after,
        operations.c.status.not_in(vain),
    )
    return list(connection.execute(query.order_by(operations.c.create_time)).scalars())


def every_unfinished(connection: Connection) -> Sequence[str]:
    """Return the ids of all unfinished operations, whoever holds them."""
    query = select(operations.c.id).where(operations.c.status.not_in(FINAL))
    return list(connection.execute(query.order_by(operations.c.id)).scalars())


def resolve(connection: Connection, operation: Operation, vault: Vault) -> bool:
    """Write a person's word on what ended as unknown; False when it is not unknown any more."""
    values = _columns(operation, vault)
    done = connection.execute(
        update(operations)
        .where(operations.c.id == operation.id, operations.c.status == OperationStatus.UNKNOWN)
        .values(**values)
    )
    return done.rowcount == 1


def has_later(connection: Connection, operation: Operation) -> bool:
    """Whether a later operation has changed, or is changing, the same instance as a whole."""
    query = select(operations.c.id).where(
        operations.c.instance == operation.instance,
        operations.c.kind.in_(LIFECYCLE),
        operations.c.id > operation.id,
    )
    return connection.execute(query.limit(1)).first() is not None


def expired_reads(connection: Connection, time: datetime) -> None:
    """Remove finished reads: their results are kept for an hour only (decision 16)."""
    connection.execute(
        operations.delete().where(operations.c.changes.is_(False), operations.c.end_time < time)
    )


def forget(connection: Connection, operation: str, vault: Vault) -> bool:
    """Erase the results of a final operation: they were handed out, or nobody came for them.

    Returns:
        False if they were erased before.
    """
    found = get(connection, operation, vault)
    if not found.one_time:
        return False
    found.result = None
    for step in found.steps:
        step.result = None
    first = (operations.c.id == operation) & operations.c.one_time
    done = connection.execute(
        update(operations)
        .where(first)
        .values(secrets=_columns(found, vault)["secrets"], one_time=False)
    )
    return done.rowcount == 1


def unclaimed(connection: Connection, time: datetime) -> Sequence[str]:
    """Return the operations with a one-time result that ended before a time."""
    query = select(operations.c.id).where(
        operations.c.one_time, operations.c.status.in_(FINAL), operations.c.end_time < time
    )
    return list(connection.execute(query).scalars())
