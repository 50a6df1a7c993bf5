"""An adapter of requests that goes one way only."""

from collections.abc import Mapping
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Retry, Timeout

NEVER_AGAIN: Final = Retry(total=False)


class PoolAdapter(HTTPAdapter):
    """Sends every request into the one pool, whatever address or proxy it names."""

    def __init__(self, pool: HTTPConnectionPool) -> None:
        super().__init__(max_retries=NEVER_AGAIN)
        self._pool = pool

    def get_connection_with_tls_context(self, *_args: Any, **_kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401 - as in requests
        """Return the one pool."""
        return self._pool

    def cert_verify(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401 - as in requests
        """The context of the pool decides; requests would bring its own CA bundle."""

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str], *, connect: float, read: float
    ) -> BaseHTTPResponse:
        """Send a POST whose request needs no preparing: half of what a session costs is that.

        Args:
            path: from the first slash.
            body: sent as it is.
            headers: all but Host and Content-Length.
            connect: seconds for a new connection.
            read: seconds for each read.

        Returns:
            The answer, whose body is not read yet; a redirect is one too.
        """
        return self._pool.urlopen(
            "POST",
            path,
            body=body,
            headers=headers,
            retries=NEVER_AGAIN,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=connect, read=read),
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()
