"""One call to a deployment, seen from outside."""

from time import perf_counter
from types import TracebackType

from gateway.measures import tracing
from gateway.measures.account import account
from gateway.measures.meters import meters


class Exchange:
    """Times a call, counts it, and makes it a span; a context manager for one call.

    Args:
        deployment: opaque id.
        command: its name, of the catalogue, or of a control call.
    """

    __slots__ = ("_began", "_command", "_deployment", "_span")

    def __init__(self, deployment: str, command: str) -> None:
        self._deployment = deployment
        self._command = command

    def __enter__(self) -> None:
        self._span = tracing.call_began(self._deployment, self._command)
        meters().call_began()
        self._began = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = perf_counter() - self._began
        problem = "" if error is None else str(getattr(error, "code", "INTERNAL"))
        meters().call_ended(self._deployment, self._command, problem, seconds)
        tracing.ended(self._span, problem)
        known = account()
        if known is not None:
            known.upstream_seconds += seconds
            known.deployment = self._deployment
