"""An adapter of requests that goes one way only."""

from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, Retry

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

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()
