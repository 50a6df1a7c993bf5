"""Counts with prometheus-client; imported only where somebody scrapes.

Each process writes files of its own in a folder that all processes of a group share
(``exposition.folder``), so that nothing is lost with a process that is killed, and whoever is
asked can add all up. A series is looked up by a tuple, never formatted, for each call.
"""

from collections.abc import Callable
from datetime import datetime
from time import time
from typing import Final, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from gateway.measures import families
from gateway.measures.families import FAMILIES, MOST_DEPLOYMENTS, OTHER, SECONDS, Family, Kind
from gateway.measures.meters import Meters

NONE: Final = "none"
ANSWERED: Final = "answered"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLASSES: Final = {number: f"{number}xx" for number in range(1, 6)}

M = TypeVar("M", bound=MetricWrapperBase)


class Series(dict[tuple[str, ...], M], Generic[M]):
    """The series of one metric by the values of its labels, each made when first wanted."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        """Make the series of these labels."""
        made = self[labels] = self._metric.labels(*labels) if labels else self._metric
        return made


class Instruments(Meters):
    """Counts what one process does; for many threads.

    Attributes:
        registry: of this process alone; a scrape reads the files of all.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._counters = _series(Kind.COUNTER, lambda each: _counter(each, registry))
        self._histograms = _series(Kind.HISTOGRAM, lambda each: _histogram(each, registry))
        self._gauges = _series(Kind.GAUGE, lambda each: _gauge(each, registry))
        self._deployments: dict[str, str] = {}

    def request_began(self) -> None:
        """Note that a request is being answered."""
        self._gauges[families.REQUESTS_NOW][()].inc()

    def request_ended(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Note an answer."""
        name = operation or NONE
        known = method if method in METHODS else OTHER
        self._counters[families.REQUESTS][name, known, CLASSES.get(status // 100, OTHER)].inc()
        self._histograms[families.REQUEST_SECONDS][(name,)].observe(seconds)
        self._gauges[families.REQUESTS_NOW][()].dec()

    def rate_limited(self, policy: str) -> None:
        """Note a 429."""
        self._counters[families.RATE_LIMITED][(policy,)].inc()

    def login_failed(self) -> None:
        """Note a login that failed."""
        self._counters[families.LOGIN_FAILURES][()].inc()

    def call_began(self) -> None:
        """Note that a deployment is being called."""
        self._gauges[families.CALLS_NOW][()].inc()

    def call_ended(self, deployment: str, command: str, problem: str, seconds: float) -> None:
        """Note how a call to a deployment ended."""
        at = self._deployment(deployment)
        self._counters[families.CALLS][command, problem or ANSWERED].inc()
        self._histograms[families.CALL_SECONDS][(command,)].observe(seconds)
        self._counters[families.DEPLOYMENT_CALLS][at, "failed" if problem else ANSWERED].inc()
        self._counters[families.DEPLOYMENT_SECONDS][(at,)].inc(seconds)
        self._gauges[families.CALLS_NOW][()].dec()

    def certificate_shown(self, deployment: str, end: datetime) -> None:
        """Note until when the certificate of a deployment counts."""
        self.show(families.CERTIFICATE_END, end.timestamp(), self._deployment(deployment))

    def breaker_changed(self, deployment: str, change: str) -> None:
        """Note that a breaker opened, stayed open or closed."""
        self._counters[families.BREAKER_CHANGES][self._deployment(deployment), change].inc()

    def chore_done(self, name: str, seconds: float) -> None:
        """Note that a chore was done."""
        self._counters[families.CHORES][name, "done"].inc()
        self._counters[families.CHORE_SECONDS][(name,)].inc(seconds)
        self.show(families.CHORE_SUCCESS, time(), name)

    def chore_failed(self, name: str, seconds: float) -> None:
        """Note that a chore failed."""
        self._counters[families.CHORES][name, "failed"].inc()
        self._counters[families.CHORE_SECONDS][(name,)].inc(seconds)

    def delivery_tried(self, outcome: str, seconds: float) -> None:
        """Note a try to deliver to a webhook."""
        self._counters[families.DELIVERIES][(outcome,)].inc()
        self._histograms[families.DELIVERY_SECONDS][()].observe(seconds)

    def database_failed(self, error: str) -> None:
        """Note a transaction that failed for the database."""
        self._counters[families.DATABASE_ERRORS][(error,)].inc()

    def show(self, family: Family, value: float, *labels: str) -> None:
        """Set a gauge of this process."""
        self._gauges[family][labels].set(value)

    def _deployment(self, deployment: str) -> str:
        """Return the label of a deployment; those beyond the most that are kept share one."""
        known = self._deployments.get(deployment)
        if known is not None:
            return known
        if len(self._deployments) >= MOST_DEPLOYMENTS:
            return OTHER
        return self._deployments.setdefault(deployment, deployment)


def _series(kind: Kind, make: Callable[[Family], M]) -> dict[Family, Series[M]]:
    return {family: Series(make(family)) for family in FAMILIES if family.kind is kind}


def _counter(family: Family, registry: CollectorRegistry) -> Counter:
    return Counter(family.full_name, family.says, family.labels, registry=registry)


def _histogram(family: Family, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        family.full_name, family.says, family.labels, registry=registry, buckets=SECONDS
    )


def _gauge(family: Family, registry: CollectorRegistry) -> Gauge:
    return Gauge(
        family.full_name,
        family.says,
        family.labels,
        registry=registry,
        multiprocess_mode=family.over.value,
    )
