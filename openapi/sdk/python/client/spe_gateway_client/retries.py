"""When a call is tried again, and how long to wait before."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from .errors import members_of

_AWAY = frozenset({429, 502, 503, 504})
"""What is tried again if the body does not say whether it may be: a proxy's own words."""


@dataclass(frozen=True)
class Retries:
    """How often a call is tried, and how patiently.

    Args:
        tries: at most so many, with the first.
        first_seconds: the longest wait before the second try; it doubles each time.
        most_seconds: no wait of ours is longer; what ``Retry-After`` says counts as it is.
        patience_seconds: a wait that is longer than this is not waited for.
    """

    tries: int = 6
    first_seconds: float = 0.5
    most_seconds: float = 20.0
    patience_seconds: float = 120.0

    def pause(self, tried: int, response: httpx.Response | None) -> float | None:
        """Return the seconds to wait before the next try; None for no other try.

        A random part of the wait keeps clients that were refused together from coming together.

        Args:
            tried: how often it was tried.
            response: the refusal; None for a connection that was lost.
        """
        if tried >= self.tries or (response is not None and not _may_repeat(response)):
            return None
        told = _told(response) if response is not None else None
        most = min(self.most_seconds, self.first_seconds * 2 ** (tried - 1))
        seconds = random.uniform(0, most) if told is None else told  # noqa: S311 # no secret
        return seconds if seconds <= self.patience_seconds else None


def _may_repeat(response: httpx.Response) -> bool:
    """Whether the gateway, or a proxy before it, says that another try may succeed."""
    retryable = members_of(response).get("retryable")
    if isinstance(retryable, bool):
        return retryable
    return response.status_code in _AWAY


def _told(response: httpx.Response) -> float | None:
    """Return the seconds that ``Retry-After`` says (RFC 9110, 10.2.3), or None."""
    words = response.headers.get("Retry-After", "").strip()
    if words.isascii() and words.isdigit():
        return float(words)
    try:
        moment = parsedate_to_datetime(words)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
