"""The metrics that processes count, as data; what the database knows is in ``exposition.facts``.

Names follow Prometheus' rules: a prefix, base units, ``_total`` for what only grows. No label
holds a name or an address: ids of ours, names of the contract and words of a short list only.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "spe_gateway_"
OTHER: Final = "other"
"""The deployment of a series beyond the last that is kept apart."""

MOST_DEPLOYMENTS: Final = 2_000
"""Deployments that a process keeps apart: what it remembers is bounded, whatever comes and goes."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Kind(StrEnum):
    """What a metric is to Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Over(StrEnum):
    """How the gauges of several processes make one, in the words of prometheus-client."""

    LIVING = "livesum"
    WORST = "livemax"
    LATEST = "mostrecent"


@dataclass(frozen=True, eq=False)
class Family:
    """One metric.

    Attributes:
        name: without the prefix; of a counter with ``_total``.
        kind: what it is.
        says: the HELP text.
        labels: their names.
        over: of a gauge, how processes are put together.
    """

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    over: Over = Over.LIVING

    @property
    def full_name(self) -> str:
        """The name as it is scraped."""
        return PREFIX + self.name


REQUESTS: Final = Family(
    "http_requests_total",
    Kind.COUNTER,
    "Requests answered, by operationId of the contract, method and class of status.",
    ("operation", "method", "status"),
)
REQUEST_SECONDS: Final = Family(
    "http_request_duration_seconds",
    Kind.HISTOGRAM,
    "From the first byte of a request to the last of its answer; streams last as long as they do.",
    ("operation",),
)
REQUESTS_NOW: Final = Family(
    "http_requests_in_progress", Kind.GAUGE, "Requests being answered: busy threads, streams too."
)
RATE_LIMITED: Final = Family(
    "rate_limited_total", Kind.COUNTER, "Requests refused with 429, by policy.", ("policy",)
)
LOGIN_FAILURES: Final = Family(
    "login_failures_total", Kind.COUNTER, "Logins of API clients that failed."
)
CALLS: Final = Family(
    "upstream_calls_total",
    Kind.COUNTER,
    "Calls to deployments, by command and outcome: answered, or the code of the error.",
    ("command", "outcome"),
)
CALL_SECONDS: Final = Family(
    "upstream_call_duration_seconds",
    Kind.HISTOGRAM,
    "Calls to deployments, with the wait for a connection and the one repetition of a read.",
    ("command",),
)
DEPLOYMENT_CALLS: Final = Family(
    "deployment_calls_total",
    Kind.COUNTER,
    "Calls to a deployment that were answered, or failed.",
    ("deployment", "outcome"),
)
DEPLOYMENT_SECONDS: Final = Family(
    "deployment_call_seconds_total",
    Kind.COUNTER,
    "Time spent in calls to a deployment.",
    ("deployment",),
)
CALLS_NOW: Final = Family(
    "upstream_calls_in_progress",
    Kind.GAUGE,
    "Calls to deployments under way, each on a connection or waiting for one.",
)
CERTIFICATE_END: Final = Family(
    "deployment_certificate_end_timestamp_seconds",
    Kind.GAUGE,
    "When the certificate ends that a deployment has shown last.",
    ("deployment",),
    Over.LATEST,
)
BREAKER_CHANGES: Final = Family(
    "breaker_changes_total",
    Kind.COUNTER,
    "Breakers that opened, stayed open after a try, or closed.",
    ("deployment", "change"),
)
CHORES: Final = Family(
    "chore_runs_total",
    Kind.COUNTER,
    "Chores of the background done, or failed; operations.sweep is the sweeper.",
    ("chore", "outcome"),
)
CHORE_SECONDS: Final = Family(
    "chore_seconds_total", Kind.COUNTER, "Time spent in a chore.", ("chore",)
)
CHORE_SUCCESS: Final = Family(
    "chore_last_success_timestamp_seconds",
    Kind.GAUGE,
    "When a chore was done last, by any process of this scrape.",
    ("chore",),
    Over.LATEST,
)
DELIVERIES: Final = Family(
    "webhook_attempts_total",
    Kind.COUNTER,
    "Tries to deliver to webhooks, by outcome: delivered, or why not.",
    ("outcome",),
)
DELIVERY_SECONDS: Final = Family(
    "webhook_attempt_duration_seconds", Kind.HISTOGRAM, "Tries to deliver to webhooks."
)
DATABASE_ERRORS: Final = Family(
    "database_errors_total", Kind.COUNTER, "Transactions that failed for the database.", ("error",)
)
DATABASE_CONNECTIONS: Final = Family(
    "database_connections", Kind.GAUGE, "Connections to the database.", ("state",)
)
LANES: Final = Family(
    "lane_tasks",
    Kind.GAUGE,
    "Work on deployments: running in a thread, or waiting for its turn.",
    ("state",),
)
CARRIED: Final = Family("operations_carried", Kind.GAUGE, "Operations under a lease here.")
REVOCATION_LAG: Final = Family(
    "revocation_lag_seconds",
    Kind.GAUGE,
    "How old the revocations may be that tokens are judged by, in the process that is worst off.",
    over=Over.WORST,
)
STREAMS: Final = Family("streams", Kind.GAUGE, "Event streams open.")
WEBHOOKS_NOW: Final = Family("webhook_attempts_in_progress", Kind.GAUGE, "Deliveries being sent.")
MEMORY: Final = Family("resident_memory_bytes", Kind.GAUGE, "Memory of the processes together.")
PROCESSES: Final = Family("processes", Kind.GAUGE, "Processes that count here and live.")
BUILD: Final = Family(
    "build_info", Kind.GAUGE, "Always 1; its labels say what runs.", ("version",), Over.WORST
)

FAMILIES: Final = (
    REQUESTS,
    REQUEST_SECONDS,
    REQUESTS_NOW,
    RATE_LIMITED,
    LOGIN_FAILURES,
    CALLS,
    CALL_SECONDS,
    DEPLOYMENT_CALLS,
    DEPLOYMENT_SECONDS,
    CALLS_NOW,
    CERTIFICATE_END,
    BREAKER_CHANGES,
    CHORES,
    CHORE_SECONDS,
    CHORE_SUCCESS,
    DELIVERIES,
    DELIVERY_SECONDS,
    DATABASE_ERRORS,
    DATABASE_CONNECTIONS,
    LANES,
    CARRIED,
    REVOCATION_LAG,
    STREAMS,
    WEBHOOKS_NOW,
    MEMORY,
    PROCESSES,
    BUILD,
)
