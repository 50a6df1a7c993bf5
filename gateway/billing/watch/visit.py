"""One look into an instance: what it is asked, and what came of each question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from gateway.billing.watch import answers
from gateway.billing.watch.answers import Run, Store
from gateway.billing.watch.upstream import Upstream
from gateway.errors import (
    CommandFailed,
    CommandNotSupported,
    InstanceNotRunning,
    ReplyInvalid,
    RequestError,
    ServiceProviderAccessOff,
    UpstreamError,
)
from gateway.model import Instance, Measure, now
from gateway.spe.command import Command
from gateway.spe.commands.statistics import GET_INSTANCE_STATISTICS
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS

UP: Final = frozenset({"running", "safeMode"})
"""States in which an instance can be looked into."""

FRESH: Final = timedelta(hours=1)
"""How old what a deployment was seen to list may be to be believed."""

OVERLAP: Final = timedelta(days=2)
"""A profile that ended since the last look may have started so long before it."""

KEPT: Final = timedelta(days=30)
"""How long SPE keeps what became of profiles."""

_OWN: Final = (CommandFailed, CommandNotSupported, ReplyInvalid, ServiceProviderAccessOff)
"""What is wrong with one question only; after anything else the others are not asked."""

LASTING: Final = frozenset({ServiceProviderAccessOff.code, CommandNotSupported.code})
"""Problems that another try does not mend: somebody has decided so."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Question:
    """What an instance is asked for a figure.

    Attributes:
        command: by which.
        measure: that its answer is the figure of.
        read: returns what the answer says.
        count: makes the figure of that.
        arguments: of the command.
    """

    command: Command
    measure: Measure
    read: Callable[[object], Any]
    count: Callable[[Any], int]
    arguments: Mapping[str, Any] = field(default_factory=dict)


QUESTIONS: Final = (
    Question(GET_INSTANCE_STATISTICS, Measure.MESSAGES, answers.messages, int),
    Question(GET_USERS, Measure.USERS, answers.users, int),
    Question(GET_STORES, Measure.BYTES, answers.stores, answers.size, {"includeSize": True}),
)
"""Sizes come last: the vendor warns that they may take long."""


@dataclass(frozen=True)
class Part:
    """What came of one question.

    Attributes:
        question: what was asked.
        time: when the answer came, or did not.
        answer: as it came; None where there is a problem.
        said: what the answer says; None where there is a problem.
        problem: the code of the error that came instead.
    """

    question: Question
    time: datetime
    answer: Any = None
    said: Any = None
    problem: str | None = None


@dataclass(frozen=True)
class Findings:
    """What a look has shown; what could not be read is None.

    Attributes:
        parts: what came of each question.
        time: when the look was over.
        archives: whether the instance was in a state in which it archives.
        runs: the profiles that ended lately.
    """

    parts: Sequence[Part]
    time: datetime
    archives: bool
    runs: Sequence[Run] | None

    @property
    def messages(self) -> int | None:
        """How many there are."""
        found: int | None = self._said(Measure.MESSAGES)
        return found

    @property
    def stores(self) -> Sequence[Store] | None:
        """The archive stores."""
        found: Sequence[Store] | None = self._said(Measure.BYTES)
        return found

    @property
    def is_worth_a_retry(self) -> bool:
        """Whether something failed that may go better soon."""
        problems = {part.problem for part in self.parts} - {None}
        return bool(problems - LASTING)

    def _said(self, measure: Measure) -> Any:  # noqa: ANN401 - as the question reads it
        return next(part.said for part in self.parts if part.question.measure is measure)


def look(upstream: Upstream, instance: Instance, since: datetime) -> Findings:
    """Look into an instance.

    Args:
        upstream: asks.
        instance: whose status is that of our row.
        since: after which profiles that ended are wanted.
    """
    status = _status(instance)
    if status is not None and status not in UP:
        parts = [_failed(question, InstanceNotRunning.code) for question in QUESTIONS]
        return Findings(parts, now(), archives=False, runs=None)
    parts = _asked(upstream, instance)
    runs = None if all(part.problem for part in parts) else _runs(upstream, instance, since)
    return Findings(parts, now(), status in {None, "running"}, runs)


def _status(instance: Instance) -> str | None:
    """Return what the deployment lists it as; None where that is not known, or was long ago."""
    seen = instance.observe_time
    if seen is None or now() - seen > FRESH:
        return None
    status: str | None = instance.observed.get("status")
    return status


def _asked(upstream: Upstream, instance: Instance) -> list[Part]:
    """Ask the questions; what would fail for all is asked once."""
    parts: list[Part] = []
    for question in QUESTIONS:
        try:
            parts.append(_part(upstream, instance, question))
        except _OWN as error:
            parts.append(_failed(question, error.code))
        except (UpstreamError, RequestError) as error:
            rest = QUESTIONS[len(parts) :]
            return [*parts, *(_failed(question, error.code) for question in rest)]
    return parts


def _part(upstream: Upstream, instance: Instance, question: Question) -> Part:
    answer = upstream.read(instance, question.command, question.arguments)
    return Part(question, now(), answer, question.read(answer))


def _failed(question: Question, problem: str) -> Part:
    return Part(question, now(), problem=problem)


def _runs(upstream: Upstream, instance: Instance, since: datetime) -> Sequence[Run] | None:
    try:
        begin = max(since, now() - KEPT) - OVERLAP
        found = upstream.worker_results(instance, begin, now())
        return answers.runs(found)
    except (UpstreamError, RequestError) as error:
        log.info("watch.results_not_read", instance=instance.id, code=error.code)
        return None
