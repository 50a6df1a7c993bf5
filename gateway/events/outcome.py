"""How an attempt to deliver a webhook ended."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus


class Problem(StrEnum):
    """What went wrong; stable words, also for those who read the deliveries."""

    TARGET_REFUSED = "TARGET_REFUSED"
    """The URL may not be called, or leads where no webhook may go; nothing was connected."""
    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    """The host name has no address."""
    CONNECT_FAILED = "CONNECT_FAILED"
    """No address takes a connection."""
    TLS_FAILED = "TLS_FAILED"
    """No TLS, or a certificate that is not trusted, out of its dates, or of another name."""
    TIMEOUT = "TIMEOUT"
    """It was not done in time: name, connection, TLS, request and reply together."""
    CONNECTION_LOST = "CONNECTION_LOST"
    """The connection ended before the reply did."""
    REPLY_INVALID = "REPLY_INVALID"
    """What came back is not HTTP."""
    REPLY_TOO_LARGE = "REPLY_TOO_LARGE"
    """The reply, with its headers, is larger than anybody reads."""
    REDIRECTED = "REDIRECTED"
    """Another URL was named, which is not followed."""
    NOT_ACCEPTED = "NOT_ACCEPTED"
    """A status that is neither 2xx nor 3xx."""


class DeliveryFailed(Exception):
    """Ends a delivery inside the libraries, which let it through as it is.

    Args:
        problem: why.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended.

    Attributes:
        status: of HTTP, if a head came back.
        problem: what went wrong, if anything did; also behind a status of 2xx, when the body
            is too large or does not end.
        retry_after: how long the receiver asks us to wait, with 429 and 503; a day at most.
        seconds: how long it took.
        excerpt: the beginning of the reply in one line of printable characters.
    """

    status: int | None = None
    problem: Problem | None = None
    retry_after: timedelta | None = None
    seconds: float = 0.0
    excerpt: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: any status of 2xx (Standard Webhooks 1.0.0)."""
        return HTTPStatus.OK <= (self.status or 0) < HTTPStatus.MULTIPLE_CHOICES
