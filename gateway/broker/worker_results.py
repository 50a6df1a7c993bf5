"""Worker results of a range of time, read in windows that SPE can answer.

SPE fails for large windows, and for some small ones. A window that fails is split in halves;
what cannot be read in the end is told, never silently left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.broker.engine.diagnosis import diagnose
from gateway.broker.engine.reader import Reader
from gateway.errors import CommandFailed, ReplyInvalid
from gateway.model import Instance, Step
from gateway.spe.commands.worker_results import GET_WORKER_RESULTS

SMALLEST = timedelta(hours=1)
MOST_CALLS = 60
ZONE = "UTC"
FORMAT = "%Y-%m-%dT%H:%M:%S"

Window = tuple[datetime, datetime]


@dataclass
class WorkerResults:
    """Reads one range.

    Args:
        reader: asks the deployment.
        instance: whose results.
        filters: further arguments of the command.
    """

    reader: Reader
    instance: Instance
    filters: Mapping[str, Any]
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    unreadable: list[Window] = field(default_factory=list)
    calls: int = 0
    answered: int = 0

    def read(self, start: datetime, end: datetime) -> "WorkerResults":
        """Read from one time up to, and without, another.

        Raises:
            GatewayError: nothing of the range can be read.
        """
        failure = None
        for window in self._windows((start, end)):
            failure = self._read(window) or failure
        if failure is not None and not self.answered:
            raise failure
        return self

    def _windows(self, whole: Window) -> Iterator[Window]:
        """Yield the windows to try; each one that fails is followed by its halves."""
        waiting = [whole]
        while waiting:
            window = waiting.pop(0)
            failed_before = len(self.unreadable)
            yield window
            if len(self.unreadable) > failed_before and self._is_worth_splitting(window):
                self.unreadable.pop()
                middle = window[0] + (window[1] - window[0]) // 2
                middle = middle.replace(microsecond=0)
                waiting[:0] = [(window[0], middle), (middle, window[1])]

    def _is_worth_splitting(self, window: Window) -> bool:
        return window[1] - window[0] >= 2 * SMALLEST and self.calls < MOST_CALLS

    def _read(self, window: Window) -> CommandFailed | None:
        """Read one window; a failure is noted, unless its cause is another one."""
        self.calls += 1
        try:
            found = self._ask(window)
        except CommandFailed as error:
            if self.calls == 1:
                self._raise_cause()
            self.unreadable.append(window)
            return error
        self.answered += 1
        self.rows |= {row["id"]: row for row in found}
        return None

    def _raise_cause(self) -> None:
        """Find out whether the instance itself is why, rather than the window."""
        step = Step(GET_WORKER_RESULTS.name, {})
        cause = diagnose(self.reader, step, self.instance.deployment, self.instance)
        if cause is not None:
            raise cause

    def _ask(self, window: Window) -> list[dict[str, Any]]:
        arguments = {
            "fromIncluding": _local(window[0]),
            "toExcluding": _local(window[1]),
            "timeZoneID": ZONE,
            **self.filters,
        }
        deployment = self.instance.deployment
        found = self.reader.read(deployment, GET_WORKER_RESULTS, arguments, self.instance)
        if not isinstance(found, list) or not all(_is_result(row) for row in found):
            raise ReplyInvalid("The deployment's answer is not a list of worker results.")
        return found


def _is_result(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)


def _local(time: datetime) -> str:
    """Write a time as SPE reads it: without a zone, in the zone that goes with it."""
    return time.astimezone(UTC).strftime(FORMAT)
