"""What the HTTP layer alone refuses, outside every operation."""

from gateway.errors import RequestError


class MethodNotAllowed(RequestError):
    """The path exists, but not with this method; ``Allow`` names those that it takes."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    title = "The method is not allowed here"

    def __init__(self) -> None:
        super().__init__(
            "This path does not take this method; the header Allow names what it does."
        )


class RangeNotSatisfiable(RequestError):
    """``Range`` asks for bytes that a file of the reference page does not have."""

    status = 416
    code = "RANGE_NOT_SATISFIABLE"
    title = "The file has no such range"
