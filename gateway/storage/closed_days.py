"""Days of deployments that are over and added up: how they were watched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from gateway.model import Gap, Measure
from gateway.storage.database import inserted
from gateway.storage.tables import closed_days


@dataclass(frozen=True)
class ClosedDay:
    """A day of a deployment that is over; written once, and never changed.

    Attributes:
        deployment: its id.
        day: of UTC.
        readings: how many readings of the licences succeeded.
        gaps: where its licences were not read.
        unread: for each measure that is read of single instances, those of which no reading
            succeeded, by the code of the problem.
        close_time: when it was closed.
    """

    deployment: str
    day: date
    readings: int
    gaps: Sequence[Gap]
    close_time: datetime
    unread: Mapping[Measure, Mapping[str, Sequence[str]]] = field(default_factory=dict)


def add(connection: Connection, closed: ClosedDay) -> bool:
    """Close a day; false when it is closed already, or somebody else is faster."""
    row = insert(closed_days).values(
        deployment=closed.deployment,
        day=closed.day,
        readings=closed.readings,
        gaps=_told(closed),
        close_time=closed.close_time,
    )
    return inserted(connection, row)


def last(connection: Connection, deployment: str) -> date | None:
    """Return the last day that is closed; all before it are, from the first one on."""
    mine = closed_days.c.deployment == deployment
    found: date | None = connection.execute(
        select(func.max(closed_days.c.day)).where(mine)
    ).scalar_one()
    return found


def lasts(connection: Connection) -> dict[str, date]:
    """Return the last day that is closed of each deployment that has one."""
    query = select(closed_days.c.deployment, func.max(closed_days.c.day).label("day"))
    rows = connection.execute(query.group_by(closed_days.c.deployment))
    return {row.deployment: row.day for row in rows}


def between(
    connection: Connection, among: Iterable[str], since: date, until: date
) -> list[ClosedDay]:
    """Return the closed days of some deployments in [since, until), by deployment and day."""
    c = closed_days.c
    query = select(closed_days).where(
        c.deployment.in_(sorted(among)), c.day >= since, c.day < until
    )
    rows = connection.execute(query.order_by(c.deployment, c.day)).mappings()
    return [_closed_day(row) for row in rows]


def _told(closed: ClosedDay) -> dict[str, Any]:
    gaps = [gap.told() for gap in closed.gaps]
    unread = {
        str(measure): {problem: list(ids) for problem, ids in problems.items()}
        for measure, problems in closed.unread.items()
    }
    return {"licences": gaps, "instances": unread}


def _closed_day(row: RowMapping) -> ClosedDay:
    told = row["gaps"]
    gaps = [Gap.from_told(each) for each in told["licences"]]
    unread = {Measure(measure): problems for measure, problems in told["instances"].items()}
    return ClosedDay(**{**row, "gaps": gaps}, unread=unread)
