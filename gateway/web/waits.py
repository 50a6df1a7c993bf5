"""How many callers of one process may be kept waiting: each of them holds a thread.

A preference may be left unheeded (RFC 7240, section 2): who asks beyond the bound waits as long
as one who asks for nothing, and follows the operation instead.
"""

from collections import Counter
from threading import Lock
from typing import Final, cast

from flask import current_app, g, request
from werkzeug.datastructures import Headers

from gateway.tenancy.caller import Caller
from gateway.web.http_errors import RateLimited
from gateway.web.preferences import DEFAULT_WAIT_SECONDS, wait_seconds, wished_wait

RETRY_SECONDS: Final = 5
_EXTENSION: Final = "spe-gateway"


class Waits:
    """The long waits of a process: three quarters of its threads, half of them for one reseller.

    Args:
        threads: how many serve requests.
    """

    def __init__(self, threads: int) -> None:
        self._most = threads * 3 // 4
        self._share = threads // 2
        self._under_way = Counter[str]()
        self._lock = Lock()

    def take(self, reseller: str) -> bool:
        """Take a place for a caller of a reseller, if there is one."""
        with self._lock:
            taken = self._under_way.total() < self._most and self._under_way[reseller] < self._share
            if taken:
                self._under_way[reseller] += 1
            return taken

    def give_back(self, reseller: str) -> None:
        """Give a place back."""
        with self._lock:
            self._under_way -= Counter((reseller,))  # forgets a reseller that has none left


def patience(reseller: str, headers: Headers) -> float:
    """Return how long the current request, with these headers, may be kept waiting, in seconds."""
    asked = wait_seconds(headers)
    if asked <= DEFAULT_WAIT_SECONDS:
        return asked
    if not _waits().take(reseller):
        return DEFAULT_WAIT_SECONDS
    g.waiting = reseller
    return asked


def longer_patience(caller: Caller, seconds: float) -> float:
    """Return how long a request may be kept waiting that takes longer than usual: a live list.

    Args:
        caller: who has asked for a shorter wait, or for none and needs a place now.
        seconds: how long at most.
    """
    if wished_wait(request.headers) is not None:
        return min(caller.wait_seconds, seconds)
    reseller = caller.principal.reseller
    if seconds <= DEFAULT_WAIT_SECONDS or not _waits().take(reseller):
        return min(DEFAULT_WAIT_SECONDS, seconds)
    g.waiting = reseller
    return seconds


def require_place(caller: Caller) -> None:
    """Take a place for a request that lasts as long as somebody else's server likes.

    Raises:
        RateLimited: as many are under way as there may be.
    """
    reseller = caller.principal.reseller
    if "waiting" in g:
        return  # whoever asked for a long wait has one
    if not _waits().take(reseller):
        raise RateLimited("Too many long calls of your reseller at once.", RETRY_SECONDS)
    g.waiting = reseller


def end_patience(error: BaseException | None) -> None:
    """Give the place of a request back, however it ended."""
    del error
    reseller = g.pop("waiting", None)
    if reseller is not None:
        _waits().give_back(reseller)


def _waits() -> Waits:
    return cast("Waits", current_app.extensions[_EXTENSION].waits)
