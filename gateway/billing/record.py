"""What one reading of the licences of a deployment leaves: one transaction, or nothing.

The deployment's row is held, so that readings follow each other; then the instances whose figure
changes, in the order of their ids, so that none gets another owner before the figure is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.model import EventType, Figure, Happening, Measure, Prefix, Reading, new_id, now
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST
from gateway.storage import deployments, event_log, figures, owners, readings
from gateway.storage.database import Database
from gateway.storage.owners import Owned

COMMAND: Final = CREATE_LICENSE_REQUEST.name
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Answered:
    """An answer, and what it can be about.

    Attributes:
        answer: as it came.
        counts: what it says, by the names that SPE knows.
        before: the instances of the deployment as they were before it was asked. Of others it
            says nothing: a name may have been given anew meanwhile.
    """

    answer: object
    counts: Mapping[str, int]
    before: Mapping[str, Owned]

    def value(self, instance: Owned, figure: Figure | None) -> tuple[bool, int | None]:
        """Return whether it says something of an instance of ours, and what.

        Args:
            instance: as it is now.
            figure: that is in force.
        """
        before = self.before.get(instance.id)
        if instance.is_gone:
            return figure is not None, None
        if before is None or before.instance_id != instance.instance_id:
            return False, None
        count = self.counts.get(instance.instance_id)
        is_lacking = (before.is_expected and instance.is_expected) or figure is not None
        return count is not None or is_lacking, count


@dataclass(frozen=True)
class _Change:
    """A figure that is another one than before."""

    figure: Figure
    before: Figure | None
    path: str

    @property
    def is_told(self) -> bool:
        """Whether the number is another one; a new owner alone is told as a transfer."""
        return self.figure.value != (self.before.value if self.before else None)

    @property
    def happening(self) -> Happening:
        """What is told; what another reseller had is nobody else's business."""
        before = self.before
        mine = before.value if before and before.reseller == self.figure.reseller else None
        return Happening(
            EventType.LICENCES_CHANGED,
            self.figure.instance,
            instance=self.figure.instance,
            deployment=self.figure.deployment,
            data={"licences": self.figure.value, "before": mine},
        )


class Record:
    """Keeps readings of licences.

    Args:
        database: where.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, deployment: str, answered: Answered) -> Reading | None:
        """Keep a reading that succeeded, and tell of each number that it changes.

        Returns:
            The reading; None where the deployment is not registered any more.
        """
        with self._database.write() as connection:
            if deployments.hold(connection, deployment) is None:
                return None
            made = readings.note(connection, _made(connection, deployment), answered.answer)
            changes = list(_changes(connection, made, answered))
            figures.add(connection, [change.figure for change in changes])
            told = [(change.path, change.happening) for change in changes if change.is_told]
            event_log.tell_all(connection, told)
            return made

    def fail(self, deployment: str, problem: str) -> None:
        """Keep a reading that failed; figures stay as they are, since nothing is known."""
        with self._database.write() as connection:
            if deployments.hold(connection, deployment) is not None:
                readings.note(connection, _made(connection, deployment, problem), None)


def _made(connection: Connection, deployment: str, problem: str | None = None) -> Reading:
    """Return a reading of now; later than the one before, also if a clock went back."""
    last = readings.latest(connection, deployment, COMMAND)
    time = now()
    return Reading(
        id=new_id(Prefix.READING),
        deployment=deployment,
        instance=None,
        command=COMMAND,
        time=max(time, last.time + _INSTANT) if last else time,
        raw=None,
        problem=problem,
    )


def _changes(connection: Connection, made: Reading, answered: Answered) -> Iterator[_Change]:
    """Yield the changed figures; judged once more of those that are held."""
    current = figures.current_on(connection, made.deployment, Measure.LICENCES)
    present = owners.on(connection, made.deployment)
    ended = [name for name, each in current.items() if each.value is not None]
    suspects = owners.hold(
        connection,
        [
            *(name for name in ended if name not in present),
            *(
                name
                for name, owned in present.items()
                if _change(made, answered, owned, current.get(name))
            ),
        ],
    )
    for name, owned in suspects.items():
        change = _change(made, answered, owned, current.get(name))
        if change is not None:
            yield change


def _change(
    made: Reading, answered: Answered, owned: Owned, before: Figure | None
) -> _Change | None:
    is_said, value = answered.value(owned, before)
    figure = _figure(made, owned, value)
    if not is_said or not figures.is_news(figure, before):
        return None
    return _Change(figure, before, owned.path)


def _figure(made: Reading, owned: Owned, value: int | None) -> Figure:
    return Figure(
        instance=owned.id,
        measure=Measure.LICENCES,
        time=made.time,
        value=value,
        reseller=owned.reseller,
        deployment=made.deployment,
        reading=made.id,
    )
