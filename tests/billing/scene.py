"""A deployment that answers what a test says, and the readings of its licences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import Select, insert, select, update

from gateway.billing.day_close import DayClose
from gateway.billing.licences import Licences
from gateway.model import (
    Deployment,
    Figure,
    Instance,
    InstanceStatus,
    Measure,
    Prefix,
    Reading,
    Reseller,
    Transfer,
    new_id,
    now,
)
from gateway.spe.command import Command
from gateway.storage import (
    closed_days,
    deployments,
    event_log,
    figures,
    instances,
    readings,
    resellers,
    transfers,
    usage_days,
)
from gateway.storage import tables as table
from gateway.storage.closed_days import ClosedDay
from gateway.storage.database import Database
from gateway.storage.usage_days import Run
from tests.core import fresh_instance

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
DEPLOYMENT = "dep_1"
ROOT = Reseller("res_root", "Operators", "/res_root/", None, None, None, NOON, NOON)
HOUR = timedelta(hours=1)
COMMAND = "CreateLicenseRequest"
EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass
class Scene:
    """What a test of readings acts in.

    Attributes:
        database: the tables.
        clock: the time of all.
        counts: what the deployment answers, by the names that it knows.
        answer: says it in whole instead, if it is set.
        error: comes instead of an answer.
        while_asked: done between the question and the answer.
    """

    database: Database
    clock: time_machine.Traveller
    counts: dict[str, object] = field(default_factory=dict)
    answer: Any = None
    error: Exception | None = None
    while_asked: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        with self.database.write() as connection:
            resellers.add(connection, ROOT)
            deployments.add(connection, deployment(), "sealed")
        self.owner = self.reseller("owner")
        self.licences = Licences(self.database, _at_once, self._read, 3600)
        self.day_close = DayClose(self.database, 3600, 0)

    def _read(self, deployment: str, command: Command) -> Any:  # noqa: ANN401 - any JSON value
        assert (deployment, command.name) == (DEPLOYMENT, COMMAND)
        self.while_asked()
        if self.error is not None:
            raise self.error
        return said(self.counts) if self.answer is None else self.answer

    def read(self, **counts: int | None) -> None:
        """Read the licences once; names that stand for None are listed no more."""
        self.counts |= counts
        self.counts = {name: count for name, count in self.counts.items() if count is not None}
        self.licences.read(DEPLOYMENT)

    def fail(self, error: Exception) -> None:
        """Read them once, in vain."""
        self.error = error
        self.licences.read(DEPLOYMENT)
        self.error = None

    def later(self, time: timedelta = HOUR) -> None:
        """Let time pass."""
        self.clock.shift(time)

    # people and places

    def reseller(self, name: str) -> Reseller:
        """Add a reseller."""
        made = replace(ROOT, id=f"res_{name}", path=f"/res_root/res_{name}/", parent=ROOT.id)
        made = replace(made, name=name)
        with self.database.write() as connection:
            resellers.add(connection, made)
        return made

    def instance(self, name: str, **values: object) -> Instance:
        """Add an instance of the owner."""
        made = replace(fresh_instance(name, DEPLOYMENT, self.owner, "host"), **values)
        with self.database.write() as connection:
            instances.add(connection, made)
        return made

    def change(self, instance: Instance, **values: object) -> None:
        """Change an instance's row."""
        with self.database.write() as connection:
            instances.change(connection, instance.id, {"update_time": now(), **values})

    def purge(self, instance: Instance) -> None:
        """Let an instance be gone for good."""
        self.change(instance, status=InstanceStatus.PURGED)

    def transfer(self, instance: Instance, owner: Reseller) -> None:
        """Give an instance to another reseller."""
        moved = Transfer(
            new_id(Prefix.TRANSFER), instance.id, self.owner.id, owner.id, "cli", "req", now()
        )
        with self.database.write() as connection:
            instances.hold(connection, instance.id)
            instances.change(connection, instance.id, {"reseller": owner.id, "update_time": now()})
            transfers.add(connection, moved)

    def change_deployment(self, **values: object) -> None:
        """Change the deployment's row."""
        with self.database.write() as connection:
            deployments.change(connection, DEPLOYMENT, values)

    # what is left of it

    def readings(self) -> list[Reading]:
        """Return all readings of the licences, the oldest first."""
        with self.database.read() as connection:
            return list(readings.between(connection, DEPLOYMENT, COMMAND, *EVER))

    def figures(self, instance: Instance) -> list[tuple[int | None, str]]:
        """Return the values of an instance and whose they were, in their order."""
        return [(each.value, each.reseller) for each in self.figures_of(instance)]

    def figures_of(self, instance: Instance) -> list[Figure]:
        """Return the figures of an instance."""
        with self.database.read() as connection:
            found = figures.between(connection, [instance.id], Measure.LICENCES, *EVER)
        return list(found)

    def events(self, reseller: Reseller = ROOT) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what a reseller was told: of which instance, and what."""
        with self.database.write() as connection:
            event_log.sequence(connection, 100_000)
        with self.database.read() as connection:
            found = connection.execute(
                select(table.events).where(table.events.c.reseller == reseller.id)
            )
            rows = [dict(row) for row in found.mappings()]
        return [(row["instance"], row["data"]) for row in sorted(rows, key=_number)]

    def days(self) -> list[ClosedDay]:
        """Return the days that are closed."""
        with self.database.read() as connection:
            return closed_days.between(connection, [DEPLOYMENT], date.min, date.max)

    def runs(self) -> list[Run]:
        """Return what the closed days add up to."""
        with self.database.read() as connection:
            return usage_days.of_deployment(connection, DEPLOYMENT, date.min, date.max)

    def rows(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def deployment(self) -> Deployment:
        """Return the deployment's row."""
        with self.database.read() as connection:
            found = deployments.find(connection, DEPLOYMENT)
        assert found is not None
        return found

    def plant_raw(self, digest: str, content: bytes) -> None:
        """Put something in the place of an answer that is kept."""
        mine = table.raws.c.digest == digest
        with self.database.write() as connection:
            connection.execute(update(table.raws).where(mine).values(content=content))

    def plant_reading(self, instance: str | None, command: str, **values: object) -> Reading:
        """Note a reading of now without any figure."""
        made = Reading(new_id(Prefix.READING), DEPLOYMENT, instance, command, now(), None, None)
        made = replace(made, **values)
        with self.database.write() as connection:
            if made.problem is None:
                return readings.note(connection, made, {"said": "something"})
            return readings.note(connection, made, None)

    def plant_statement(self, reseller: Reseller, month: str, close_time: datetime) -> None:
        """Put a statement down."""
        row = {
            "id": new_id(Prefix.STATEMENT),
            "reseller": reseller.id,
            "month": month,
            "status": "closed",
            "figures": {},
            "evidence": {},
            "close_time": close_time,
            "create_time": close_time,
            "update_time": close_time,
        }
        with self.database.write() as connection:
            connection.execute(insert(table.statements).values(**row))


def said(counts: Mapping[str, object]) -> dict[str, Any]:
    """Return an answer to CreateLicenseRequest."""
    rows = [{"instanceID": name, "usedLicenseCount": count} for name, count in counts.items()]
    return {"licenseeID": "1", "version": "1", "serverName": "alpha", "instanceData": rows}


def deployment() -> Deployment:
    """Return a registered deployment."""
    return Deployment(
        id=DEPLOYMENT,
        name="alpha",
        host="127.0.0.1",
        port=8474,
        user_name="admin",
        pin=None,
        labels={},
        capacity=None,
        instance_base_directory=None,
        instance_url=None,
        cordoned=False,
        version=None,
        commands={},
        last_contact_time=None,
        revision=1,
        create_time=now(),
        update_time=now(),
    )


def _at_once(_deployment: str, task: Callable[[], None]) -> None:
    task()


def _number(row: Mapping[str, Any]) -> int:
    return int(row["number"])
