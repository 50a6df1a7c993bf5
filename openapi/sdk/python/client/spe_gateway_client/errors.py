"""What can go wrong, as exceptions.

::

    GatewayError
    ├── ConnectionLost            no answer: nothing is there, or the line broke each time
    ├── SignInRefused             the client's id or secret is not accepted
    ├── ProblemError              the gateway answered with a problem (RFC 9457)
    │   ├── Unauthenticated       401
    │   ├── PermissionMissing     403
    │   ├── NotFound              404: absent, or another's
    │   ├── Conflict              409
    │   ├── PreconditionFailed    412: it was changed since it was read
    │   ├── InvalidInput          422: ``errors`` says what and where
    │   ├── RateLimited           429, also after all tries
    │   ├── Unavailable           503, also after all tries
    │   └── OperationFailed       an operation that was waited for has failed
    ├── OperationCancelled        an operation that was waited for was cancelled
    ├── OperationUnknown          nobody knows whether it was carried out; an operator settles it
    ├── StillRunning              it did not end within the time that was given; it goes on
    └── WebhookRefused            a delivery does not come from the gateway, or is too old
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final

import httpx


class GatewayError(Exception):
    """Whatever went wrong."""


class ConnectionLost(GatewayError):
    """There is no answer: nobody listens, or the line broke at every try.

    A call that changes something may have been carried out. Calling once more with the same
    ``idempotency_key`` finds out.

    Attributes:
        idempotency_key: that was sent, or None.
    """

    def __init__(self, message: str, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class SignInRefused(GatewayError):
    """The gateway gives no token: the client's id or secret is wrong, or it is disabled."""


class _Unfinished(GatewayError):
    """An operation has no result.

    Attributes:
        operation: its id.
    """

    def __init__(self, message: str, operation: str) -> None:
        super().__init__(message)
        self.operation = operation


class StillRunning(_Unfinished):
    """An operation goes on after the time for which it was waited."""


class OperationCancelled(_Unfinished):
    """The operation was cancelled."""


class OperationUnknown(_Unfinished):
    """Nobody knows whether the operation was carried out, until an operator settles it."""


class WebhookRefused(GatewayError):
    """Not a delivery of the gateway, or one that is too old."""


@dataclass(frozen=True)
class Fault:
    """One fault in what was sent.

    Args:
        pointer: where, as RFC 6901 has it.
        code: which; stable.
        detail: in words.
    """

    pointer: str
    code: str
    detail: str


class ProblemError(GatewayError):
    """The gateway answered with a problem.

    Args:
        problem: the whole of it; members that are newer than this client are in it, too.
        status: of HTTP.
        retry_after: seconds after which another try may succeed; None where none were told.

    Attributes:
        code: stable name of the kind; what programs decide by. Empty where none was told.
        title: the kind in words.
        detail: what happened here, and what to do.
        request_id: names the request in the gateway's log; empty where none was told.
        retryable: whether the same call may succeed later.
        errors: each fault of the input.
        operation: id of the operation that it is about; None where it is about none.
    """

    def __init__(
        self, problem: Mapping[str, Any], status: int, retry_after: float | None = None
    ) -> None:
        self.problem = problem
        self.status = status
        self.retry_after = retry_after
        self.operation = str(problem["operation"]) if problem.get("operation") else None
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.request_id = str(problem.get("requestId", ""))
        self.retryable = problem.get("retryable") is True
        self.errors = tuple(_fault(each) for each in problem.get("errors") or ())
        super().__init__(self._words())

    def _words(self) -> str:
        """Return it in one line; the faults too, where the detail does not tell them already."""
        told = self.detail or self.title
        faults = [f"{e.pointer}: {e.detail}" for e in self.errors if e.detail not in told]
        name = f" ({self.request_id})" if self.request_id else ""
        return f"{self.status} {self.code}: {' '.join([told, *faults])}{name}"


class Unauthenticated(ProblemError):
    """401: the token is not accepted, nor is a new one."""


class PermissionMissing(ProblemError):
    """403: the client may not."""


class NotFound(ProblemError):
    """404: it does not exist, or it is another's."""


class Conflict(ProblemError):
    """409: the state does not allow it."""


class PreconditionFailed(ProblemError):
    """412: it was changed since it was read."""


class InvalidInput(ProblemError):
    """422: ``errors`` says what is wrong, and where."""


class RateLimited(ProblemError):
    """429: too many calls; every try for which there was time was made."""


class Unavailable(ProblemError):
    """503: not now; every try for which there was time was made."""


class OperationFailed(ProblemError):
    """An operation ended as failed.

    Attributes:
        operation: its id.
    """

    def __init__(self, problem: Mapping[str, Any], operation: str) -> None:
        super().__init__(problem, int(problem.get("status", 0)))
        self.operation: str = operation


_BY_STATUS: Final[Mapping[int, type[ProblemError]]] = MappingProxyType(
    {
        401: Unauthenticated,
        403: PermissionMissing,
        404: NotFound,
        409: Conflict,
        412: PreconditionFailed,
        422: InvalidInput,
        429: RateLimited,
        503: Unavailable,
    }
)


def problem_of(response: httpx.Response) -> ProblemError:
    """Return the exception for a refusal; also for one that a proxy made up, without a body."""
    known = members_of(response)
    kind = _BY_STATUS.get(response.status_code, ProblemError)
    told = {"title": response.reason_phrase, **known}
    return kind(told, response.status_code, retry_after_of(response))


def retry_after_of(response: httpx.Response) -> float | None:
    """Return the seconds that ``Retry-After`` says (RFC 9110, 10.2.3), or None."""
    words = response.headers.get("Retry-After", "").strip()
    if words.isascii() and words.isdigit():
        return float(words)
    try:
        moment = parsedate_to_datetime(words)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None


def members_of(response: httpx.Response) -> dict[str, Any]:
    """Return the members of a problem; none of them if the body is something else."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fault(told: Mapping[str, Any]) -> Fault:
    return Fault(*(str(told.get(name, "")) for name in ("pointer", "code", "detail")))
