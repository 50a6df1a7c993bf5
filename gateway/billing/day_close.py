"""Days that are over are added up and closed, each once, in their order."""

from datetime import date, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.billing import reckoning
from gateway.billing.days import DAY, start_of
from gateway.billing.gaps import longest
from gateway.errors import StorageUnavailable
from gateway.model import OF_INSTANCES, SHOWN_BY, Chore, Deployment, Measure, now
from gateway.storage import closed_days, deployments, owners, readings, usage_days
from gateway.storage.closed_days import ClosedDay
from gateway.storage.database import Database

GLANCE_SECONDS: Final = 300.0
"""Between two looks at what can be closed."""

REST: Final = timedelta(hours=1)
"""After midnight: what was read before it is written down by then."""

log = structlog.get_logger()


class DayClose:
    """Closes the days of every deployment; those missed while the gateway was down, too.

    Args:
        database: the tables.
        licence_seconds: from one reading of licences to the next.
        watch_seconds: from one look into an instance to the next; 0 where nobody looks, and where
            therefore nobody misses it.
    """

    def __init__(self, database: Database, licence_seconds: int, watch_seconds: int) -> None:
        self._database = database
        self._patience = longest(licence_seconds)
        self._looked_into = OF_INSTANCES if watch_seconds else ()

    @property
    def chore(self) -> Chore:
        """What the worker does."""
        return Chore("days.close", GLANCE_SECONDS, self.run)

    def run(self) -> None:
        """Close whatever is over."""
        with self._database.read() as connection:
            found = deployments.every(connection)
        for deployment in found:
            try:
                self._close_all(deployment)
            except StorageUnavailable:
                raise
            except Exception:  # holds up no other deployment; the next look tries again
                log.exception("day.not_closed", deployment=deployment.id)

    def _close_all(self, deployment: Deployment) -> None:
        while (day := self._due(deployment)) is not None:
            self.close(deployment, day)

    def close(self, deployment: Deployment, day: date) -> bool:
        """Close a day that is over and whose days before are closed.

        What is written follows from rows that do not change any more, so it is computed before
        the transaction that writes it: of several who close a day, one does.

        Returns:
            False when somebody else was faster; then nothing is written.
        """
        since, until = start_of(day), start_of(day + DAY)
        with self._database.snapshot() as connection:
            closed = self._closed(connection, deployment, day)
            tallies = [
                tally
                for measure in Measure
                for tally in reckoning.tallies(connection, deployment.id, measure, since, until)
            ]
        with self._database.write() as connection:
            is_first = closed_days.add(connection, closed)
            if is_first:
                usage_days.write(connection, deployment.id, day, tallies)
        if is_first:
            log.info("day.closed", deployment=deployment.id, day=str(day), gaps=len(closed.gaps))
        return is_first

    def _closed(self, connection: Connection, deployment: Deployment, day: date) -> ClosedDay:
        since, until = period = start_of(day), start_of(day + DAY)
        command = SHOWN_BY[Measure.LICENCES]
        tried = readings.between(connection, deployment.id, command, since, until)
        present = owners.expected_at(connection, deployment.id, until)
        return ClosedDay(
            deployment=deployment.id,
            day=day,
            readings=sum(reading.problem is None for reading in tried),
            gaps=reckoning.licence_gaps(connection, deployment, since, until, self._patience),
            close_time=now(),
            unread={
                measure: reckoning.unread(connection, deployment.id, measure, present, period)
                for measure in self._looked_into
            },
        )

    def _due(self, deployment: Deployment) -> date | None:
        """Return the next day to close, if it is time."""
        with self._database.read() as connection:
            last = closed_days.last(connection, deployment.id)
            day = deployment.create_time.date() if last is None else last + DAY
            end = start_of(day + DAY)
            is_over = now() >= end + REST and self._is_settled(connection, deployment, end)
        return day if is_over else None

    def _is_settled(self, connection: Connection, deployment: Deployment, end: datetime) -> bool:
        """Whether it is known if there is a gap at the end of a day."""
        command = SHOWN_BY[Measure.LICENCES]
        is_late = now() > end + self._patience
        return is_late or readings.is_read_since(connection, deployment.id, command, end)
