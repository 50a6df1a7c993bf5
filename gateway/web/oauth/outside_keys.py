"""The keys of an outside issuer: kept, fetched anew when a name is unknown, but not too often."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Final

import structlog

from gateway.broker.client_keys import VerifyingKey, key_of
from gateway.web.oauth.jwts import NotAccepted
from gateway.web.oauth.key_fetcher import KeysUnavailable

FRESH_SECONDS: Final = 600.0
"""How long keys are used without looking again, so that withdrawn ones end."""

STALE_SECONDS: Final = 3600.0
"""How long keys are used while the issuer cannot be reached."""

LEAST_SECONDS: Final = 10.0
MOST_SECONDS: Final = 300.0
"""Between two fetches: at least so long, doubled with each failure up to the longest."""

log = structlog.get_logger(__name__)


@dataclass
class OutsideKeys:
    """The keys of one issuer. A strange ``kid`` costs at most one fetch in a while.

    Args:
        issuer: for the logs.
        fetch: asks for the key set.
        clock: seconds that only grow.
    """

    issuer: str
    fetch: Callable[[], Sequence[Mapping[str, Any]]]
    clock: Callable[[], float] = monotonic
    _keys: Sequence[Mapping[str, Any]] = ()
    _fetched_at: float = -STALE_SECONDS
    _next_at: float = field(default=float("-inf"))
    _pause: float = LEAST_SECONDS
    _lock: Lock = field(default_factory=Lock)

    def key(self, kid: str, algorithm: str) -> VerifyingKey:
        """Return the key of an exact name, for an algorithm that we chose.

        Raises:
            NotAccepted: the issuer has none, or cannot be asked.
        """
        if self._age() >= FRESH_SECONDS or not self._named(kid):
            self._refresh()
        named = self._named(kid) if self._age() < STALE_SECONDS else []
        key = key_of(named[0], algorithm) if len(named) == 1 else None
        if key is None:
            raise NotAccepted
        return key

    def _age(self) -> float:
        return self.clock() - self._fetched_at

    def _named(self, kid: str) -> list[Mapping[str, Any]]:
        return [each for each in self._keys if each.get("kid") == kid]

    def _refresh(self) -> None:
        """Fetch, unless another thread does so or did so just now; only the first ones wait."""
        if not self._lock.acquire(blocking=not self._keys):
            return
        try:
            if self.clock() >= self._next_at:
                self._fetch()
        finally:
            self._lock.release()

    def _fetch(self) -> None:
        try:
            self._keys = self.fetch()
        except KeysUnavailable as error:
            log.warning("issuer.keys_unavailable", issuer=self.issuer, reason=str(error))
            self._pause = min(self._pause * 2, MOST_SECONDS)
        else:
            self._fetched_at, self._pause = self.clock(), LEAST_SECONDS
        self._next_at = self.clock() + self._pause
