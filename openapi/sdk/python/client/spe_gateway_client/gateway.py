"""The gateway as an object: ``gateway.instances.list()``."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import httpx

from .caller import Caller, recorded
from .errors import GatewayError
from .nouns import CONTRACT, Nouns
from .operation import Operation
from .retries import Retries
from .tokens import Tokens
from .transport import Transport


class Gateway(Nouns):
    """A gateway, called in the name of one client; may be used by several threads at once.

    Use it as a context, or ``close`` it.

    Args:
        url: scheme, host and port.
        client_id: of the client.
        client_secret: likewise.
        retries: what one call may take, and when it is tried again.
        headers: sent with every call, as ``{"On-Behalf-Of": "jane.doe"}``.
        http: sends requests in place of a network, for your tests (``httpx.MockTransport``).
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        retries: Retries | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        sent = {"SPE-Gateway-Version": CONTRACT, **(headers or {})}
        self._transport = Transport(url.rstrip("/"), sent, retries or Retries(), http)
        tokens = Tokens(self._transport, client_id, client_secret)
        super().__init__(Caller(self._transport, tokens))

    def close(self) -> None:
        """Close its connections."""
        self._transport.close()

    def operation(self, operation: str) -> Operation[Any]:
        """Return the handle of an operation that was begun before, or elsewhere.

        Args:
            operation: its id. ``wait`` returns its result as JSON values.
        """
        seen = self._caller.look(operation, 0)
        return Operation(self._caller, lambda result: result, snapshot=seen)

    @contextmanager
    def recording(self) -> Iterator["Recording"]:
        """Keep the answers to the calls that this thread makes in the block.

        Their headers tell the version of what was read (``etag``) and the id of the request.
        """
        found: list[httpx.Response] = []
        token = recorded.set(found)
        try:
            yield Recording(found)
        finally:
            recorded.reset(token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Recording:
    """The answers of a block, refusals too.

    Args:
        answers: filled while the block runs.

    Attributes:
        answers: likewise.
    """

    def __init__(self, answers: Sequence[httpx.Response]) -> None:
        self.answers = answers

    @property
    def etag(self) -> str:
        """The version of what was read last, for ``if_match``.

        Raises:
            GatewayError: the last answer has none.
        """
        return self._header("ETag")

    @property
    def request_id(self) -> str:
        """The name of the last request in the gateway's log."""
        return self._header("X-Request-Id")

    def _header(self, name: str) -> str:
        if not self.answers or name not in self.answers[-1].headers:
            raise GatewayError(f"The last answer has no {name}.")
        return str(self.answers[-1].headers[name])
