"""HTTP Basic logins, which slow down after failures."""

import base64
import binascii
from hmac import compare_digest

from .clock import Clock

PENALTY = 0.1
WORST = 1.0


class Logins:
    """The one administrator's credentials and the failures against them."""

    def __init__(self, clock: Clock, user_name: str, password: str) -> None:
        self._clock = clock
        self._expected = f"{user_name}:{password}".encode()
        self._failures = 0

    def check(self, header: str | None) -> bool:
        """Return whether an Authorization header is right.

        An attempt after failures takes up to a second of simulated time. A request without
        credentials is no attempt: older clients send one to be challenged.
        """
        if header is None:
            return False
        self._clock.sleep(min(self._failures * PENALTY, WORST))
        right = compare_digest(_credentials(header), self._expected)
        self._failures = 0 if right else self._failures + 1
        return right


def _credentials(header: str) -> bytes:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
