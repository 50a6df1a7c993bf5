"""The ledger: intents, leases and outcomes of operations.

Arguments and results are encrypted; what is needed to query stands beside them in clear.
A lease is fenced: whoever lost it cannot write any more (law 6).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)

from gateway.errors import OperationInProgress, StorageUnavailable
from gateway.model import FINAL, Operation, OperationStatus, Reach, Step, StepStatus, Urgency, now
from gateway.storage.clock import present
from gateway.storage.database import inserted
from gateway.storage.descent import is_below, owned, paths
from gateway.storage.resellers import is_all, most_of
from gateway.storage.revisions import WrittenByNewer
from gateway.storage.tables import operations
from gateway.storage.vault import Vault

LEASE = timedelta(seconds=30)
"""How long an operation is nobody else's without a sign of life; processes renew in time."""

UNFINISHED = tuple(sorted(set(OperationStatus) - FINAL))
LIFECYCLE = (
    "updateInstance",
    "suspendInstance",
    "resumeInstance",
    "deleteInstance",
    "undeleteInstance",
    "purgeInstance",
)
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


def operation_of(row: RowMapping, vault: Vault) -> Operation:
    """Return what a row holds.

    Raises:
        StorageUnavailable: it cannot be read; ``WrittenByNewer`` where a newer version can.
    """
    hidden = vault.open(row["secrets"])
    try:
        steps = [
            Step(**(clear | secret | {"status": StepStatus(clear["status"])}))
            for clear, secret in zip(row["steps"], hidden["steps"], strict=True)
        ]
        words = {"status": OperationStatus(row["status"]), "urgency": Urgency(row["urgency"])}
    except (TypeError, ValueError):  # a member of a step, or a word, that is not known here
        raise WrittenByNewer from None
    values = {name: value for name, value in row.items() if name not in _DERIVED}
    return Operation(**(values | words | {"steps": steps, "result": hidden["result"]}))


def add(connection: Connection, operation: Operation, vault: Vault, owner: str | None) -> None:
    """Insert the intent, leased to its sender, or to nobody yet.

    Raises:
        OperationInProgress: another operation holds the same lock.
        StorageUnavailable: the lock changes hands too fast to say who holds it.
    """
    values = _columns(operation, vault)
    until = present(connection, LEASE) if owner else None
    lease = {"lease_owner": owner, "lease_time": until}
    query = insert(operations).values(**values, **lease)
    for _ in range(TRIES):
        if inserted(connection, query):
            return
        holder = _holder(connection, operation.lock)
        if holder is not None:  # else it was let go at this moment
            raise OperationInProgress(holder)
    raise StorageUnavailable


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
        .values(lease_time=present(connection, LEASE))
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
    """Take the lease of an unfinished operation that nobody holds; counts the fence.

    Args:
        connection: an open transaction.
        operation: its id.
        owner: of the lease.
        time: by which its next poll must be due.
    """
    done = connection.execute(
        update(operations)
        .where(operations.c.id == operation, *may_be_taken(connection, time))
        .values(
            lease_owner=owner,
            lease_time=present(connection, LEASE),
            fence=operations.c.fence + 1,
        )
    )
    return done.rowcount == 1


def may_be_taken(
    connection: Connection, time: datetime | ColumnElement[datetime]
) -> Sequence[ColumnElement[bool]]:
    """Unfinished, with steps of its own, due by a time, and free."""
    ripe = or_(operations.c.next_poll_time.is_(None), operations.c.next_poll_time <= time)
    has_steps = operations.c.deployment.is_not(None)  # what is in parts ends with the last of them
    return operations.c.status.in_(UNFINISHED), has_steps, ripe, _is_free(connection)


def _is_free(connection: Connection) -> ColumnElement[bool]:
    """Nobody's, or no longer; on SQLite, whose clock may be set back, no lease is a long one."""
    until = operations.c.lease_time
    free = or_(until.is_(None), until < present(connection))
    if connection.dialect.name == "sqlite":
        return or_(free, until > present(connection, LEASE))
    return free


def renew(connection: Connection, owner: str, held: Collection[str]) -> Mapping[str, int]:
    """Renew leases; returns the fences of those that are still the owner's, by their ids."""
    rows = connection.execute(
        update(operations)
        .where(operations.c.id.in_(held), operations.c.lease_owner == owner)
        .values(lease_time=present(connection, LEASE))
        .returning(operations.c.id, operations.c.fence)
    )
    return {row.id: row.fence for row in rows}


def give_back(connection: Connection, owner: str, held: Collection[str]) -> None:
    """Give leases back that are still the owner's."""
    mine = operations.c.id.in_(held) & (operations.c.lease_owner == owner)
    connection.execute(update(operations).where(mine).values(lease_owner=None, lease_time=None))


def free(connection: Connection) -> None:
    """Let every lease go: for whoever knows that no other process is alive."""
    held = operations.c.lease_owner.is_not(None) & operations.c.status.in_(UNFINISHED)
    connection.execute(update(operations).where(held).values(lease_owner=None, lease_time=None))


def hurry(connection: Connection, operation: str, time: datetime) -> None:
    """Bring the next poll forward to a time, unless it comes earlier anyway."""
    later = (operations.c.id == operation) & (operations.c.next_poll_time > time)
    later &= operations.c.next_poll_time < operations.c.deadline  # else it waits for its turn
    connection.execute(
        update(operations)
        .where(later, operations.c.status.in_(UNFINISHED))
        .values(next_poll_time=time)
    )


def get(connection: Connection, operation: str, vault: Vault) -> Operation:
    """Return an operation for those who carry it on."""
    query = select(operations).where(operations.c.id == operation)
    return operation_of(connection.execute(query).mappings().one(), vault)


def context(connection: Connection, operation: str) -> Mapping[str, Any]:
    """Return what an operation keeps of the call that began it; nothing when it is gone."""
    query = select(operations.c.context).where(operations.c.id == operation)
    return connection.execute(query).scalar_one_or_none() or {}


def tenant(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate on operations."""
    only = true() if reach.instances is None else _within(sorted(reach.instances))
    return is_below(operations.c.reseller_path, reach.path) & only


def _within(instances: Sequence[str]) -> ColumnElement[bool]:
    """Whether an operation is about one of some instances, or all its parts are."""
    parts = operations.alias()
    part = parts.c.parent == operations.c.id
    in_parts = exists().where(part) & ~exists().where(part, parts.c.instance.not_in(instances))
    return operations.c.instance.in_(instances) | in_parts


def find(connection: Connection, reach: Reach, operation: str, vault: Vault) -> Operation | None:
    """Return an operation that is reached, or None."""
    query = select(operations).where(operations.c.id == operation, tenant(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else operation_of(row, vault)


def outlook(connection: Connection, operation: str) -> tuple[OperationStatus, timedelta, datetime]:
    """Return the state, the age, and when the next poll is due."""
    columns = operations.c.status, operations.c.create_time, operations.c.next_poll_time
    row = connection.execute(select(*columns).where(operations.c.id == operation)).one()
    return OperationStatus(row.status), now() - row.create_time, row.next_poll_time or now()


def page(
    connection: Connection,
    reach: Reach,
    vault: Vault,
    filters: Mapping[str, str],
    before: str,
    limit: int,
) -> Sequence[Operation]:
    """Return at most ``limit`` operations, the newest first, from before an id on."""
    wanted = [operations.c[column] == value for column, value in filters.items()]
    if before:
        wanted.append(operations.c.id < before)
    path, newest = operations.c.reseller_path, operations.c.id.desc()
    ids = select(operations.c.id).where(*wanted).order_by(newest).limit(limit)
    theirs = owned(connection, path, _few(connection, reach), ids)
    query = select(operations).where(tenant(reach), theirs, *wanted)
    rows = connection.execute(query.order_by(newest).limit(limit))
    return [operation_of(row, vault) for row in rows.mappings()]


def _few(connection: Connection, reach: Reach) -> list[str] | None:
    """Return whose operations there are, by paths; None if they are too many to go down to."""
    most = 0 if is_all(reach) else most_of(reach)
    found = paths(operations.c.reseller_path, reach.path).limit(most + 1)
    known = list(connection.execute(found).scalars())
    return None if len(known) > most else known


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
