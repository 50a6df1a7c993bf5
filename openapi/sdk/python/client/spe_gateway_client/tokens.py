"""Access tokens: fetched when needed, renewed before they end, shared by all threads."""

import time
from threading import Lock
from typing import Final

import httpx

from .errors import SignInRefused, members_of, problem_of
from .transport import Transport

_MARGIN_SECONDS: Final = 60.0
_REFUSED: Final = frozenset({httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED})


class Tokens:
    """The tokens of one client (RFC 6749, section 4.4).

    Args:
        transport: to the gateway.
        client_id: of the client.
        client_secret: likewise.
    """

    def __init__(self, transport: Transport, client_id: str, client_secret: str) -> None:
        self._transport = transport
        self._account = httpx.BasicAuth(client_id, client_secret)
        self._lock = Lock()
        self._token = ""
        self._good_until = 0.0

    def current(self, until: float | None = None) -> str:
        """Return a token that is good for a while.

        Args:
            until: the moment (``Transport.until``) at which the call that needs it must have ended.

        Raises:
            SignInRefused: the client's id or secret is not accepted.
            ConnectionLost: the gateway is not there.
        """
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._fetch(until)
            return self._token

    def refused(self, token: str) -> None:
        """Take back a token that the gateway does not accept any more."""
        with self._lock:
            if token == self._token:
                self._good_until = 0.0

    def _fetch(self, until: float | None) -> None:
        asked = time.monotonic()
        form = {"grant_type": "client_credentials"}
        call = {"method": "post", "url": "/oauth/token", "data": form, "auth": self._account}
        response = self._transport.send(call, until)
        if response.status_code in _REFUSED:
            told = members_of(response)
            words = told.get("error_description") or told.get("detail") or told.get("error", "")
            raise SignInRefused(f"The gateway gives no token: {words}")
        if response.is_error:
            raise problem_of(response)
        granted = response.json()
        seconds = float(granted["expires_in"])
        self._token = str(granted["access_token"])
        self._good_until = asked + seconds - min(_MARGIN_SECONDS, seconds / 4)
