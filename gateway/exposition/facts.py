"""What the database knows: the same for whoever asks, whichever process answers.

Read at most once in some seconds, however often it is asked for, so that a scrape costs the
database little and never more. Take the largest where several processes answer, not the sum.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from gateway.billing import closing
from gateway.errors import StorageUnavailable
from gateway.exposition import facts_families as families
from gateway.measures.families import Family
from gateway.model import Reach, now
from gateway.storage import resellers, standing, statements
from gateway.storage.database import Database
from gateway.storage.standing import Group

KEPT_SECONDS: Final = 10.0
STATEMENTS_SECONDS: Final = 300.0
"""What is told of statements goes through all resellers, and changes once a month."""

Sample = tuple[tuple[str, ...], float]
Shown = tuple[Family, Sequence[Sample]]


class Facts(Collector):
    """Reads the facts.

    Args:
        database: has them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._general = Kept(KEPT_SECONDS, _general)
        self._statements = Kept(STATEMENTS_SECONDS, _of_statements)

    def collect(self) -> Iterator[Metric]:
        """Yield every fact; of a database that does not answer, that alone."""
        began = monotonic()
        try:
            with self._lock:  # whoever comes meanwhile gets what the first has read
                shown = [*self._general.of(self._database), *self._statements.of(self._database)]
        except StorageUnavailable:
            yield _metric(families.UP, [((), 0.0)])
            return
        yield _metric(families.UP, [((), 1.0)])
        yield _metric(families.SECONDS, [((), monotonic() - began)])
        yield from (_metric(family, samples) for family, samples in shown)


class Kept:
    """What was read, for a while.

    Args:
        seconds: how long it is good.
        read: reads it.
    """

    def __init__(self, seconds: float, read: Callable[[Connection], Iterable[Shown]]) -> None:
        self._seconds = seconds
        self._read = read
        self._shown: list[Shown] = []
        self._until = 0.0

    def of(self, database: Database) -> list[Shown]:
        """Return it, read anew when it is too old.

        Raises:
            StorageUnavailable: it cannot be read.
        """
        if monotonic() >= self._until:
            with standing.bounded(database) as connection:
                self._shown = list(self._read(connection))
            self._until = monotonic() + self._seconds
        return self._shown


def _metric(family: Family, samples: Iterable[Sample]) -> Metric:
    made = GaugeMetricFamily(family.full_name, family.says, labels=family.labels)
    for labels, value in samples:
        made.add_metric(labels, value)
    return made


def _general(connection: Connection) -> Iterator[Shown]:
    yield from _of_operations(connection)
    yield from _of_events(connection)
    yield from _of_deployments(connection)


def _of_operations(connection: Connection) -> Iterator[Shown]:
    groups, waiting = standing.unfinished(connection), standing.queue(connection)
    yield families.UNFINISHED, [(group.labels, group.number) for group in groups]
    yield families.OLDEST, [(group.labels, _age(group.oldest)) for group in groups]
    yield families.OVERDUE, [((), standing.overdue(connection))]
    yield families.UNKNOWN, [((), standing.unknown(connection))]
    yield families.QUEUE, [((), waiting.number)]
    yield families.QUEUE_LAG, [((), _age(waiting.oldest))]


def _of_events(connection: Connection) -> Iterator[Shown]:
    topics, waiting = standing.unnumbered(connection), standing.undelivered(connection)
    known = {group.labels[0]: group for group in topics}
    every = [known.get(topic, Group((topic,), 0, None)) for topic in families.TOPICS]
    yield families.UNNUMBERED, [(group.labels, group.number) for group in every]
    yield families.SEQUENCER_LAG, [(group.labels, _age(group.oldest)) for group in every]
    yield families.UNDELIVERED, [((), waiting.number)]
    yield families.DELIVERY_LAG, [((), _age(waiting.oldest))]
    receivers = standing.receivers(connection)
    yield families.WEBHOOKS, [(group.labels, group.number) for group in receivers]


def _of_deployments(connection: Connection) -> Iterator[Shown]:
    found = standing.health(connection)
    yield families.DEPLOYMENT_UP, [((each.deployment,), each.is_up) for each in found]
    yield families.QUARANTINED, [((each.deployment,), each.is_quarantined) for each in found]
    ages = [((each.deployment,), _age(each.as_of or each.create_time)) for each in found]
    yield families.INVENTORY_AGE, ages


def _of_statements(connection: Connection) -> Iterator[Shown]:
    """Tell the end of the oldest month that is not closed, that of the present one at best."""
    closed, beginning = statements.closed_through(connection), statements.beginning(connection)
    ends = [
        next(closing.unclosed(reseller, closed.get(reseller.id), beginning)).until
        for reseller in resellers.every(connection, Reach("/"))
    ]
    yield families.UNCLOSED, [((), min(ends).timestamp())] if ends else []


def _age(time: datetime | None) -> float:
    return max(0.0, (now() - time).total_seconds()) if time is not None else 0.0
