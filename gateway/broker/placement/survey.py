"""Asking deployments for their hosts, so that one that hangs costs the caller a moment only.

A deployment is asked once at a time, however many wait for the answer: one that hangs holds one
thread, and whoever comes meanwhile waits for the same answer.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Lock
from time import monotonic
from typing import Final

from gateway.broker.engine.reader import Reader, Rows
from gateway.broker.placement.rules import Candidate
from gateway.errors import UpstreamError
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS

PATIENCE_SECONDS: Final = 3.0
"""After which the next best is asked as well."""

MOST_SECONDS: Final = 12.0
"""After which nobody is waited for any more."""

THREADS: Final = 16

Answer = Rows | UpstreamError


class Survey:
    """Asks for hosts.

    Args:
        reader: sends the question.
        patience: seconds after which the next best is asked as well.
        most: seconds for all together.
    """

    def __init__(
        self, reader: Reader, patience: float = PATIENCE_SECONDS, most: float = MOST_SECONDS
    ) -> None:
        self._reader = reader
        self._patience = patience
        self._most = most
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="hosts")
        self._asked: dict[str, Future[Rows]] = {}
        self._lock = Lock()

    def answers(self, candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, Answer]]:
        """Yield the answers as they come, of the best first where several are there.

        The next one is asked when an answer was no use to whoever iterates, or keeps them waiting.
        Those who did not answer in time are not yielded.
        """
        end = monotonic() + self._most
        waiting = list(reversed(candidates))
        pending: dict[Future[Rows], Candidate] = {}
        while waiting or pending:
            if waiting:
                candidate = waiting.pop()
                pending[self._ask(candidate.deployment.id)] = candidate
            left = end - monotonic()
            done = wait(pending, min(self._patience, left) if waiting else left, FIRST_COMPLETED)[0]
            for future in [each for each in pending if each in done]:
                yield pending.pop(future), _answer(future)
            if monotonic() >= end:
                return

    def _ask(self, deployment: str) -> Future[Rows]:
        with self._lock:
            known = self._asked.get(deployment)
            if known is None or known.done():
                known = self._executor.submit(self._reader.rows, deployment, GET_INSTANCE_HOSTS)
                self._asked[deployment] = known
            return known

    def close(self) -> None:
        """Let the questions under way end."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _answer(future: Future[Rows]) -> Answer:
    try:
        return future.result()
    except UpstreamError as error:
        return error
