"""Reads that are answered at once are made in the thread of whoever asks.

To hand a read over to a thread of its lane and to be woken by it takes as long as all else that
is done for it. So whoever asks does it, as long as the deployment has answered such reads at
once; it keeps to the lane's places. A read that outlasts its caller's thread after all is begun
again in the lane, where it may last, and from then on such reads begin there.
"""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final

from gateway.broker.engine.lanes import Lanes, Task
from gateway.model import Share
from gateway.spe.deadline import Outlasted, sparing

PROMPT_SECONDS: Final = 0.1
"""A read that takes no longer is answered at once."""

SPARED_SECONDS: Final = 1.0
"""For which a caller's thread makes a read; whoever waits for less has it made in the lane."""

TURN_SECONDS: Final = SPARED_SECONDS / 2
"""For which that thread waits for its turn; what comes later is made in the lane as well."""

Read = tuple[str, str]
"""A deployment, and what is read of it: the name of the REST operation."""


class PromptReads:
    """Makes reads, in the caller's thread or in the lane.

    Args:
        lanes: of the deployments.
        clock: seconds, for tests.
    """

    def __init__(self, lanes: Lanes, clock: Callable[[], float] = monotonic) -> None:
        self._lanes = lanes
        self._clock = clock
        self._prompt: set[Read] = set()

    def make(self, share: Share, kind: str, patience: float, task: Task) -> None:
        """Make a read; it has been made when this returns, or is made in the lane.

        Args:
            share: whose turn it is.
            kind: what is read.
            patience: seconds that the caller waits at least.
            task: makes it; it may be begun twice, and is ended once.
        """
        read = (share.deployment, kind)
        timed = partial(self._timed, read, task)
        if patience < SPARED_SECONDS or read not in self._prompt:
            self._lanes.submit(share, timed)
        else:
            self._make_here(share, timed)

    def _make_here(self, share: Share, task: Task) -> None:
        try:
            with sparing(SPARED_SECONDS):
                self._lanes.run_here(share, task, TURN_SECONDS)
        except Outlasted:
            self._lanes.submit(share, task)

    def _timed(self, read: Read, task: Task) -> None:
        began = self._clock()
        try:
            task()
        finally:
            if self._clock() - began <= PROMPT_SECONDS:
                self._prompt.add(read)
            else:
                self._prompt.discard(read)
