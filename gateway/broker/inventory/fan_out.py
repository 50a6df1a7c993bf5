"""Asks many deployments side by side: who is late is left out, and costs one thread only."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from time import monotonic

import structlog

from gateway.errors import GatewayError
from gateway.storage.inventories import Inventory

log = structlog.get_logger()


@dataclass
class Asking:
    """How one deployment is being asked.

    Attributes:
        under_way: whether it answered, once it has.
        since: when that one was due, on the monotonic clock.
        following: the one after it, which all who came meanwhile wait for: theirs began later
            than they asked.
    """

    under_way: Future[bool]
    since: float
    following: Future[bool] | None = None


class FanOut:
    """Asks each deployment at most once at a time, whoever wants to know.

    A deployment that hangs has one thread until the client's own deadline ends its call. Whoever
    asks for it when that has lasted longer than a list may is not kept waiting.

    Args:
        refresh: asks a deployment and keeps what it says, if that can be believed.
        threads: how many are asked at once.
        seconds: how long a list may wait.
    """

    def __init__(self, refresh: Callable[[str], Inventory], threads: int, seconds: float) -> None:
        self._refresh = refresh
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="list")
        self._asked: dict[str, Asking] = {}
        self._lock = Lock()
        self._is_closed = False

    def ask(self, deployments: Iterable[str], seconds: float) -> list[str]:
        """Ask deployments now, and wait until all have answered or the time is over.

        Args:
            deployments: ids.
            seconds: how long to wait; those under way go on.

        Returns:
            Those that gave no answer that can be believed, in the same order.
        """
        joined = {deployment: self._join(deployment) for deployment in deployments}
        done, _ = wait([visit for visit in joined.values() if visit], timeout=seconds)
        return [name for name, visit in joined.items() if visit not in done or not visit.result()]

    def _join(self, deployment: str) -> Future[bool] | None:
        """Return a visit that begins now or later; None if the one under way hangs."""
        with self._lock:
            asking = self._asked.get(deployment)
            if asking is None:
                return self._begin(deployment)
            if monotonic() - asking.since > self._seconds:
                return None
            asking.following = asking.following or Future()
            return asking.following

    def _begin(self, deployment: str, visit: Future[bool] | None = None) -> Future[bool] | None:
        if self._is_closed:
            return None
        asking = Asking(visit or Future(), monotonic())
        self._asked[deployment] = asking
        self._executor.submit(self._visit, deployment)
        return asking.under_way

    def _visit(self, deployment: str) -> None:
        answered = self._answers(deployment)
        with self._lock:
            asking = self._asked.pop(deployment)
            if asking.following is not None:
                self._begin(deployment, asking.following)
        asking.under_way.set_result(answered)

    def _answers(self, deployment: str) -> bool:
        try:
            return self._refresh(deployment).doubt is None
        except GatewayError as error:
            log.info("list.deployment_not_asked", deployment=deployment, code=error.code)
        except Exception:  # one deployment must not spoil the list of the others
            log.exception("list.deployment_crashed", deployment=deployment)
        return False

    def close(self) -> None:
        """Let the visits under way end; begin no others."""
        with self._lock:
            self._is_closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
