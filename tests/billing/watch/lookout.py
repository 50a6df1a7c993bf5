"""What looks into instances, in the thread of a test and at times of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from gateway.billing.watch.timetable import slot
from gateway.billing.watch.upstream import Upstream
from gateway.billing.watch.watches import Watches
from gateway.broker.engine.reader import Reader
from gateway.broker.instance_reads import InstanceReads
from gateway.model import Figure, Instance, InstanceStatus, Measure, Prefix, Reading, new_id
from gateway.storage import figures, instances, outbox
from gateway.storage.tables import readings, watches
from gateway.storage.watches import Watch
from tests.core import BASE, Core, add_instance
from tests.simulated import Control

DAY = timedelta(days=1)
SECONDS = 86_400
COMMANDS = ["GetInstanceStatistics", "GetUsers", "GetStores"]
"""What each look asks for figures, in this order."""


def at_once(deployment: str, task: Callable[[], None]) -> None:
    """Do something now, as a lane does it later."""
    del deployment
    task()


@dataclass
class Lookout:
    """Looks into the instances of a gateway.

    Attributes:
        core: the gateway.
        control: of its deployment.
    """

    core: Core
    control: Control

    def __post_init__(self) -> None:
        self.upstream: Upstream = InstanceReads(Reader(self.core.connections), self.core.database)
        self.watches = self.watching(self.upstream)

    def watching(self, upstream: Upstream) -> Watches:
        """Return what looks by means of something else."""
        return Watches(self.core.database, at_once, upstream, SECONDS)

    def planted(self, hour: int | None = None, **seed: Any) -> Instance:  # noqa: ANN401 - JSON
        """Make an instance that both we and the deployment know.

        Args:
            hour: of the day in which it is looked into; None for any.
            seed: what lies in it.
        """
        made = self.core.new_instance("acme")
        while hour is not None and slot(made.id, made.create_time, DAY).hour != hour:
            made = replace(made, id=new_id(Prefix.INSTANCE))
        made = replace(made, base_directory=f"{BASE}\\{made.id[4:]}")
        with self.core.database.write() as connection:
            add_instance(connection, made)
        whole = {
            "instanceID": made.instance_id,
            "instanceHost": made.instance_host,
            "baseDirectory": made.base_directory,
            "archiveAdminEnabled": True,
            "stores": [{"name": "Mail", "messages": 10}],
            "users": [{"userName": "jane"}, {"userName": "john"}],
            **seed,
        }
        self.control.seed(instances=[whole])
        self.control.forget_journal()
        return made

    def change(self, instance: Instance, **values: object) -> None:
        """Change our row of an instance."""
        with self.core.database.write() as connection:
            instances.change(connection, instance.id, values)

    # looking

    def look(self, watching: Watches | None = None) -> None:
        """Let the next look be due, and take it at that time."""
        self.watches.enrol()
        with time_machine.travel(self.next_time + timedelta(seconds=1), tick=True):
            (watching or self.watches).run()

    @property
    def row(self) -> Watch:
        """What is remembered of the one instance."""
        with self.core.database.read() as connection:
            return Watch(**connection.execute(select(watches)).mappings().one())

    @property
    def next_time(self) -> datetime:
        """When it is looked into next."""
        return self.row.next_time

    # what is left of it

    def readings(self) -> Sequence[Reading]:
        """Return all readings, the oldest first."""
        with self.core.database.read() as connection:
            rows = connection.execute(select(readings).order_by(readings.c.id)).mappings()
            return [Reading(**row) for row in rows]

    def problems(self) -> Mapping[str, str | None]:
        """Return what the last reading of each command has for a problem."""
        return {reading.command: reading.problem for reading in self.readings()}

    def figure(self, instance: Instance, measure: Measure) -> Figure | None:
        """Return the figure in force."""
        with self.core.database.read() as connection:
            return figures.current(connection, [instance.id], measure).get(instance.id)

    def events(self) -> list[Mapping[str, Any]]:
        """Return what was told of instances, the oldest first."""
        with self.core.database.read() as connection:
            return [row.payload for row in outbox.after(connection, "event", 0, 10_000)]

    def told(self) -> list[str]:
        """Return the types of that."""
        return [event["type"] for event in self.events()]

    def end(self, instance: Instance) -> None:
        """Let an instance be deleted by us."""
        self.change(instance, status=InstanceStatus.DELETED)
