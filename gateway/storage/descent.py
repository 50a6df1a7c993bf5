"""Pages of what lies below a reseller: a step into an index for each owner.

A walk past everybody's rows costs more the more of them there are. Where few owners lie below, each
brings the first of its own, and the first of all these are the page.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    column,
    false,
    func,
    select,
    true,
    values,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

FEW: Final = 200
"""Owners that are gone down to; below more of them, most of what a walk passes is wanted."""


class Judged(FunctionElement[str]):
    """A column of which no index is used."""

    type = String()
    inherit_cache = True


@compiles(Judged)
def _plain(element: Judged, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 # SQLAlchemy's signature
    """PostgreSQL knows by its statistics where to begin."""
    return compiler.process(element.clauses, **options)


@compiles(Judged, "sqlite")
def _hidden(element: Judged, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 # SQLAlchemy's signature
    """https://sqlite.org/optoverview.html, section 8.1: a plus disqualifies a term."""
    return f"+{compiler.process(element.clauses, **options)}"


def below(column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Whether a path is another or lies below it, said so that an index finds it.

    Args:
        column: a path; PostgreSQL has it in the order of bytes.
        path: ends with a slash, as all do; the character after the slash ends the range.
    """
    return and_(column >= path, column < end(path))


def is_below(column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Whether a path is another or lies below it, of rows that something else finds.

    SQLite would begin with the owners, and sort what they have.
    """
    return below(Judged(column), path)


def end(path: str) -> str:
    """Return what comes behind everything below a path."""
    return path[:-1] + chr(ord("/") + 1)


def paths(column: ColumnElement[str], path: str) -> Select[str]:
    """Select the different paths below one that a table has, each by one step into its index."""
    first = select(func.min(column).label("path")).where(below(column, path))
    found = first.cte("paths", recursive=True)
    later = select(func.min(column)).where(column > found.c.path, column < end(path))
    found = found.union_all(select(later.scalar_subquery()).where(found.c.path.is_not(None)))
    return select(found.c.path).where(found.c.path.is_not(None))


def owned(
    connection: Connection,
    owner: ColumnElement[str],
    owners: Sequence[str] | None,
    ids: Select[str],
) -> ColumnElement[bool]:
    """Name what the rows of a page are found by, if their owners are one or few.

    Args:
        connection: an open transaction.
        owner: the column that says whose a row is; an index has each owner's in order.
        owners: whose rows are reached; None if they are more than a page goes down to.
        ids: those of the page, whoever's, in order and with a limit.
    """
    if owners is None:
        return true()
    if len(owners) == 1:
        return owner == owners[0]
    if not owners:
        return false()
    found: ColumnElement[str] = ids.selected_columns.id
    first = _first_of_each(connection, owner, owners, ids)
    return found.in_(connection.execute(first).scalars().all())


def _first_of_each(
    connection: Connection,
    owner: ColumnElement[str],
    owners: Sequence[str],
    ids: Select[str],
) -> Select[str]:
    """Select ids of some owners' rows, in no order: of each the first that are wanted."""
    name = column("owner", String)
    each = values(name).data([(one,) for one in owners]).cte("owners")
    wanted = ids.where(owner == each.c.owner)
    if connection.dialect.name == "postgresql":
        found = wanted.lateral()
        return select(found.c.id).select_from(each.join(found, true()))
    table = ids.selected_columns.id.table.alias("found")
    return select(table.c.id).select_from(each.join(table, table.c.id.in_(wanted)))
