"""HTTP Basic logins, which slow down after failures."""

import base64
import binascii
from collections.abc import Callable

from .clock import Clock

PENALTY = 0.1
WORST = 1.0


Check = Callable[[str, str], bool]


class Logins:
    """The failures to log in, and how they slow down whoever tries next.

    Args:
        check: whether a user name and a password are right.
    """

    def __init__(self, clock: Clock, check: Check) -> None:
        self._clock = clock
        self._check = check
        self._failures = 0

    def forget(self) -> None:
        """Slow nobody down for failures of before."""
        self._failures = 0

    def check(self, header: str | None) -> str | None:
        """Return whose credentials an Authorization header holds, or None if they are wrong.

        An attempt after failures takes up to a second of simulated time. A request without
        credentials is no attempt: older clients send one to be challenged.
        """
        if header is None:
            return None
        self._clock.sleep(min(self._failures * PENALTY, WORST))
        user_name, _, password = _credentials(header).partition(":")
        right = self._check(user_name, password)
        self._failures = 0 if right else self._failures + 1
        return user_name if right else None


def _credentials(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
