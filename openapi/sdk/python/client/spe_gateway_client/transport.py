"""Sends one call until it is answered: the same call, with the same key, at every try."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from .errors import ConnectionLost
from .retries import Retries

Call = Mapping[str, Any]
"""The arguments of ``httpx.Client.request``, as the generated functions make them."""

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
"""Longer than the gateway waits before it answers."""

LONGEST_WAIT_SECONDS = 20
"""For which the gateway is asked to wait with its answer."""

LEAST_SECONDS = 0.1
"""For a try for which there is no time any more: its caller was late."""


class Transport:
    """The line to one gateway; may be used by several threads at once.

    Args:
        url: of the gateway.
        headers: sent with every call.
        retries: when a call is tried again.
        http: what sends, in place of a network.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        retries: Retries,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=url, headers=dict(headers), timeout=_limits(READ_SECONDS), transport=http
        )
        self._retries = retries

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    @property
    def longest_wait(self) -> int:
        """Seconds for which the gateway may be asked to wait for an end before it answers."""
        return max(1, min(LONGEST_WAIT_SECONDS, int(self._retries.patience_seconds / 2)))

    def until(self) -> float:
        """Return the moment at which a call that begins now must have ended."""
        return time.monotonic() + self._retries.patience_seconds

    def send(self, call: Call, until: float | None = None) -> httpx.Response:
        """Send a call, and send it again while that is worth it and there is time.

        Args:
            call: what is sent.
            until: the moment at which it must have ended; None for that of a call of its own.

        Returns:
            The answer, of whichever status.

        Raises:
            ConnectionLost: there was none.
        """
        end = self.until() if until is None else until
        tried = 0
        while True:
            tried += 1
            response, lost = self._try(call, end - time.monotonic())
            pause = None
            if response is None or response.status_code >= httpx.codes.BAD_REQUEST:
                pause = self._retries.pause(tried, response, end - time.monotonic())
            if response is None and (pause is None or not _may_have_come(lost, call)):
                raise self._lost(lost, call, tried) from lost
            if pause is None and response is not None:
                return response
            time.sleep(pause or 0)

    @contextmanager
    def listen(self, call: Call) -> Iterator[httpx.Response]:
        """Send a call, and read its answer while it comes.

        Raises:
            ConnectionLost: there was none, or it broke off.
        """
        try:
            with self._http.stream(**call) as response:
                yield response
        except httpx.TransportError as error:
            raise self._lost(error, call, 1) from error

    def _try(
        self, call: Call, seconds: float
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            return self._http.request(**call, timeout=_limits(seconds)), None
        except httpx.TransportError as error:
            return None, error

    def _lost(self, error: Exception | None, call: Call, tried: int) -> ConnectionLost:
        key = call.get("headers", {}).get("Idempotency-Key")
        where = f"{call['method'].upper()} {self._http.base_url}{str(call['url']).lstrip('/')}"
        tries = "1 try" if tried == 1 else f"{tried} tries"
        return ConnectionLost(f"No answer to {where} after {tries}: {error}", key)


def _limits(seconds: float) -> httpx.Timeout:
    """Return what one try may take."""
    most = max(LEAST_SECONDS, min(seconds, READ_SECONDS))
    return httpx.Timeout(most, connect=min(most, CONNECT_SECONDS))


def _may_have_come(lost: httpx.TransportError | None, call: Call) -> bool:
    """Whether a call may be sent again although the first one may have been carried out.

    A repeated one with ``If-Match`` would be refused because of the first, so its answer would
    be wrong.
    """
    never_left = isinstance(lost, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return never_left or "If-Match" not in call.get("headers", {})
