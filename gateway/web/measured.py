"""Each request seen from outside: counted, timed and traced, from its first byte to its last."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from gateway.measures import tracing
from gateway.measures.account import Account, opened
from gateway.measures.meters import meters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

Application = Callable[[dict[str, Any], "StartResponse"], Iterable[bytes]]

CRASHED: Final = 500


class Measured:
    """A WSGI application around another (PEP 3333).

    Args:
        application: what answers.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        watch = Watch(environ)
        try:
            return Body(self._application(environ, partial(watch.start, start_response)), watch)
        except BaseException:
            watch.end()
            raise


class Watch:
    """Watches one request."""

    __slots__ = ("_account", "_began", "_method", "_span")

    def __init__(self, environ: dict[str, Any]) -> None:
        self._began = perf_counter()
        self._account: Account = opened()
        self._method = str(environ["REQUEST_METHOD"])
        self._span = tracing.request_began(environ)
        meters().request_began()

    def start(self, start: Callable[..., Any], status: str, *rest: Any) -> Any:  # noqa: ANN401 # PEP 3333
        """Note the status of the answer."""
        self._account.status = int(status[:3])
        return start(status, *rest)

    def end(self) -> None:
        """Note that the answer is out, or will never be."""
        known = self._account
        status = known.status or CRASHED
        seconds = perf_counter() - self._began
        meters().request_ended(known.action, self._method, status, seconds)
        tracing.request_ended(self._span, known.action, status)


class Body:
    """The body of an answer, which ends its request when it is closed."""

    __slots__ = ("_parts", "_watch")

    def __init__(self, parts: Iterable[bytes], watch: Watch) -> None:
        self._parts = parts
        self._watch = watch

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts."""
        return iter(self._parts)

    def close(self) -> None:
        """Close the parts; called by the server, however the answer ended (PEP 3333)."""
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            self._watch.end()
