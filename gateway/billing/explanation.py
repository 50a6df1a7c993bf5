"""Which readings a figure of a statement consists of, as long as their raw answers are kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from gateway.billing.recount import Answers, Value, read_of
from gateway.billing.retention import KEPT
from gateway.billing.watch.answers import user_names
from gateway.model import Measure, Month, Statement, StatementLine, now
from gateway.storage.readings import RawAltered


@dataclass(frozen=True)
class Wish:
    """What is to be explained.

    Attributes:
        measure: the figures of which.
        instance: only of this one; None for the totals.
        after: instance and reading at the end of the page before; None for the first.
        limit: how many readings at most.
        with_users: whether the names of users may be told.
    """

    measure: Measure
    instance: str | None
    after: tuple[str, str] | None
    limit: int
    with_users: bool


@dataclass(frozen=True)
class Contribution:
    """A reading that counts to a figure.

    Attributes:
        instance: of which instance.
        reading: its id.
        time: when it was made.
        value: what it says.
        raw: the SHA-256 of the answer.
    """

    instance: str
    reading: str
    time: datetime
    value: int
    raw: str | None


@dataclass(frozen=True)
class Explanation:
    """What figures consist of.

    Attributes:
        items: the readings that count, by instance and time.
        kept_until: up to when the raw answers are kept at least; None while it is open.
        is_kept: whether they are there; else there are no items.
        users: the names in the month's last list of users; None unless they were asked for.
    """

    items: Sequence[Contribution]
    kept_until: datetime | None
    is_kept: bool
    users: Sequence[str] | None


def explained(
    connection: Connection, statement: Statement, lines: Sequence[StatementLine], wish: Wish
) -> Explanation:
    """Explain the figures of some lines of a statement."""
    until = statement.close_time and statement.close_time + KEPT
    if until is not None and until < now():
        return Explanation([], until, is_kept=False, users=None)
    answers = Answers(connection)
    try:
        found = _contributions(connection, answers, statement, lines, wish)
        items = list(islice(found, wish.limit))
        users = _users(connection, answers, statement, lines, wish)
    except RawAltered:
        return Explanation([], until, is_kept=False, users=None)
    return Explanation(items, until, is_kept=True, users=users)


def _contributions(
    connection: Connection,
    answers: Answers,
    statement: Statement,
    lines: Sequence[StatementLine],
    wish: Wish,
) -> Iterator[Contribution]:
    instance, reading = wish.after or ("", "")
    for line in sorted(lines, key=lambda each: str(each.instance)):
        name = str(line.instance)
        if wish.instance in {None, name} and name >= instance:
            for each in _read(connection, answers, statement, line, wish.measure):
                if name > instance or each[0].id > reading:
                    yield _contribution(name, each)


def _contribution(instance: str, found: Value) -> Contribution:
    reading, value = found
    return Contribution(instance, reading.id, reading.time, value, reading.raw)


def _read(
    connection: Connection,
    answers: Answers,
    statement: Statement,
    line: StatementLine,
    measure: Measure,
) -> Iterator[Value]:
    month, deployment = Month.named(statement.month), str(line.deployment)
    held = read_of(connection, answers, (deployment, str(line.instance)), measure, month)
    return held.of(statement.reseller, measure)


def _users(
    connection: Connection,
    answers: Answers,
    statement: Statement,
    lines: Sequence[StatementLine],
    wish: Wish,
) -> Sequence[str] | None:
    """Return who was counted last, of one instance and to those who may know."""
    if wish.measure is not Measure.USERS or wish.instance is None or not wish.with_users:
        return None
    line = next(each for each in lines if each.instance == wish.instance)
    found = [reading for reading, _ in _read(connection, answers, statement, line, wish.measure)]
    return user_names(answers.whole(str(found[-1].raw))) if found else []
