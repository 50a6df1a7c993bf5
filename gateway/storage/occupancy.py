"""How full the deployments are: counted from the rows of instances, those that nobody owns too."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, case, func, select, true

from gateway.storage.deployments import GONE
from gateway.storage.tables import instances, unowned

RUNNING = "running"


@dataclass(frozen=True)
class Occupancy:
    """How many instances a deployment has, and how many of them ran when they were last seen."""

    instances: int = 0
    running: int = 0


def of(connection: Connection, deployment: str | None = None) -> Mapping[str, Occupancy]:
    """Return how full each deployment is that has an instance, or one of them alone."""
    found: dict[str, Occupancy] = {}
    for row in _counted(connection, deployment):
        known = found.get(row.deployment, Occupancy())
        number, running = known.instances + row.number, known.running + row.running
        found[row.deployment] = Occupancy(number, running)
    return found


def _counted(connection: Connection, deployment: str | None) -> Iterator[Row[tuple[str, int, int]]]:
    for table in (instances, unowned):
        is_running = table.c.observed["status"].as_string() == RUNNING
        query = (
            select(
                table.c.deployment,
                func.count().label("number"),
                func.sum(case((is_running, 1), else_=0)).label("running"),
            )
            .where(_lies_on(table.c.deployment, deployment))
            .group_by(table.c.deployment)
        )
        present = true() if table is unowned else instances.c.status.not_in(GONE)
        yield from connection.execute(query.where(present))


def by_host(connection: Connection, deployment: str) -> Mapping[str, int]:
    """Return how many instances of ours each host of a deployment has, by its lower-case name."""
    name = func.lower(instances.c.instance_host).label("host")
    query = (
        select(name, func.count().label("number"))
        .where(instances.c.deployment == deployment, instances.c.status.not_in(GONE))
        .group_by(name)
    )
    return {row.host: row.number for row in connection.execute(query)}


def alike(
    connection: Connection, reseller: str, label: tuple[str, str], deployment: str | None = None
) -> Mapping[str, Mapping[str, int]]:
    """Return where a reseller has instances with a certain label.

    Args:
        connection: an open transaction.
        reseller: the owner; those of others are not looked at.
        label: key and value.
        deployment: this one only; all if left out.

    Returns:
        For each deployment, how many there are on each host, by its lower-case name.
    """
    key, value = label
    name = func.lower(instances.c.instance_host).label("host")
    query = (
        select(instances.c.deployment, name, func.count().label("number"))
        .where(
            instances.c.reseller == reseller,
            instances.c.status.not_in(GONE),
            instances.c.labels[key].as_string() == value,
            _lies_on(instances.c.deployment, deployment),
        )
        .group_by(instances.c.deployment, name)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.deployment][row.host] = row.number
    return found


def _lies_on(column: ColumnElement[str], deployment: str | None) -> ColumnElement[bool]:
    return true() if deployment is None else column == deployment
