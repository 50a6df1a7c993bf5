"""Usage as it is answered: one item for each group and part of the period, as a stream.

Groups come in the order of their ids and are added up one at a time, so that the memory does not
grow with the number of instances.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from gateway.billing import usage_tallies
from gateway.billing.days import average
from gateway.billing.usage_periods import Period
from gateway.billing.usage_tallies import Chart, Owned, Parts
from gateway.billing.usage_watch import Watch
from gateway.model import Measure, Tally
from gateway.storage import usage
from gateway.storage.database import Database
from gateway.storage.usage import BEHIND, Held, Scope

CHUNK: Final = 500
"""Instances that are looked at together."""


class Grouping(StrEnum):
    """What an item is about."""

    INSTANCE = "instance"
    RESELLER = "reseller"
    DEPLOYMENT = "deployment"

    @property
    def order(self) -> tuple[str, ...]:
        """The columns of ``Held`` that put them in the order of the groups."""
        names = {
            Grouping.INSTANCE: ("instance", "reseller"),
            Grouping.RESELLER: ("reseller", "instance"),
            Grouping.DEPLOYMENT: ("deployment", "instance", "reseller"),
        }
        return names[self]

    def key(self, held: Held) -> tuple[str, ...]:
        """Return what tells a group from every other; an instance's has its owner in it."""
        if self is Grouping.INSTANCE:
            return held.instance, held.reseller
        return (held.reseller if self is Grouping.RESELLER else held.deployment,)


@dataclass
class Sum:
    """What the instances of a group used together of one measure.

    Attributes:
        latest: the sum of their latest values.
        average: the sum of their averages, each rounded half up to four places.
        peak: the sum of their greatest values.
        readings: how many readings that were.
        as_of: when the last one was.
    """

    latest: int
    average: Decimal
    peak: int
    readings: int
    as_of: datetime

    @classmethod
    def of(cls, tally: Tally) -> "Sum":
        """Return it for one instance."""
        mean = average(tally.total, tally.readings)
        return cls(tally.latest, mean, tally.peak, tally.readings, tally.latest_time)

    def add(self, other: "Sum") -> None:
        """Add what others used."""
        self.latest += other.latest
        self.average += other.average
        self.peak += other.peak
        self.readings += other.readings
        self.as_of = max(self.as_of, other.as_of)


@dataclass(frozen=True)
class Item:
    """What a group used in a part of the period.

    Attributes:
        grouping: what the group is.
        held: an instance of it; the only one, where the group is an instance.
        part: of the period; None where none was asked for.
        number: of the part.
        sums: what was read.
        complete: whether the deployments of the group were watched without a gap.
        is_last: whether the group has no later part.
    """

    grouping: Grouping
    held: Held
    part: Period | None
    number: int
    sums: dict[Measure, Sum]
    complete: bool
    is_last: bool

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its group from every other."""
        return self.grouping.key(self.held)


@dataclass(frozen=True)
class Place:
    """How far a reader has come.

    Attributes:
        key: of the group of the last item.
        number: of its part; None where the group is read to its end.
    """

    key: tuple[str, ...]
    number: int | None

    def is_before(self, item: Item) -> bool:
        """Whether an item was not read yet."""
        if self.key != item.key:
            return self.key < item.key
        return self.number is not None and self.number < item.number


@dataclass
class _Group:
    """A group that is being added up."""

    grouping: Grouping
    held: Held
    deployments: set[str] = field(default_factory=set)
    sums: dict[int, dict[Measure, Sum]] = field(default_factory=dict)

    def add(self, held: Held, parts: Parts) -> None:
        self.deployments.add(held.deployment)
        for number, tallies in parts.items():
            mine = self.sums.setdefault(number, {})
            for tally in tallies:
                if tally.measure in mine:
                    mine[tally.measure].add(Sum.of(tally))
                else:
                    mine[tally.measure] = Sum.of(tally)


class Items:
    """The items of an answer.

    Args:
        database: the tables.
        scope: of what.
        grouping: what an item is about.
        watch: of the deployments concerned.
        chart: the period; None for the last reading of each.
    """

    def __init__(
        self,
        database: Database,
        scope: Scope,
        grouping: Grouping,
        watch: Watch,
        chart: Chart | None,
    ) -> None:
        self._database = database
        self._scope = scope
        self._grouping = grouping
        self._watch = watch
        self._chart = chart

    def after(
        self, place: Place | None, chunk: int = CHUNK, judge: Callable[[], None] = lambda: None
    ) -> Iterator[Item]:
        """Yield the items behind a place.

        Args:
            place: where the reader stands; None at the beginning.
            chunk: how many instances are looked at together.
            judge: called before each look; raises what ends the stream.
        """
        group: _Group | None = None
        for held, parts in self._found(_begin(place), chunk, judge):
            if group is not None and self._grouping.key(held) != self._grouping.key(group.held):
                yield from self._behind(place, group)
                group = None
            group = group or _Group(self._grouping, held)
            group.add(held, parts)
        if group is not None:
            yield from self._behind(place, group)

    def _found(
        self, after: Sequence[str], chunk: int, judge: Callable[[], None]
    ) -> Iterator[tuple[Held, Parts]]:
        order = self._grouping.order
        while True:
            judge()
            with self._database.read() as connection:
                some = usage.held(connection, self._scope, order, after, chunk)
                parts = self._parts(connection, some)
            for held in some:
                yield held, parts.get((held.instance, held.reseller), {})
            if len(some) < chunk:
                return
            after = [getattr(some[-1], name) for name in order]

    def _parts(self, connection: Connection, some: Sequence[Held]) -> Mapping[Owned, Parts]:
        if self._chart is None:
            return usage_tallies.at_present(connection, self._watch, some)
        return usage_tallies.of_period(connection, self._chart, some)

    def _behind(self, place: Place | None, group: _Group) -> Iterator[Item]:
        items = (self._item(group, number) for number in sorted(group.sums))
        return (item for item in items if place is None or place.is_before(item))

    def _item(self, group: _Group, number: int) -> Item:
        part = None if self._chart is None else self._chart.parts[number]
        return Item(
            self._grouping,
            group.held,
            part,
            number,
            group.sums[number],
            self._watch.is_complete(sorted(group.deployments), part),
            number == max(group.sums),
        )


def _begin(place: Place | None) -> list[str]:
    """Return behind what the groups begin that are to be looked at: parts may be left of one."""
    if place is None:
        return []
    return [*place.key, BEHIND] if place.number is None else list(place.key[:1])
