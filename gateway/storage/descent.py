"""Pages of what lies below a reseller: a step into an index for each owner.

A walk past everybody's rows costs more the more of them there are. Where few owners lie below, each
brings the first of its own, and the first of all these are the page.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, select, true

FEW: Final = 200
"""Owners that are gone down to; below more of them, most of what a walk passes is wanted."""


def below(column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Whether a path is another or lies below it, said so that an index finds it.

    Args:
        column: a path; PostgreSQL has it in the order of bytes.
        path: ends with a slash, as all do; the character after the slash ends the range.
    """
    return and_(column >= path, column < end(path))


def end(path: str) -> str:
    """Return what comes behind everything below a path."""
    return path[:-1] + chr(ord("/") + 1)


def paths(column: ColumnElement[str], path: str) -> Select[tuple[str]]:
    """Select the different paths below one that a table has, each by one step into its index."""
    first = select(func.min(column).label("path")).where(below(column, path))
    found = first.cte("paths", recursive=True)
    later = select(func.min(column)).where(column > found.c.path, column < end(path))
    found = found.union_all(select(later.scalar_subquery()).where(found.c.path.is_not(None)))
    return select(found.c.path).where(found.c.path.is_not(None))


def first_of_each(
    connection: Connection, owners: FromClause, wanted: Select[tuple[str]]
) -> Select[tuple[str]]:
    """Select ids of all owners' rows, in no order: of each those that are wanted of it.

    Args:
        connection: says which engine it is.
        owners: for each of which rows are wanted.
        wanted: the ids of one owner's, in order and with a limit; it names a column of ``owners``.
    """
    if connection.dialect.name == "postgresql":
        each = wanted.lateral()
        return select(each.c.id).select_from(owners.join(each, true()))
    found = wanted.selected_columns.id.table.alias("found")
    return select(found.c.id).select_from(owners.join(found, found.c.id.in_(wanted)))
