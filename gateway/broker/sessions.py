"""Principals of tokens that were judged, until something changes that the judgement rests on.

A signature is proved once for each token, and the record behind it is read once for each
generation. A revoked token, a changed client, a bound, a suspension, a retired key: each ends the
generation, in this process at once and in others within half a second (law 11: one second).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.access.principal import Principal
from gateway.model import now
from gateway.storage.generations import Generation, Generations, Kept

MOST: Final = 10_000
"""How many tokens a process remembers; one takes two kilobytes."""


@dataclass(frozen=True)
class Session:
    """What a token was found to be.

    Attributes:
        principal: whose it is.
        end: when it must be judged again, because it or its client may have ended by then.
    """

    principal: Principal
    end: datetime


def session_of(principal: Principal, expires: int) -> Session:
    """Return the session of a token that was just judged.

    Args:
        principal: whose it is.
        expires: when the token does, in seconds since 1970.
    """
    end = datetime.fromtimestamp(expires, UTC)
    return Session(principal, min(end, principal.expire_time or end))


class Sessions:
    """Remembers what tokens were found to be, by their digests.

    Args:
        generations: say what has changed.
    """

    def __init__(self, generations: Generations) -> None:
        self._kept: Kept[bytes, Session] = Kept(generations, [Generation.IDENTITY], MOST)

    def of(self, token: str, judge: Callable[[], Session]) -> Principal:
        """Return whose a token is.

        Args:
            token: as it was sent.
            judge: finds out.

        Raises:
            Unauthenticated: it is not accepted; that is never remembered.
            StorageUnavailable: nothing tells whether it is still accepted.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._kept.get(digest, judge)
        if known.end <= now():
            self._kept.forget(digest)
            known = judge()
        return known.principal
