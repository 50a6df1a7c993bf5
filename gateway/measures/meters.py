"""Where processes say what they did: to nobody, until somebody wants to know.

One for each process, as its log is: ``meters()`` is asked at each call, and what it returns does
nothing until ``use`` was called.
"""

from datetime import datetime

from gateway.measures.families import Family


class Meters:
    """Counts nothing; ``instruments.Instruments`` does."""

    def request_began(self) -> None:
        """Note that a request is being answered."""

    def request_ended(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Note an answer.

        Args:
            operation: its operationId, or empty where no operation was found.
            method: of HTTP; one that nobody knows counts as ``other``.
            status: of HTTP.
            seconds: up to the last byte.
        """

    def rate_limited(self, policy: str) -> None:
        """Note a 429."""

    def login_failed(self) -> None:
        """Note a login that failed."""

    def call_began(self) -> None:
        """Note that a deployment is being called."""

    def call_ended(self, deployment: str, command: str, problem: str, seconds: float) -> None:
        """Note how a call to a deployment ended.

        Args:
            deployment: opaque id.
            command: its name, of the catalogue.
            problem: the code of the error; empty when it was answered.
            seconds: in all.
        """

    def certificate_shown(self, deployment: str, end: datetime) -> None:
        """Note until when the certificate of a deployment counts."""

    def breaker_changed(self, deployment: str, change: str) -> None:
        """Note that a breaker opened, stayed open or closed."""

    def chore_done(self, name: str, seconds: float) -> None:
        """Note that a chore was done."""

    def chore_failed(self, name: str, seconds: float) -> None:
        """Note that a chore failed."""

    def delivery_tried(self, outcome: str, seconds: float) -> None:
        """Note a try to deliver to a webhook."""

    def database_failed(self, error: str) -> None:
        """Note a transaction that failed for the database."""

    def show(self, family: Family, value: float, *labels: str) -> None:
        """Set a gauge of this process."""


class _Switch:
    meters = Meters()


def meters() -> Meters:
    """Return what counts in this process."""
    return _Switch.meters


def use(chosen: Meters) -> None:
    """Count with this from now on."""
    _Switch.meters = chosen
