"""What may be kept in memory, and until when: the generations of the tables that it comes from.

Whoever changes a row of a watched table gives its generation another number, in the transaction
of the change. Each process reads the numbers at most every half second, and at once after a change
of its own; what it kept under another number counts no more. While the numbers cannot be read,
nothing that is kept counts either.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from threading import Lock
from time import monotonic
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Table, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import StorageUnavailable
from gateway.measures.families import REVOCATION_LAG
from gateway.measures.meters import meters
from gateway.storage import tables

EVERY: Final = 0.5
"""Seconds for which a process relies on the numbers that it has read."""

QUIET: Final = MappingProxyType({"quiet": True})
"""The execution options of a change that nothing kept is judged by: when somebody was last seen."""

_CHANGED: Final = "generations"

Key = TypeVar("Key")
Value = TypeVar("Value")


class Generation(StrEnum):
    """A group of tables whose rows are kept together; its value is the name of its counter."""

    IDENTITY = "generation:identity"
    FLEET = "generation:fleet"
    HOLDINGS = "generation:holdings"


WATCHED: Final[Mapping[Table, frozenset[Generation]]] = MappingProxyType(
    {
        tables.clients: frozenset({Generation.IDENTITY}),
        tables.resellers: frozenset({Generation.IDENTITY, Generation.FLEET}),
        tables.revoked_tokens: frozenset({Generation.IDENTITY}),
        tables.signing_keys: frozenset({Generation.IDENTITY}),
        tables.deployments: frozenset({Generation.FLEET}),
        tables.instances: frozenset({Generation.FLEET}),
        tables.holdings: frozenset({Generation.HOLDINGS}),
    }
)
"""Which generations end when a row of a table is written."""


def watch(engine: Engine) -> None:
    """Note, from now on, which generations a transaction ends."""
    event.listen(engine, "before_execute", _note)


def _note(connection: Connection, clause: Any, *_: object) -> None:  # noqa: ANN401 # any statement
    if getattr(clause, "is_dml", False) and not clause.get_execution_options().get("quiet"):
        end(connection, WATCHED.get(clause.table, ()))


def end(connection: Connection, generations: Iterable[Generation]) -> None:
    """Let generations end with the transaction, for what is written past the watched tables."""
    connection.info.setdefault(_CHANGED, set()).update(generations)


def begin(connection: Connection) -> None:
    """Forget what an earlier transaction of the connection has ended."""
    connection.info.pop(_CHANGED, None)


def publish(connection: Connection) -> bool:
    """Give the generations that the transaction ends their new numbers: its last statements.

    Returns:
        Whether there are any.
    """
    ended = sorted(connection.info.get(_CHANGED, ()))
    for generation in ended:
        _renumber(connection, generation)
    return bool(ended)


def _renumber(connection: Connection, generation: Generation) -> None:
    """Set a number that it never had: not even a restored backup brings one back."""
    mine = tables.counters.c.name == generation
    number = secrets.randbits(31)
    if connection.execute(update(tables.counters).where(mine).values(value=number)).rowcount:
        return
    try:
        with connection.begin_nested():
            row = {"name": generation.value, "value": number}
            connection.execute(insert(tables.counters).values(**row))
    except IntegrityError:  # somebody else just began it
        connection.execute(update(tables.counters).where(mine).values(value=number))


class Readable(Protocol):
    """What the numbers are read from; implemented by ``Database``."""

    def read(self) -> Any:  # noqa: ANN401 # a context manager of a connection
        """Open a transaction that only reads."""


class Generations:
    """The numbers, as this process knows them.

    Args:
        database: where they are read.
    """

    def __init__(self, database: Readable) -> None:
        self._database = database
        self._numbers: Mapping[str, int] = {}
        self._read_at = self._failed_at = -EVERY
        self._lock = Lock()

    def numbers(self, generations: Iterable[Generation]) -> tuple[int, ...]:
        """Return the numbers of generations; none is older than half a second.

        Raises:
            StorageUnavailable: they cannot be read, now or a moment ago.
        """
        if monotonic() - self._read_at >= EVERY:
            with self._lock:  # whoever waits for it finds the numbers that another has read
                if monotonic() - self._read_at >= EVERY:
                    self._read()
        known = self._numbers
        return tuple([known.get(each, 0) for each in generations])  # quicker than a generator

    def expire(self) -> None:
        """Read the numbers anew when they are needed next: this process has changed some."""
        with self._lock:
            self._read_at = -EVERY

    def _read(self) -> None:
        began = monotonic()
        if began - self._failed_at < EVERY:
            raise StorageUnavailable
        query = select(tables.counters).where(tables.counters.c.name.in_(list(Generation)))
        try:
            with self._database.read() as connection:
                self._numbers = {row.name: row.value for row in connection.execute(query)}
        except StorageUnavailable:
            self._failed_at = monotonic()
            raise
        self._read_at = began
        meters().show(REVOCATION_LAG, EVERY + monotonic() - began)


class Kept(Generic[Key, Value]):
    """Values that were read, for as long as their generations last; the oldest make room.

    Args:
        generations: says whether they last.
        of: those that the values are made from.
        most: how many values are kept.
    """

    def __init__(self, generations: Generations, of: Iterable[Generation], most: int) -> None:
        self._generations = generations
        self._of = tuple(of)
        self._most = most
        self._values: OrderedDict[Key, tuple[tuple[int, ...], Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], Value]) -> Value:
        """Return the value of a key, read anew unless it is kept; None is never kept.

        Raises:
            StorageUnavailable: nothing tells whether it still counts.
        """
        numbers = self._generations.numbers(self._of)
        known = self._values.get(key)
        if known is not None and known[0] == numbers:
            return known[1]
        value = read()  # after the numbers: what changes meanwhile has another number then
        if value is not None:
            self._keep(key, (numbers, value))
        return value

    def forget(self, key: Key) -> None:
        """Have a value read anew."""
        with self._lock:
            self._values.pop(key, None)

    def _keep(self, key: Key, entry: tuple[tuple[int, ...], Value]) -> None:
        with self._lock:
            self._values[key] = entry
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
