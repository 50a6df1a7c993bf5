"""The looks into the instances: who is due, and what comes of it, in one transaction each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.billing.asking import Aside
from gateway.billing.watch import memory, timetable
from gateway.billing.watch.memory import Memory
from gateway.billing.watch.notices import compared
from gateway.billing.watch.upstream import Upstream
from gateway.billing.watch.visit import Findings, Part, look
from gateway.errors import StorageUnavailable
from gateway.model import (
    Chore,
    Figure,
    Happening,
    Instance,
    InstanceStatus,
    Prefix,
    Reading,
    new_id,
    now,
)
from gateway.storage import event_log, figures, instances, readings, transfers, watches
from gateway.storage.database import Database
from gateway.storage.watches import Watch

WATCH: Final = "watches.run"
"""The name of the chore that asks deployments."""

GLANCE_SECONDS: Final = 5.0
"""Between two looks at who is due."""

ENROL_SECONDS: Final = 300.0
"""Between two looks at who is new."""

UNDER_WAY: Final = 4
"""Instances of one deployment that a process looks into at once."""

BATCH: Final = 500

log = structlog.get_logger()


class Watches:
    """Looks into every active instance once in a period.

    Args:
        database: has the times, and takes what is found.
        aside: has the lanes; a deployment that hangs holds up its own only.
        upstream: asks.
        seconds: between two looks into an instance; 0 for none.
    """

    def __init__(self, database: Database, aside: Aside, upstream: Upstream, seconds: int) -> None:
        self._database = database
        self._aside = aside
        self._upstream = upstream
        self._period = timedelta(seconds=seconds)
        self._under_way: Counter[str] = Counter()
        self._lock = Lock()

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What the worker does."""
        wanted = (
            Chore("watches.enrol", ENROL_SECONDS, self.enrol),
            Chore(WATCH, GLANCE_SECONDS, self.run),
        )
        return wanted if self._period else ()

    def enrol(self) -> None:
        """Give a time to every instance that has none."""
        after = ""
        while True:
            with self._database.read() as connection:
                found = watches.lacking(connection, after, BATCH)
            if not found:
                return
            after = found[-1][0]
            with self._database.write() as connection:
                if not watches.add(connection, [self._first(*each) for each in found]):
                    return  # another process does it

    def _first(self, instance: str, deployment: str) -> Watch:
        return Watch(instance, deployment, timetable.slot(instance, now(), self._period), {})

    def run(self) -> None:
        """Set out to those that are due, to a few of each deployment."""
        with self._database.read() as connection:
            waiting = watches.waiting(connection)
        for deployment in waiting:
            for taken in self._take(deployment):
                self._aside(deployment, partial(self._visit, taken))

    def _take(self, deployment: str) -> Sequence[Watch]:
        with self._lock:
            room = UNDER_WAY - self._under_way[deployment]
        if room <= 0:
            return ()
        with self._database.write() as connection:
            taken = watches.take(connection, deployment, room, timetable.CLAIM)
        with self._lock:
            self._under_way[deployment] += len(taken)
        return taken

    def _visit(self, taken: Watch) -> None:
        try:
            self.visit(taken)
        except StorageUnavailable:  # the claim ends, and somebody looks again
            log.warning("watch.not_kept", instance=taken.instance)
        finally:
            with self._lock:
                self._under_way[taken.deployment] -= 1

    def visit(self, taken: Watch) -> None:
        """Look into an instance that was taken, and write down what that shows.

        Raises:
            StorageUnavailable: it cannot be written; nothing is.
        """
        with self._database.read() as connection:
            instance = instances.tracked(connection, taken.instance)
        if instance is None or instance.status is not InstanceStatus.ACTIVE:
            with self._database.write() as connection:
                watches.drop(connection, taken.instance)
            return
        before = memory.read(taken.state)
        found = look(self._upstream, instance, before.run_end or now() - self._period)
        with self._database.write() as connection:
            self._keep(connection, taken, before, found)

    def _keep(self, connection: Connection, taken: Watch, before: Memory, found: Findings) -> None:
        """Write everything down under the instance's lock, for whoever owns it now."""
        instances.hold(connection, taken.instance)
        instance = instances.tracked(connection, taken.instance)
        if instance is None or instance.status is not InstanceStatus.ACTIVE:
            return  # it went meanwhile; the next look drops it
        after, told = compared(before, found, self._period)
        tries = before.tries + 1 if found.is_worth_a_retry else 0
        state = replace(after, tries=tries).document()
        if not watches.settle(connection, taken, self._next(taken, before, found), state):
            log.info("watch.taken_over", instance=taken.instance)
            return
        for part in found.parts:
            _note(connection, instance, part)
        for kind, data in told:
            happening = Happening(kind, instance.id, instance.id, instance.deployment, data)
            event_log.tell(connection, instance.reseller_path, happening)
            log.info(kind, instance=instance.id)

    def _next(self, taken: Watch, before: Memory, found: Findings) -> datetime:
        if found.is_worth_a_retry:
            return timetable.retry(taken.instance, before.tries, now(), self._period)
        return timetable.slot(taken.instance, now(), self._period)


def _note(connection: Connection, instance: Instance, part: Part) -> None:
    """Write one answer down, and the figure that it is: of whoever owned it when it came."""
    question = part.question
    reading = Reading(
        new_id(Prefix.READING),
        instance.deployment,
        instance.id,
        question.command.name,
        part.time,
        None,
        part.problem,
    )
    readings.note(connection, reading, part.answer)
    if part.problem is None:
        figure = Figure(
            instance.id,
            question.measure,
            part.time,
            question.count(part.said),
            transfers.owner_at(connection, instance.id, part.time) or instance.reseller,
            instance.deployment,
            reading.id,
        )
        figures.note(connection, figure)
