"""Several reads of an instance that only together make an answer, for a caller that waits."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Final, TypeVar

from gateway.broker.engine.diagnosis import diagnose
from gateway.broker.engine.prompt import PromptReads
from gateway.broker.engine.reader import Reader
from gateway.errors import CommandFailed, UpstreamTimeout
from gateway.model import Instance, Share, Step, Urgency
from gateway.spe.deadline import Outlasted

LOOK_SECONDS: Final = 30.0
Look = TypeVar("Look")


class Looks:
    """Looks at instances.

    Args:
        reads: makes the reads.
        reader: sends them.
    """

    def __init__(self, reads: PromptReads, reader: Reader) -> None:
        self._reads = reads
        self._reader = reader

    def at(self, instance: Instance, kind: str, work: Callable[[Reader, Instance], Look]) -> Look:
        """Look at an instance.

        Args:
            instance: that the caller reaches.
            kind: name of the REST operation.
            work: reads, in a place of the deployment's lane.

        Raises:
            UpstreamTimeout: it takes longer than a caller can be kept waiting.
        """
        future: Future[Look] = Future()
        share = Share(instance.deployment, Urgency.INTERACTIVE, instance.reseller)
        task = partial(_look, future, self._reader, instance, work)
        self._reads.make(share, kind, LOOK_SECONDS, task)
        try:
            return future.result(LOOK_SECONDS)
        except TimeoutError:
            raise UpstreamTimeout(
                "The deployment did not answer all reads in time; ask for less at once.",
                deployment=instance.deployment,
            ) from None


def _look(
    future: Future[Look],
    reader: Reader,
    instance: Instance,
    work: Callable[[Reader, Instance], Look],
) -> None:
    try:
        future.set_result(work(reader, instance))
    except CommandFailed as error:
        found = diagnose(reader, Step(error.command, {}), instance.deployment, instance)
        future.set_exception(found or error)
    except Outlasted:
        raise
    except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
        future.set_exception(error)
