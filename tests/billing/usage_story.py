"""A random history of readings on two deployments, and what it comes to, reckoned from itself.

The history is kept as plain facts: who read what of which instance when, and whose it was. The
oracle adds these up one by one and uses no code of the gateway.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from random import Random
from typing import Any

from sqlalchemy import Connection, delete, insert

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.model import (
    Figure,
    InstanceStatus,
    Measure,
    Prefix,
    Reach,
    Reading,
    Reseller,
    Transfer,
    new_id,
)
from gateway.storage import deployments, instances, resellers, transfers
from gateway.storage.database import Database
from gateway.storage.tables import figures, metadata, readings
from gateway.tenancy.caller import Caller
from tests.billing.scene import deployment
from tests.core import fresh_instance

START = datetime(2026, 1, 30, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACES = ("dep_1", "dep_2")
TREE = {"root": "", "a": "root", "a1": "a", "b": "root"}
COMMANDS = {
    "licences": "CreateLicenseRequest",
    "users": "GetUsers",
    "messages": "GetInstanceStatistics",
    "bytes": "GetStores",
}


Gap = tuple[str, datetime, datetime]


def path(name: str) -> str:
    """Return the path of a reseller."""
    above = path(TREE[name]) if TREE[name] else "/"
    return f"{above}res_{name}/"


def below(name: str) -> set[str]:
    """Return the ids of a reseller and of those below it, by the tree alone."""
    found = {name}
    for each, above in TREE.items():
        if above in found:
            found.add(each)
    return {f"res_{each}" for each in found}


@dataclass(frozen=True)
class Fact:
    """One value that was read."""

    time: datetime
    measure: str
    instance: str
    deployment: str
    owner: str
    value: int


@dataclass
class Life:
    """An instance."""

    id: str
    deployment: str
    owners: list[tuple[datetime, str]]
    since: datetime
    until: datetime | None = None

    def owner(self, time: datetime) -> str:
        """Return whose it was."""
        return [owner for since, owner in self.owners if since <= time][-1]

    def is_there(self, time: datetime) -> bool:
        """Whether it was."""
        return self.since <= time and (self.until is None or time < self.until)

    def is_held(self, owners: set[str], since: datetime, until: datetime) -> bool:
        """Whether one of some resellers owned it in a period."""
        ends = [time for time, _ in self.owners[1:]] + [self.until]
        return any(
            owner in owners and begin < until and (end is None or end >= since)
            for (begin, owner), end in zip(self.owners, ends, strict=True)
        )


@dataclass
class Story:
    """What happened.

    Attributes:
        random: decides everything.
        hours: how long it went on.
        lives: the instances.
        facts: what was read.
        looks: by deployment, when its licences were read with success.
        rows: what is written of all this, by the table.
    """

    random: Random
    hours: int
    lives: list[Life] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    looks: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def end(self) -> datetime:
        """When it is over."""
        return START + self.hours * HOUR

    def play(self, database: Database) -> None:
        """Let it happen."""
        with database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            for name, parent in TREE.items():
                above = f"res_{parent}" if parent else None
                made = Reseller(f"res_{name}", name, path(name), above, None, None, START, START)
                resellers.add(connection, made)
            for number, place in enumerate(PLACES):
                known = replace(deployment(), id=place, name=place, port=8474 + number)
                deployments.add(connection, replace(known, create_time=START), "sealed")
            self._live(connection)
            self._read()
            for name, table in (("readings", readings), ("figures", figures)):
                if self.rows[name]:
                    connection.execute(insert(table), self.rows[name])

    def _live(self, connection: Connection) -> None:
        for number in range(self.random.randint(1, 5)):
            owners = [f"res_{self.random.choice(['a', 'a1', 'b'])}"]
            since = START + self.random.randint(0, self.hours // 2) * HOUR
            times = sorted(self._moment(since) for _ in range(self.random.randint(0, 2)))
            for _ in times:
                others = {"res_a", "res_a1", "res_b"} - {owners[-1]}
                owners.append(self.random.choice(sorted(others)))
            until = None
            if self.random.random() < 0.3:
                until = self._moment(times[-1] if times else since)
                until = until if until < self.end else None  # what ends later is still there
            place = self.random.choice(PLACES)
            life = Life(
                f"ins_{number}",
                place,
                list(zip([since, *times], owners, strict=True)),
                since,
                until,
            )
            self.lives.append(life)
            self._add(connection, life)

    def _moment(self, since: datetime) -> datetime:
        """Return a time that no reading has."""
        left = max(1, int((self.end - since) / HOUR))
        return since + self.random.randrange(left) * HOUR + timedelta(minutes=31, seconds=1)

    def _add(self, connection: Connection, life: Life) -> None:
        last = life.owners[-1][1]
        owner = Reseller(last, "", path(last.removeprefix("res_")), None, None, None, START, START)
        made = replace(
            fresh_instance(life.id, life.deployment, owner, "host"),
            id=life.id,
            create_time=life.since,
            update_time=life.until or life.owners[-1][0],
            status=InstanceStatus.PURGED if life.until else InstanceStatus.ACTIVE,
            display_name=f"={life.id}",
        )
        instances.add(connection, made)
        for (_, former), (time, owner_id) in zip(life.owners, life.owners[1:], strict=False):
            moved = Transfer(new_id(Prefix.TRANSFER), life.id, former, owner_id, "cli", "req", time)
            transfers.add(connection, moved)

    def _read(self) -> None:
        risk = self.random.choice([0.0, 0.1, 0.5])
        for hour in range(1, self.hours):
            for place in PLACES:
                time = START + hour * HOUR + timedelta(minutes=self.random.randint(0, 30))
                luck = self.random.random()
                if luck < risk / 2:
                    continue
                if luck < risk:
                    self._note(place, None, "licences", time, "DEPLOYMENT_UNREACHABLE")
                    continue
                self._licences(place, time)
            for life in self.lives:
                if self.random.random() < 0.1:
                    self._sizes(life, START + hour * HOUR + timedelta(minutes=45))

    def _licences(self, place: str, time: datetime) -> None:
        noted = self._note(place, None, "licences", time, None)
        self.looks[place].append(time)
        for life in self.lives:
            if life.deployment == place and life.since <= time:
                value = self.random.choice([3, 3, 3, 3, 7, 12]) if life.is_there(time) else None
                self._figure(life, "licences", time, noted, value)

    def _sizes(self, life: Life, time: datetime) -> None:
        if not life.is_there(time):
            return
        for measure in ("users", "messages", "bytes"):
            if self.random.random() < 0.2:
                problem = "INSTANCE_NOT_RUNNING"
                self._note(life.deployment, life.id, measure, time, problem)
                continue
            noted = self._note(life.deployment, life.id, measure, time, None)
            value = self.random.choice([0, 5, 5, 2**40 + 1])
            self._figure(life, measure, time, noted, value)

    def _note(
        self, place: str, instance: str | None, measure: str, time: datetime, problem: str | None
    ) -> str:
        made = new_id(Prefix.READING)
        of = (
            made,
            place,
            instance,
            COMMANDS[measure],
            time,
            None if problem else "0" * 64,
            problem,
        )
        self.rows["readings"].append(vars(Reading(*of)))
        return made

    def _figure(
        self, life: Life, measure: str, time: datetime, reading: str, value: int | None
    ) -> None:
        owner = life.owner(time)
        known = self.rows["figures"]
        mine = [row for row in known if (row["instance"], row["measure"]) == (life.id, measure)]
        if (mine or value is not None) and (
            not mine or (mine[-1]["value"], mine[-1]["reseller"]) != (value, owner)
        ):
            of = (life.id, Measure(measure), time, value, owner, life.deployment, reading)
            known.append(vars(Figure(*of)))
        if value is not None:
            self.facts.append(Fact(time, measure, life.id, life.deployment, owner, value))


def caller(name: str, only: frozenset[str] | None = None) -> Caller:
    """Return a client of a reseller."""
    allowed = frozenset({Permission.USAGE_READ})
    principal = Principal("cli_1", f"res_{name}", Reach(path(name), only), allowed, name == "root")
    return Caller(principal, "listUsage", Permission.USAGE_READ, "req")


@dataclass(frozen=True)
class Oracle:
    """Reckons what somebody should be told.

    Attributes:
        story: what happened.
        owners: whose usage.
        only: the instances that it is narrowed to; None for all.
        place: the deployment; None for all.
    """

    story: Story
    owners: set[str]
    only: frozenset[str] | None = None
    place: str | None = None

    def _is_wanted(self, instance: str, place: str) -> bool:
        return (self.only is None or instance in self.only) and self.place in {None, place}

    def facts(self, since: datetime, until: datetime) -> list[Fact]:
        """Return what was read in a period that may be told."""
        return [
            each
            for each in self.story.facts
            if since <= each.time < until
            and each.owner in self.owners
            and self._is_wanted(each.instance, each.deployment)
        ]

    def sums(self, since: date, until: date, grouping: str) -> dict[Any, dict[str, Any]]:
        """Return the figures of each group by measure."""
        every: dict[Any, list[Fact]] = defaultdict(list)
        for each in self.facts(_start(since), _start(until)):
            every[each.instance, each.owner, each.deployment, each.measure].append(each)
        found: dict[Any, dict[str, Any]] = defaultdict(dict)
        for (instance, owner, place, measure), facts in every.items():
            groups = {"instance": (instance, owner), "reseller": (owner,), "deployment": (place,)}
            _add(found[groups[grouping]], measure, sorted(facts, key=lambda each: each.time))
        return found

    def places(self, since: date, until: date) -> set[str]:
        """Return the deployments that are concerned."""
        return {
            life.deployment
            for life in self.story.lives
            if self._is_wanted(life.id, life.deployment)
            and life.is_held(self.owners, _start(since), _start(until))
        }

    def gaps(self, since: date, until: date) -> set[Gap]:
        """Return where deployments were not read for an hour and a half."""
        begin, end = _start(since), min(_start(until), self.story.end)
        return merged(
            (place, max(one, begin), min(other, end))
            for place in self.places(since, until)
            for one, other in _stretches([START, *self.story.looks[place], self.story.end])
            if other - one > 1.5 * HOUR and one < end and begin < other
        )


def merged(gaps: Iterable[Gap]) -> set[Gap]:
    """Make one of gaps that follow each other: no more than a single reading lies between them."""
    found: list[Gap] = []
    for place, since, until in sorted(gaps):
        if found and found[-1][0] == place and found[-1][2] == since:
            found[-1] = (place, found[-1][1], until)
        else:
            found.append((place, since, until))
    return set(found)


def _stretches(times: list[datetime]) -> list[tuple[datetime, datetime]]:
    return list(pairwise(times))


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _add(group: dict[str, Any], measure: str, facts: list[Fact]) -> None:
    values = [each.value for each in facts]
    mean = Decimal(sum(values)) / Decimal(len(values))
    mine = (
        values[-1],
        mean.quantize(Decimal("0.0001"), ROUND_HALF_UP),
        max(values),
        len(values),
    )
    known = group.get(measure)
    group[measure] = (
        mine if known is None else tuple(a + b for a, b in zip(known, mine, strict=True))
    )
