"""When many deployments and instances were read, by few statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from gateway.model import OF_INSTANCES, SHOWN_BY, Measure, Reading
from gateway.storage.batches import batches
from gateway.storage.tables import deployments, instances, readings

_LICENCES = SHOWN_BY[Measure.LICENCES]
_SIZES = [SHOWN_BY[measure] for measure in OF_INSTANCES]


def of_deployments(
    connection: Connection, among: Iterable[str], since: datetime, until: datetime
) -> dict[str, list[Reading]]:
    """Return the readings of the licences in [since, until), failed ones too, by deployment.

    The oldest first; a deployment without any is left out.
    """
    found: dict[str, list[Reading]] = defaultdict(list)
    for some in batches(among):
        query = select(readings).where(
            readings.c.deployment.in_(some),
            readings.c.command == _LICENCES,
            readings.c.instance.is_(None),
            readings.c.time >= since,
            readings.c.time < until,
        )
        for row in connection.execute(query.order_by(readings.c.time, readings.c.id)).mappings():
            found[row["deployment"]].append(Reading(**row))
    return dict(found)


def of_instances(
    connection: Connection, among: Iterable[str], since: datetime, until: datetime
) -> Mapping[tuple[str, str], Sequence[datetime]]:
    """Return when instances were read with success in [since, until), the oldest first.

    Returns:
        By instance and command; empty for what was not read.
    """
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for some in batches(among):
        query = select(readings.c.instance, readings.c.command, readings.c.time).where(
            readings.c.instance.in_(some),
            readings.c.command.in_(_SIZES),
            readings.c.problem.is_(None),
            readings.c.time >= since,
            readings.c.time < until,
        )
        for row in connection.execute(query.order_by(readings.c.time, readings.c.id)):
            found[row.instance, row.command].append(row.time)
    return found


def last_of_deployments(
    connection: Connection, among: Iterable[str], before: datetime
) -> dict[str, datetime]:
    """Return when the licences of each deployment were last read with success before a time."""
    last = select(readings.c.time).where(
        readings.c.deployment == deployments.c.id,
        readings.c.command == _LICENCES,
        readings.c.instance.is_(None),
        readings.c.problem.is_(None),
        readings.c.time < before,
    )
    time = last.order_by(readings.c.time.desc()).limit(1).scalar_subquery()
    found: dict[str, datetime] = {}
    for some in batches(among):
        query = select(deployments.c.id, time.label("time")).where(deployments.c.id.in_(some))
        found |= _known(connection, query)
    return found


def last_of_instances(
    connection: Connection, among: Iterable[str], command: str, before: datetime
) -> dict[str, datetime]:
    """Return when a command last succeeded for each instance before a time."""
    last = select(func.max(readings.c.time)).where(
        readings.c.instance == instances.c.id,
        readings.c.command == command,
        readings.c.problem.is_(None),
        readings.c.time < before,
    )
    time = last.scalar_subquery()
    found: dict[str, datetime] = {}
    for some in batches(among):
        query = select(instances.c.id, time.label("time")).where(instances.c.id.in_(some))
        found |= _known(connection, query)
    return found


def _known(connection: Connection, query: Select[tuple[str, datetime]]) -> dict[str, datetime]:
    return {row.id: row.time for row in connection.execute(query) if row.time is not None}
