"""When a call is tried again, and how long to wait before."""

import random
from dataclasses import dataclass
from typing import Final

import httpx

from .errors import members_of, retry_after_of

_AWAY = frozenset({429, 502, 503, 504})
"""What is tried again if the body does not say whether it may be: a proxy's own words."""

_DOUBLINGS: Final = 30
"""More would be too much for a float, and are never needed."""

_LAST_TRY_SECONDS: Final = 1.0
"""What a wait leaves to the try after it, at least."""


@dataclass(frozen=True)
class Retries:
    """How patiently a call is tried: as often as fits into the time that it may take.

    Args:
        patience_seconds: what one call may take, all its tries and waits together. A wait that
            does not fit into what is left is not begun: the problem is raised at once.
        first_seconds: the longest wait before the second try; it doubles each time.
        most_seconds: no wait of ours is longer; ``Retry-After`` counts as it is.
        tries: at most so many, with the first; None for as many as fit.
    """

    patience_seconds: float = 60.0
    first_seconds: float = 0.5
    most_seconds: float = 20.0
    tries: int | None = None

    def pause(self, tried: int, response: httpx.Response | None, left: float) -> float | None:
        """Return the seconds to wait before the next try; None for no other try.

        A random part of the wait keeps clients that were refused together from coming together.

        Args:
            tried: how often it was tried.
            response: the refusal; None for a connection that was lost.
            left: seconds that the call may take still.
        """
        is_last = self.tries is not None and tried >= self.tries
        if is_last or (response is not None and not _may_repeat(response)):
            return None
        told = None if response is None else retry_after_of(response)
        most = min(self.most_seconds, self.first_seconds * 2 ** min(tried - 1, _DOUBLINGS))
        part = random.uniform(0, most / 2)  # noqa: S311 # no secret
        seconds = part + (most / 2 if told is None else told)
        return seconds if seconds + _LAST_TRY_SECONDS <= left else None


def _may_repeat(response: httpx.Response) -> bool:
    """Whether the gateway, or a proxy before it, says that another try may succeed."""
    retryable = members_of(response).get("retryable")
    if isinstance(retryable, bool):
        return retryable
    return response.status_code in _AWAY
