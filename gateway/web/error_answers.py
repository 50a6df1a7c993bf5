"""The error answers of the contract: one component for each status, with an example."""

from dataclasses import dataclass
from typing import Any, Final

from gateway import errors
from gateway.errors import DeclarationError, GatewayError, InputFault
from gateway.events.log import EventsTrimmed
from gateway.web.http_errors import NotAcceptable, RateLimited

_DEPLOYMENT: Final = "dep_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"
_OPERATION: Final = "op_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"
_REPLAYED: Final = ("Idempotency-Replayed",)
"""An operation may have failed with it, and a call that is repeated tells so again."""


@dataclass(frozen=True)
class ErrorAnswer:
    """One error status as the contract shows it.

    Args:
        name: of the component.
        description: when it is answered.
        example: an error of that status.
        headers: names of header components that it carries.
    """

    name: str
    description: str
    example: GatewayError
    headers: tuple[str, ...] = ()


ERROR_ANSWERS: Final[dict[int, ErrorAnswer]] = {
    400: ErrorAnswer(
        "MalformedRequest",
        "The request cannot be read: JSON, a header or a cursor.",
        errors.MalformedRequest("The body is not valid JSON."),
    ),
    401: ErrorAnswer(
        "Unauthenticated",
        "There is no token, or it is not accepted (RFC 6750).",
        errors.Unauthenticated(),
        ("WWW-Authenticate",),
    ),
    403: ErrorAnswer(
        "PermissionMissing",
        "A permission is missing on an object that the caller may see, a quota does not allow "
        "it, or the caller's reseller is suspended.",
        errors.PermissionMissing("stores:run"),
        _REPLAYED,
    ),
    404: ErrorAnswer(
        "NotFound",
        "There is no such object, or it is another's: the two are never told apart.",
        errors.NotFound(),
        _REPLAYED,
    ),
    406: ErrorAnswer(
        "NotAcceptable",
        "`Accept` allows none of the media types that there are.",
        NotAcceptable(["application/json", "text/csv"]),
    ),
    409: ErrorAnswer(
        "Conflict",
        "The state of the object does not allow it.",
        errors.OperationInProgress(_OPERATION),
        ("Retry-After", *_REPLAYED),
    ),
    410: ErrorAnswer(
        "EventsTrimmed",
        "Something after the number that was named is not kept any more.",
        EventsTrimmed(4711),
    ),
    412: ErrorAnswer(
        "PreconditionFailed",
        "`If-Match` names another version of the object.",
        errors.PreconditionFailed(),
        _REPLAYED,
    ),
    413: ErrorAnswer("PayloadTooLarge", "The body is larger than 1 MiB.", errors.PayloadTooLarge()),
    415: ErrorAnswer(
        "UnsupportedMediaType",
        "The body is not of the media type that is documented, or it is compressed.",
        errors.UnsupportedMediaType(),
    ),
    422: ErrorAnswer(
        "InvalidInput",
        "The input can be read, but is not what the operation takes.",
        errors.InvalidInput([InputFault("/displayName", "REQUIRED", "This is required.")]),
        _REPLAYED,
    ),
    429: ErrorAnswer(
        "RateLimited",
        "Too many requests, or too many failed logins.",
        RateLimited("More than 600 calls in 60 s for this client; try again in 7 s.", 7),
        ("Retry-After",),
    ),
    502: ErrorAnswer(
        "UpstreamFailed",
        "The deployment refused the command, or its answer was lost.",
        errors.CommandFailed("The deployment could not carry the command out."),
        _REPLAYED,
    ),
    503: ErrorAnswer(
        "Unavailable",
        "The gateway's storage or the deployment cannot be reached. Say a change again under the "
        "same Idempotency-Key, or look first whether it was made.",
        errors.DeploymentUnreachable("The deployment is unreachable.", deployment=_DEPLOYMENT),
        ("Retry-After", *_REPLAYED),
    ),
    504: ErrorAnswer(
        "UpstreamTimeout",
        "The deployment did not answer in time; whether it acted is not known.",
        errors.UpstreamTimeout(),
        _REPLAYED,
    ),
}


def component_of(status: int) -> str:
    """Return the component of an error status.

    Raises:
        DeclarationError: there is none.
    """
    if status not in ERROR_ANSWERS:
        raise DeclarationError(f"No error answer is described for the status {status}.")
    return ERROR_ANSWERS[status].name


def example_of(error: GatewayError, path: str) -> dict[str, Any]:
    """Return an error as the body of an example.

    Args:
        error: any.
        path: that was called.
    """
    example = {
        "type": f"/docs/problems#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": path,
        "code": error.code,
        "requestId": "5f0c2c6e1b7a4a0e9d3f8b6a7c1d2e3f",
        "retryable": error.retryable,
    }
    faults = getattr(error, "faults", ())
    listed = [{"pointer": f.pointer, "code": f.code, "detail": f.detail} for f in faults]
    return {**example, **({"errors": listed} if listed else {})}
