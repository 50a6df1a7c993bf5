"""How often refused credentials are tried: SPE slows down whoever fails to log in.

A password that was changed at the deployment would else be tried by every poll of every
operation. New credentials come with a new client, which begins anew.
"""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Final

from gateway.errors import CredentialsRefused

MOST: Final = 3
"""So many refusals in a row are no accident."""

SECONDS: Final = 60.0
"""Between two tries from then on."""


class Refusals:
    """The refusals of one client's credentials in a row; for many threads.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._number = 0
        self._next = 0.0

    def require_hope(self) -> None:
        """Let a call through unless the credentials were refused too often just now.

        Raises:
            CredentialsRefused: nothing is sent.
        """
        with self._lock:
            if self._number < MOST:
                return
            if self._clock() < self._next:
                raise CredentialsRefused(
                    "The deployment has refused the gateway's user name or password; they are "
                    "tried once a minute."
                )
            self._next = self._clock() + SECONDS

    def note(self, *, refused: bool) -> None:
        """Note what the deployment said of the credentials."""
        with self._lock:
            self._number = self._number + 1 if refused else 0
            self._next = self._clock() + SECONDS
