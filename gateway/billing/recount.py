"""A month counted once more: from the raw answers, and from the rows that say whose an instance is.

It shares nothing with the figures and days from which a statement is made but the rule of what an
answer says.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from sqlalchemy import Connection

from gateway.billing.answers import licences_of
from gateway.billing.days import average
from gateway.billing.watch.visit import QUESTIONS
from gateway.model import SHOWN_BY, Measure, Month, Reading
from gateway.storage import readings, tenures
from gateway.storage.tenures import Tenure

SLACK: Final = timedelta(minutes=2)
"""An answer that comes so near to a change of owner may count for either.

The deployment counted a moment before its answer came, and who owned what was looked up about then.
"""

QUESTION_OF: Final = {question.measure: question for question in QUESTIONS}

Value = tuple[Reading, int]
"""A reading, and what it says."""


class Answers:
    """The raw answers of readings, each taken apart once.

    Args:
        connection: shows the database as it is at one moment.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._licences: dict[str, Mapping[str, int]] = {}

    def licences(self, digest: str) -> Mapping[str, int]:
        """Return the licences by the names that SPE knows.

        Raises:
            RawAltered: the answer is gone, or not what its digest says.
        """
        if digest not in self._licences:
            self._licences[digest] = licences_of(self.whole(digest))
        return self._licences[digest]

    def value(self, measure: Measure, digest: str) -> int:
        """Return what an answer of one instance says.

        Raises:
            RawAltered: the answer is gone, or not what its digest says.
        """
        question = QUESTION_OF[measure]
        return question.count(question.read(self.whole(digest)))

    def whole(self, digest: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return an answer as it came.

        Raises:
            RawAltered: the answer is gone, or not what its digest says.
        """
        return readings.answer_of(self._connection, digest)


@dataclass(frozen=True)
class Held:
    """What was read of an instance in a month, whoever's it was.

    Attributes:
        tenures: when it was whose.
        values: what was read of each measure, in the order of time.
    """

    tenures: Sequence[Tenure]
    values: defaultdict[Measure, list[Value]] = field(default_factory=lambda: defaultdict(list))

    def of(self, reseller: str, measure: Measure) -> Iterator[Value]:
        """Yield what was read while the instance was a reseller's."""
        mine = [each for each in self.tenures if each.reseller == reseller]
        for reading, value in self.values.get(measure, ()):
            if any(each.holds(reading.time) for each in mine):
                yield reading, value

    def allows(self, reseller: str, measure: Measure, figures: Mapping[str, Any] | None) -> bool:
        """Whether figures are what the readings come to.

        Args:
            reseller: whose.
            measure: of what.
            figures: as a line has them; None where it has none.
        """
        values = self.values.get(measure, ())
        mine = [each for each in self.tenures if each.reseller == reseller]
        if not mine:
            return figures is None
        found = (
            [value for reading, value in values if _in(spans, reading.time)]
            for spans in _spans(mine)
        )
        return any(counted(some) == figures for some in found)


def counted(values: Sequence[int]) -> Mapping[str, Any] | None:
    """Return the figures of values in the order of time, as a line has them; None of nothing."""
    if not values:
        return None
    return {
        "latest": values[-1],
        "average": str(average(sum(values), len(values))),
        "peak": max(values),
        "readings": len(values),
        "total": sum(values),
    }


def counted_month(
    connection: Connection, answers: Answers, deployment: str, month: Month
) -> Mapping[str, Held]:
    """Return what was read of each instance of a deployment in a month.

    Raises:
        RawAltered: an answer is gone, or not what its digest says.
    """
    found = _held(connection, deployment)
    named: dict[str, list[Held]] = defaultdict(list)
    for held in found.values():
        named[held.tenures[0].instance_id].append(held)
    licences = _succeeded(
        readings.between(
            connection, deployment, SHOWN_BY[Measure.LICENCES], month.since, month.until
        )
    )
    for reading, digest in licences:
        for name, value in answers.licences(digest).items():
            for held in named.get(name, ()):
                held.values[Measure.LICENCES].append((reading, value))
    for measure in QUESTION_OF:
        command = SHOWN_BY[measure]
        some = readings.of_instances(connection, deployment, command, month.since, month.until)
        for reading, digest in _succeeded(some):
            if reading.instance in found:
                value = answers.value(measure, digest)
                found[reading.instance].values[measure].append((reading, value))
    return found


def read_of(
    connection: Connection,
    answers: Answers,
    place: tuple[str, str],
    measure: Measure,
    month: Month,
) -> Held:
    """Return what was read of one instance and measure in a month.

    Args:
        connection: shows the database as it is at one moment.
        answers: the raw ones.
        place: the deployment and the instance.
        measure: which.
        month: which.

    Raises:
        RawAltered: an answer is gone, or not what its digest says.
    """
    deployment, instance = place
    held = _held(connection, deployment).get(instance, Held([]))
    command, period = SHOWN_BY[measure], (month.since, month.until)
    if measure is not Measure.LICENCES:
        some = readings.of_instance(connection, instance, command, *period)
        found = [(each, answers.value(measure, digest)) for each, digest in _succeeded(some)]
    else:
        names = {tenure.instance_id for tenure in held.tenures}
        found = [
            (reading, value)
            for reading, digest in _succeeded(
                readings.between(connection, deployment, command, *period)
            )
            for name, value in answers.licences(digest).items()
            if name in names
        ]
    held.values[measure].extend(found)
    return held


def _held(connection: Connection, deployment: str) -> dict[str, Held]:
    by_instance: dict[str, list[Tenure]] = defaultdict(list)
    for tenure in tenures.on(connection, deployment):
        by_instance[tenure.instance].append(tenure)
    return {instance: Held(mine) for instance, mine in by_instance.items()}


def _succeeded(some: Sequence[Reading]) -> Iterator[tuple[Reading, str]]:
    return ((reading, reading.raw) for reading in some if reading.raw is not None)


Span = tuple[datetime, datetime | None]


def _spans(mine: Sequence[Tenure]) -> Iterator[Sequence[Span]]:
    """Yield the times of tenures as they are, then with their bounds a little moved."""
    exact = [(each.since, each.until) for each in mine]
    yield exact
    for early, late in product((-SLACK, timedelta(), SLACK), repeat=2):
        yield [(since + early, until and until + late) for since, until in exact]


def _in(spans: Sequence[Span], time: datetime) -> bool:
    return any(since <= time and (until is None or time < until) for since, until in spans)
