"""Queries on the tree of resellers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    RowMapping,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from gateway.errors import NotFound
from gateway.model import Reach, Reseller
from gateway.storage.descent import FEW, below, is_below
from gateway.storage.tables import clients, instances, resellers, transfers, webhooks


def reseller_of(row: RowMapping | Mapping[str, Any]) -> Reseller:
    """Return the reseller of a row."""
    fields: dict[str, Any] = {**row}
    fields["deployments"] = None if row["deployments"] is None else tuple(row["deployments"])
    fields["roles"] = None if row["roles"] is None else tuple(row["roles"])
    fields["disabled_permissions"] = tuple(row["disabled_permissions"])
    return Reseller(**fields)


def reached(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate on resellers: the own one and everything below."""
    return is_below(resellers.c.path, reach.path)


def is_all(reach: Reach) -> bool:
    """Whether the operators' own reseller is reached, and therefore every one."""
    return len(reach.path.strip("/").split("/")) == 1


def few(connection: Connection, reach: Reach) -> Sequence[str] | None:
    """Return the resellers that are reached; None if they are more than a page goes down to.

    Or if they are all: what the operators ask for is in any order of everything.
    """
    if is_all(reach):
        return None
    query = select(resellers.c.id).where(below(resellers.c.path, reach.path))
    most = most_of(reach)
    found = connection.execute(query.limit(most + 1)).scalars().all()
    return None if len(found) > most else found


def most_of(reach: Reach) -> int:
    """Return how many owners a page goes down to at most.

    To one alone where only some instances are reached: the first of each owner may be others.
    """
    return FEW if reach.instances is None else 1


def add(connection: Connection, reseller: Reseller) -> None:
    """Insert a reseller."""
    connection.execute(insert(resellers).values(**vars(reseller)))


def find(connection: Connection, reach: Reach, reseller: str) -> Reseller | None:
    """Return a reseller that is reached, or None."""
    query = select(resellers).where(resellers.c.id == reseller, reached(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else reseller_of(row)


def every(connection: Connection, reach: Reach) -> Sequence[Reseller]:
    """Return all resellers that are reached, in the order of ids."""
    query = select(resellers).where(reached(reach)).order_by(resellers.c.id)
    return [reseller_of(row) for row in connection.execute(query).mappings()]


def root(connection: Connection) -> Reseller | None:
    """Return the operators' own reseller, or None before ``init``."""
    row = (
        connection.execute(select(resellers).where(resellers.c.parent.is_(None)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else reseller_of(row)


def line_from(reseller: ScalarSelect[str] | ColumnElement[str]) -> CTE:
    """Return a table of a reseller and all above it, each found by its primary key.

    It costs more to build than to ask: build it once, with parameters.
    """
    own = select(resellers).where(resellers.c.id == reseller).cte("line", recursive=True)
    return own.union_all(select(resellers).where(resellers.c.id == own.c.parent))


def _lineage() -> Select[Any]:
    line = line_from(bindparam("reseller"))
    return select(line).order_by(func.length(line.c.path))


def _suspended() -> Select[int]:
    its = select(clients.c.reseller).where(clients.c.id == bindparam("client")).scalar_subquery()
    line = line_from(func.coalesce(its, bindparam("owner")))
    return select(func.count()).select_from(line).where(line.c.suspend_time.is_not(None))


LINEAGE = _lineage()
SUSPENDED = _suspended()


def lineage(connection: Connection, reseller: str) -> Sequence[Reseller]:
    """Return a reseller and all above it, the root first; for judging, whoever asks.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    rows = connection.execute(LINEAGE, {"reseller": reseller}).mappings().all()
    if not rows:
        raise NotFound
    return [reseller_of(row) for row in rows]


def is_suspended(connection: Connection, client: str, owner: str) -> bool:
    """Whether a client's reseller, or one above it, is suspended.

    Args:
        connection: an open transaction.
        client: by its id; it may be deleted meanwhile.
        owner: the reseller that is judged in place of a deleted client's.
    """
    judged = {"client": client, "owner": owner}
    return connection.execute(SUSPENDED, judged).scalar_one() > 0


def suspended_paths(connection: Connection, reach: Reach) -> Sequence[str]:
    """Return the paths of those reached that are suspended themselves."""
    mine = below(resellers.c.path, reach.path)
    query = select(resellers.c.path).where(mine, resellers.c.suspend_time.is_not(None))
    return connection.execute(query).scalars().all()


def page(connection: Connection, reach: Reach, after: str, limit: int) -> Sequence[Reseller]:
    """Return at most ``limit`` resellers with an id after ``after``, in the order of ids."""
    query = (
        select(resellers)
        .where(reached(reach), resellers.c.id > after)
        .order_by(resellers.c.id)
        .limit(limit)
    )
    return [reseller_of(row) for row in connection.execute(query).mappings()]


def deployments_of(connection: Connection, reseller: Reseller) -> frozenset[str] | None:
    """Return where a reseller's instances may lie: nowhere that is closed to one above it.

    Returns:
        Ids of deployments; None if no reseller of the path is restricted.
    """
    path = reseller.path.strip("/").split("/")
    query = select(resellers.c.deployments).where(resellers.c.id.in_(path))
    open_to = [set(row) for row in connection.execute(query).scalars() if row is not None]
    return frozenset(set.intersection(*open_to)) if open_to else None


def change(connection: Connection, reseller: str, values: Mapping[str, object]) -> None:
    """Update the given columns."""
    connection.execute(update(resellers).where(resellers.c.id == reseller).values(**values))


def hold(connection: Connection, reseller: str) -> None:
    """Let nobody delete a reseller, or give it anything, before the transaction ends.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    mine = select(resellers.c.id).where(resellers.c.id == reseller)
    connection.execute(mine.with_for_update()).all()
    require(connection, reseller)


def require(connection: Connection, reseller: str) -> None:
    """Look once more for one that was found before, in a transaction that holds it.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    if not connection.execute(select(exists().where(resellers.c.id == reseller))).scalar_one():
        raise NotFound


def in_use(connection: Connection, reseller: str) -> bool:
    """Whether it has resellers below, clients, webhooks or instances, also purged and former."""
    holds = [
        exists().where(resellers.c.parent == reseller),
        exists().where(clients.c.reseller == reseller),
        exists().where(webhooks.c.reseller == reseller),
        exists().where(instances.c.reseller == reseller),
        exists().where(transfers.c.former == reseller),
        exists().where(transfers.c.owner == reseller),
    ]
    return any(connection.execute(select(condition)).scalar_one() for condition in holds)


def remove(connection: Connection, reseller: str) -> None:
    """Delete the row."""
    connection.execute(delete(resellers).where(resellers.c.id == reseller))
