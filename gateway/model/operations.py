"""Operations: work on deployments, step by step."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gateway.model.ids import now


class OperationStatus(StrEnum):
    """The states of an operation; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in FINAL


FINAL = frozenset(
    {
        OperationStatus.SUCCEEDED,
        OperationStatus.FAILED,
        OperationStatus.CANCELLED,
        OperationStatus.UNKNOWN,
    }
)


class StepStatus(StrEnum):
    """The states of one command within an operation.

    ``sending`` is committed before the command leaves: a step found there after a crash
    may have been carried out, and is settled by reading.
    """

    QUEUED = "queued"
    SENDING = "sending"
    RUNNING = "running"
    SETTLING = "settling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


BY_PERSON = "person"
"""The evidence of a step that a person has settled."""


@dataclass
class Step:
    """One command of an operation, and how far it is. ``arguments`` never leave encryption.

    ``prepare`` names the rule that makes the arguments when the step's turn comes, or says
    that it is not needed; ``check`` names the rule that judges what it has read (law 7).
    A failure of a ``tolerant`` step is noted and passed over; an ``always`` step is carried out
    even after a failure, to put back what an earlier step took away.
    """

    command: str
    arguments: dict[str, Any]
    status: StepStatus = StepStatus.QUEUED
    attempts: int = 0
    token: str | None = None
    version: int = 0
    result: Any = None
    evidence: str | None = None
    before: Any = None
    prepare: str | None = None
    check: str | None = None
    tolerant: bool = False
    always: bool = False
    cancel_sent: bool = False


class Urgency(StrEnum):
    """Whom an operation shares a deployment with; each has its turn, however long another's is."""

    INTERACTIVE = "interactive"
    BILLING = "billing"
    BULK = "bulk"


@dataclass(frozen=True)
class Share:
    """Who has a claim on a place in a deployment's lane: one reseller's work of one urgency.

    ``begun`` work is polled, the other waits for its first call; neither holds up the other.
    """

    deployment: str
    urgency: Urgency
    reseller: str
    begun: bool = False


@dataclass
class Operation:
    """A piece of work on deployments: its intent, its progress and its outcome.

    ``parent`` is the operation that this one is a part of, if any.
    ``log`` is what is kept of SPE's log, from the character ``log_start`` on. ``resolution`` is
    a person's word on an outcome that could not be found out, with what stood there before.
    """

    id: str
    kind: str
    reseller: str
    reseller_path: str
    client: str
    deployment: str | None
    instance: str | None
    on_behalf_of: str | None
    request_id: str
    steps: list[Step]
    deadline: datetime
    parent: str | None = None
    urgency: Urgency = Urgency.INTERACTIVE
    status: OperationStatus = OperationStatus.QUEUED
    percent_progress: int | None = None
    status_text: str | None = None
    log: str = ""
    log_start: int = 0
    problem: dict[str, Any] | None = None
    resolution: dict[str, Any] | None = None
    result: Any = None
    context: dict[str, Any] = field(default_factory=dict)
    changes: bool = True
    lock: str | None = None
    cancel_requested: bool = False
    one_time: bool = False
    fence: int = 0
    next_poll_time: datetime | None = None
    create_time: datetime = field(default_factory=now)
    update_time: datetime = field(default_factory=now)
    end_time: datetime | None = None

    @property
    def in_parts(self) -> bool:
        """Whether it has no steps of its own: its parts carry it out, each at its deployment."""
        return self.deployment is None

    @property
    def share(self) -> Share:
        """Whose place in the deployment's lane it takes."""
        begun = self.status is not OperationStatus.QUEUED
        return Share(str(self.deployment), self.urgency, self.reseller, begun)

    @property
    def current(self) -> Step | None:
        """The first step that is not done; None after the last."""
        done = {
            StepStatus.SUCCEEDED,
            StepStatus.SKIPPED,
            StepStatus.FAILED,
            StepStatus.CANCELLED,
        }
        return next((step for step in self.steps if step.status not in done), None)
