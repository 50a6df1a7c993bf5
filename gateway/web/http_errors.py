"""What the HTTP layer alone refuses, outside every operation."""

from collections.abc import Sequence

from gateway.errors import GatewayError, RequestError


class MethodNotAllowed(RequestError):
    """The path exists, but not with this method; ``Allow`` names those that it takes."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    title = "The method is not allowed here"

    def __init__(self) -> None:
        super().__init__(
            "This path does not take this method; the header Allow names what it does."
        )


class NotAcceptable(RequestError):
    """The operation has no media type that ``Accept`` allows.

    Args:
        offered: those that it has.
    """

    status = 406
    code = "NOT_ACCEPTABLE"
    title = "There is no such representation"

    def __init__(self, offered: Sequence[str] = ()) -> None:
        super().__init__(f"Accept allows none of what there is: {', '.join(offered)}.")


class RangeNotSatisfiable(RequestError):
    """``Range`` asks for bytes that a file of the reference page does not have."""

    status = 416
    code = "RANGE_NOT_SATISFIABLE"
    title = "The file has no such range"


class RateLimited(GatewayError):
    """Too many calls, or too many failed logins; ``Retry-After`` says when to try again.

    Not a ``RequestError``: whoever floods us must not fill the audit.

    Args:
        detail: too many of what.
        seconds: until it is worth trying again.
    """

    status = 429
    code = "RATE_LIMITED"
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class StreamsExhausted(GatewayError):
    """As many streams are open as one process holds."""

    status = 503
    code = "STREAMS_EXHAUSTED"
    title = "Too many streams are open"
    retryable = True
