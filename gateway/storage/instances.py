"""Queries on instances: every one of them under the tenant predicate.

Only the tracker, which works for nobody in particular, finds an instance without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    exists,
    insert,
    select,
    true,
    update,
)

from gateway.model import Instance, InstanceStatus, Reach
from gateway.storage import resellers as resellers_of
from gateway.storage.deployments import ABSENT, GONE
from gateway.storage.descent import owned
from gateway.storage.instance_filters import CONDITIONS, NARROW, SEARCHED
from gateway.storage.resellers import reached
from gateway.storage.tables import deployments, instances, resellers

BATCH: Final = 500
"""Ids that one statement has."""

LOOKED_AT: Final = 20_000
"""Rows that one page looks through for what no index answers."""


def _selected() -> Select[Any]:
    return select(instances, resellers.c.path.label("reseller_path")).join(
        resellers, resellers.c.id == instances.c.reseller
    )


def _instance(row: RowMapping) -> Instance:
    fields = dict(row)
    fields["status"] = InstanceStatus(row["status"])
    return Instance(**fields)


def tenant(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate: below the caller's reseller, and not outside its restriction."""
    only = true() if reach.instances is None else instances.c.id.in_(sorted(reach.instances))
    return reached(reach) & only


def add(connection: Connection, instance: Instance) -> None:
    """Insert an instance."""
    values = dict(vars(instance))
    del values["reseller_path"]
    connection.execute(insert(instances).values(**values))


def find(connection: Connection, reach: Reach, instance: str) -> Instance | None:
    """Return an instance that is reached, or None; purged and released ones are absent."""
    query = _selected().where(
        instances.c.id == instance, tenant(reach), instances.c.status.not_in(ABSENT)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _instance(row)


def some(connection: Connection, reach: Reach, among: Sequence[str]) -> dict[str, Instance]:
    """Return those of some instances that are reached, by their ids, but for ``ABSENT`` ones."""
    query = _selected().where(
        instances.c.id.in_(among), tenant(reach), instances.c.status.not_in(ABSENT)
    )
    return {row["id"]: _instance(row) for row in connection.execute(query).mappings()}


def tracked(connection: Connection, instance: str) -> Instance | None:
    """Return an instance for the tracker, which carries on what was authorised before."""
    row = connection.execute(_selected().where(instances.c.id == instance)).mappings().one_or_none()
    return None if row is None else _instance(row)


def among(connection: Connection, ids: Iterable[str]) -> dict[str, Instance]:
    """Return instances by their ids, whoever's they are and whatever became of them."""
    found: dict[str, Instance] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), BATCH):
        query = _selected().where(instances.c.id.in_(wanted[start : start + BATCH]))
        found |= {row["id"]: _instance(row) for row in connection.execute(query).mappings()}
    return found


def hold(connection: Connection, instance: str) -> None:
    """Let nobody else hold or change an instance before this transaction ends."""
    connection.execute(select(instances.c.id).where(instances.c.id == instance).with_for_update())


def neighbours(connection: Connection, instance: Instance) -> Sequence[Instance]:
    """Return what else is or was on an instance's deployment, whoever's it is.

    To judge paths only: the data of purged and released instances is still on disk.
    """
    query = _selected().where(
        instances.c.deployment == instance.deployment, instances.c.id != instance.id
    )
    return [_instance(row) for row in connection.execute(query).mappings()]


def present_on(connection: Connection, deployment: str) -> Sequence[Instance]:
    """Return the instances that a deployment has, or is about to have, whoever's they are.

    To compare them with what the deployment lists.
    """
    mine = (instances.c.deployment == deployment, instances.c.status.not_in(GONE))
    query = _selected().where(*mine).order_by(instances.c.id)
    return [_instance(row) for row in connection.execute(query).mappings()]


class Page(NamedTuple):
    """Instances in the order of ids.

    Attributes:
        rows: what was found.
        until: the id up to which was looked; None where that is everything.
    """

    rows: Sequence[Instance]
    until: str | None


def page(
    connection: Connection,
    reach: Reach,
    filters: Mapping[str, Any],
    after: str,
    limit: int,
) -> Page:
    """Return at most ``limit`` instances with an id after ``after``, in the order of ids.

    An index that ends with the id brings them in this order, so that no page costs more than the
    first: that of the one owner, or of each of a few, or else of all. What no index answers is
    looked for in so many rows at a time: a page may then hold less than it has room for, or
    nothing, and there are more.

    Args:
        connection: an open transaction.
        reach: what the caller reaches.
        filters: what is wanted, by the names of ``instance_filters.CONDITIONS``.
        after: the last id of the page before, or an empty text.
        limit: the most rows.
    """
    owners = None if filters.keys() & NARROW else resellers_of.few(connection, reach)
    until = _until(connection, reach, filters, after, owners)
    wanted = [
        instances.c.id > after,
        instances.c.status.not_in(ABSENT),
        *_conditions(filters),
    ]
    if until is not None:
        wanted.append(instances.c.id <= until)
    ids = select(instances.c.id).where(*wanted).order_by(instances.c.id).limit(limit)
    theirs = owned(connection, instances.c.reseller, owners, ids)
    query = _selected().where(tenant(reach), theirs, *wanted)
    rows = connection.execute(query.order_by(instances.c.id).limit(limit))
    return Page([_instance(row) for row in rows.mappings()], until)


def _until(
    connection: Connection,
    reach: Reach,
    filters: Mapping[str, Any],
    after: str,
    owners: Sequence[str] | None,
) -> str | None:
    """Return the id up to which a page looks; None where it may look at everything."""
    narrow, searched = filters.keys() & NARROW, filters.keys() & SEARCHED
    if reach.instances is not None:
        return None  # they are named
    if not searched and (narrow or resellers_of.is_all(reach)):
        return None  # an index has just what is wanted
    if owners is not None and (len(owners) > 1 or not searched):
        return None  # an index has each owner's
    passed = [CONDITIONS[name](filters[name]) for name in narrow]
    if owners:
        passed.append(instances.c.reseller == owners[0])
    query = select(instances.c.id).where(instances.c.id > after, *passed)
    last = query.order_by(instances.c.id).offset(LOOKED_AT - 1).limit(1)
    return connection.execute(last).scalar_one_or_none()


def deployments_of(
    connection: Connection, reach: Reach, filters: Mapping[str, Any]
) -> Sequence[str]:
    """Return the deployments that hold an instance which is reached and wanted, in order.

    Args:
        connection: an open transaction.
        reach: what the caller reaches.
        filters: as of ``page``.
    """
    wanted = (tenant(reach), instances.c.status.not_in(ABSENT), *_conditions(filters))
    owners = resellers_of.few(connection, reach)
    joined = instances.join(resellers, resellers.c.id == instances.c.reseller)
    if owners is None:
        there = instances.c.deployment == deployments.c.id
        held = exists(select(instances.c.id).select_from(joined).where(there, *wanted))
        query = select(deployments.c.id).where(held)
    else:  # theirs alone are looked at, not all of each deployment
        theirs = instances.c.reseller.in_(owners)
        query = select(instances.c.deployment).select_from(joined).where(theirs, *wanted).distinct()
    return sorted(connection.execute(query).scalars())


def _conditions(filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [CONDITIONS[name](value) for name, value in filters.items()]


def change(connection: Connection, instance: str, values: Mapping[str, object]) -> None:
    """Update the given columns."""
    connection.execute(update(instances).where(instances.c.id == instance).values(**values))
