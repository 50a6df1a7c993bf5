"""Addresses of a name, in time: the system's resolver has no time-out that a caller could set."""

import socket
from concurrent.futures import Future
from ipaddress import ip_address
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Final

from gateway.access.networks import Address

_MOST_AT_A_TIME: Final = 64
_free: Final = BoundedSemaphore(_MOST_AT_A_TIME)

_Answer = tuple[Address, ...]


def look_up(name: str, seconds: float) -> tuple[Address, ...]:
    """Ask the system's resolver once.

    A resolver that hangs keeps one of a bounded number of threads, never the caller's.

    Args:
        name: a host name; an address is its own answer.
        seconds: after which nobody waits for the answer any more.

    Returns:
        The addresses in the order in which they should be tried, without repetitions.

    Raises:
        TimeoutError: no answer in time, or too many others are waited for.
        OSError: there is no such name, or it has no address.
        ValueError: no resolver takes such a name.
    """
    ends = monotonic() + seconds
    if not _free.acquire(timeout=seconds):
        raise TimeoutError("too many names are being looked up")
    answer: Future[_Answer] = Future()
    try:
        Thread(target=_ask, args=(name, answer), name="look-up", daemon=True).start()
    except RuntimeError as error:
        _free.release()
        raise OSError("no thread can be started") from error
    return answer.result(timeout=max(0.0, ends - monotonic()))


def _ask(name: str, answer: Future[_Answer]) -> None:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        answer.set_result(tuple(dict.fromkeys(ip_address(str(each[4][0])) for each in found)))
    except (OSError, ValueError) as error:
        answer.set_exception(error)
    finally:
        _free.release()
