"""Values and since when they hold: a row only where the value or the owner changed.

Rows of an instance and a measure are written in the order of their times, by one reading after
the other (the transaction holds the deployment's row, or the instance's).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, insert, select

from gateway.model import Figure, Measure
from gateway.storage.batches import batches
from gateway.storage.tables import figures, instances


def current(connection: Connection, among: Iterable[str], measure: Measure) -> dict[str, Figure]:
    """Return the last figure of each of some instances, by their ids; those without are left out.

    A figure whose value is None is one, too.
    """
    found: dict[str, Figure] = {}
    for some in batches(among):
        found |= _by_instance(connection, _last(measure).where(instances.c.id.in_(some)))
    return found


def current_on(connection: Connection, deployment: str, measure: Measure) -> dict[str, Figure]:
    """Return the last figure of each instance that is or was on a deployment, by their ids."""
    there = instances.c.deployment == deployment
    return _by_instance(connection, _last(measure).where(there))


def note(connection: Connection, figure: Figure) -> Figure | None:
    """Write a figure, unless value and owner are those of the one in force.

    Returns:
        The figure that was in force before; None where this is the first.
    """
    before = current(connection, [figure.instance], figure.measure).get(figure.instance)
    if is_news(figure, before):
        add(connection, [figure])
    return before


def is_news(figure: Figure, before: Figure | None) -> bool:
    """Whether a figure says something else than the one in force."""
    return before is None or (figure.value, figure.reseller) != (before.value, before.reseller)


def add(connection: Connection, some: Sequence[Figure]) -> None:
    """Write figures that are later than those in force."""
    if some:
        connection.execute(insert(figures), [vars(figure) for figure in some])


def between(
    connection: Connection,
    among: Iterable[str],
    measure: Measure,
    since: datetime,
    until: datetime,
) -> Sequence[Figure]:
    """Return the figures of some instances that were in force in [since, until).

    The last one of before ``since`` too. By instance, and the oldest first.
    """
    found: list[Figure] = []
    for some in batches(among):
        before = _last(measure, _OTHER.c.time <= since).where(instances.c.id.in_(some))
        later = _later(measure, since, until).where(figures.c.instance.in_(some))
        found += [*_figures(connection, before), *_figures(connection, later)]
    return sorted(found, key=_order)


def between_on(
    connection: Connection,
    deployment: str,
    measure: Measure,
    since: datetime,
    until: datetime,
) -> Sequence[Figure]:
    """Return the figures of a deployment's instances that were in force in [since, until).

    The last one of before ``since`` too, also of what is purged by now. By instance, and the
    oldest first.
    """
    before = _last(measure, _OTHER.c.time <= since).where(instances.c.deployment == deployment)
    later = _later(measure, since, until).where(figures.c.deployment == deployment)
    return sorted([*_figures(connection, before), *_figures(connection, later)], key=_order)


_OTHER = figures.alias("other")


def _last(measure: Measure, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select the last figures: for each instance two steps into the primary key, however many."""
    same = (_OTHER.c.instance == instances.c.id, _OTHER.c.measure == measure)
    time = select(func.max(_OTHER.c.time)).where(*same, *conditions).scalar_subquery()
    mine = select(figures).join(instances, instances.c.id == figures.c.instance)
    return mine.where(figures.c.measure == measure, figures.c.time == time)


def _later(measure: Measure, since: datetime, until: datetime) -> Select[Any]:
    within = (figures.c.time > since, figures.c.time < until)
    return select(figures).where(figures.c.measure == measure, *within)


def _order(figure: Figure) -> tuple[str, datetime]:
    return figure.instance, figure.time


def _by_instance(connection: Connection, query: Select[Any]) -> dict[str, Figure]:
    return {figure.instance: figure for figure in _figures(connection, query)}


def _figures(connection: Connection, query: Select[Any]) -> list[Figure]:
    return [_figure(row) for row in connection.execute(query).mappings()]


def _figure(row: RowMapping) -> Figure:
    return Figure(**{**row, "measure": Measure(row["measure"])})
