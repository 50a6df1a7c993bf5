"""Whose usage there is: the owners that instances had in a period, in the order of any grouping.

Usage belongs to the owner at the time of the reading, so an instance that changed hands is found
under each of them (decision 20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    case,
    cast,
    exists,
    null,
    or_,
    select,
    tuple_,
    union,
)

from gateway.model import Reach
from gateway.storage.deployments import GONE
from gateway.storage.descent import is_below
from gateway.storage.resellers import few, reached
from gateway.storage.tables import deployments, instances, resellers, transfers

BEHIND: Final = "z"
"""Behind every id of ours."""


@dataclass(frozen=True)
class Held:
    """An instance together with somebody who owned it.

    Attributes:
        instance: opaque id.
        reseller: the owner.
        deployment: where it lies, or lay.
        reseller_name: the owner's name.
        instance_id: the name that SPE knows.
        display_name: None also for whoever does not reach the instance any more.
        external_id: likewise.
    """

    instance: str
    reseller: str
    deployment: str
    reseller_name: str
    instance_id: str
    display_name: str | None
    external_id: str | None


@dataclass(frozen=True)
class Scope:
    """Of what usage is wanted.

    Attributes:
        reach: what the caller reaches.
        since: owned at or after this time.
        until: owned before it.
        reseller: only under this owner.
        deployment: only there.
        instance: only this one.
    """

    reach: Reach
    since: datetime
    until: datetime
    reseller: str | None = None
    deployment: str | None = None
    instance: str | None = None


def held(
    connection: Connection, scope: Scope, order: Sequence[str], after: Sequence[str], limit: int
) -> Sequence[Held]:
    """Return at most ``limit`` instances with an owner.

    Args:
        connection: to read through.
        scope: of what.
        order: names of ``Held``, which together tell each from every other.
        after: values of these, or of the first of them; what comes behind is wanted, and so is
            what begins with them. ``BEHIND`` as the next one leaves that out.
        limit: how many at most.
    """
    parts = [
        _behind(query, order, after).limit(limit).subquery()
        for query in (_present(connection, scope), _former(connection, scope))
    ]
    found = union(*(select(part) for part in parts)).subquery()
    query = select(found).order_by(*(found.c[name] for name in order)).limit(limit)
    return [Held(**row) for row in connection.execute(query).mappings()]


def deployments_of(connection: Connection, scope: Scope) -> dict[str, datetime]:
    """Return the deployments on which somebody owned something, and when each was registered."""
    there = instances.c.deployment == deployments.c.id
    present, former = _present(connection, scope), _former(connection, scope)
    held_there = [query.where(there).correlate(deployments).exists() for query in (present, former)]
    query = select(deployments.c.id, deployments.c.create_time).where(or_(*held_there))
    return {row.id: row.create_time for row in connection.execute(query)}


def is_held(connection: Connection, scope: Scope) -> bool:
    """Whether there is anything at all."""
    return bool(held(connection, scope, ("instance", "reseller"), (), 1))


def _present(connection: Connection, scope: Scope) -> Select[Any]:
    """Select what instances are owned, but for those that came, or went, at another time."""
    later = exists().where(
        transfers.c.instance == instances.c.id, transfers.c.create_time >= scope.until
    )
    lasting = instances.c.status.not_in(GONE) | (instances.c.update_time >= scope.since)
    query = _selected(connection, scope, instances, instances.c.reseller, instances.c.id)
    return query.where(lasting, ~later)


def _former(connection: Connection, scope: Scope) -> Select[Any]:
    """Select what instances were owned by somebody who gave them away."""
    moved = instances.join(transfers, transfers.c.instance == instances.c.id)
    query = _selected(connection, scope, moved, transfers.c.former, transfers.c.instance)
    return query.where(transfers.c.create_time >= scope.since).distinct()


def _selected(
    connection: Connection,
    scope: Scope,
    source: FromClause,
    owner: ColumnElement[str],
    instance: ColumnElement[str],
) -> Select[Any]:
    """Select what ``Held`` has; the names given to an instance are its present owner's.

    The column of its id is that by which few rows are found: an order by it brings no others in.
    """
    present = resellers.alias("present")
    shown = is_below(present.c.path, scope.reach.path)
    hidden = cast(null(), Text)
    query = select(
        instance.label("instance"),
        owner.label("reseller"),
        instances.c.deployment.label("deployment"),
        resellers.c.name.label("reseller_name"),
        instances.c.instance_id.label("instance_id"),
        case((shown, instances.c.display_name), else_=hidden).label("display_name"),
        case((shown, instances.c.external_id), else_=hidden).label("external_id"),
    )
    joined = source.join(resellers, resellers.c.id == owner)
    joined = joined.join(present, present.c.id == instances.c.reseller)
    return query.select_from(joined).where(
        reached(scope.reach),
        *_of_few(connection, scope, owner),
        instances.c.create_time < scope.until,
        *_filters(scope),
    )


def _filters(scope: Scope) -> list[ColumnElement[bool]]:
    wanted = {"deployment": scope.deployment, "id": scope.instance}
    found = [instances.c[name] == value for name, value in wanted.items() if value is not None]
    if scope.reach.instances is not None:
        found.append(instances.c.id.in_(sorted(scope.reach.instances)))
    return found


def _of_few(
    connection: Connection, scope: Scope, owner: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    """Name the owners if they can be few resellers alone: what each owns has an index."""
    if scope.reseller is not None:
        return [owner == scope.reseller]
    found = few(connection, scope.reach)
    if found is None:
        return []
    return [owner == found[0] if len(found) == 1 else owner.in_(found)]


def _behind(query: Select[Any], order: Sequence[str], after: Sequence[str]) -> Select[Any]:
    """Sort a query, and begin it behind some values."""
    columns = [query.selected_columns[name] for name in order]
    known = [*after, *[""] * len(order)][: len(order)]
    if after:
        query = query.where(tuple_(*columns) > tuple_(*known))
    return query.order_by(*columns)
