"""By what all rows of a deployment are known to be the same as before, read for many at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select, type_coerce
from sqlalchemy.types import NullType

from gateway.storage.batches import batches
from gateway.storage.deployments import GONE
from gateway.storage.inventories import tries
from gateway.storage.sightings import Mark, under_change
from gateway.storage.tables import hosts, instances, unowned

Rows = Mapping[str, list[Row[Any]]]


@dataclass(frozen=True)
class Likeness:
    """Our rows of a deployment at one moment.

    Attributes:
        deployment: its id.
        try_time: when it was last asked before; None if it never was.
        marks: of the instances that it has, by their opaque ids.
        under_change: those of them that an unfinished operation changes alone.
        digest: of every column of its instances, of the unowned ones and of its hosts: whoever
            changes one of them, it is another.
    """

    deployment: str
    try_time: datetime | None
    marks: Mapping[str, Mark]
    under_change: frozenset[str]
    digest: bytes

    @property
    def names(self) -> frozenset[str]:
        """The names of our instances there."""
        return frozenset(mark.instance_id for mark in self.marks.values())

    def lasts(self, connection: Connection) -> bool:
        """Whether all rows are as they were, and nobody else has asked the deployment since.

        The second is more than the first: rows may have come and gone.
        """
        found = of(connection, [self.deployment])[self.deployment]
        return (found.digest, found.try_time) == (self.digest, self.try_time)


def of(connection: Connection, deployments: Collection[str]) -> dict[str, Likeness]:
    """Return what our rows of deployments are like, by five statements for all of them.

    The times of the tries are read first: what is written after that goes with a newer one.
    """
    found: dict[str, Likeness] = {}
    for some in batches(deployments):
        tried = tries(connection, some)
        changing = under_change(connection, some)
        ours, strangers, servers = (_rows(connection, query, some) for query in _QUERIES)
        found |= {
            name: Likeness(
                name,
                tried.get(name),
                {row.id: _mark(row) for row in ours.get(name, ())},
                changing.get(name, frozenset()),
                _digest(ours.get(name), strangers.get(name), servers.get(name)),
            )
            for name in some
        }
    return found


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.instance_id, row.update_time, row.observe_time)


def _digest(*rows: list[Row[Any]] | None) -> bytes:
    return sha256(repr(rows).encode("utf-8", "surrogatepass")).digest()


def _rows(connection: Connection, query: Select[Any], among: Collection[str]) -> Rows:
    """Return rows by their deployments."""
    wanted = query.where(query.selected_columns["deployment"].in_(among))
    rows = connection.execute(wanted)
    return {name: list(some) for name, some in groupby(rows, attrgetter("deployment"))}


def _query(table: Table, *order: str) -> Select[Any]:
    """Read whole rows; what is compared and no more, is left as the driver has it."""
    columns = (each if each.name in _TYPED else _plain(each) for each in table.c)
    return select(*columns).order_by(*(table.c[name] for name in ("deployment", *order)))


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, NullType()).label(str(column.key))


_TYPED: Final = frozenset({"deployment", "update_time", "observe_time"})
_QUERIES: Final = (
    _query(instances, "id").where(instances.c.status.not_in(GONE)),
    _query(unowned, "instance_id"),
    _query(hosts, "server_name"),
)
