"""A person's word on an operation whose outcome could not be found out.

It ends what ``unknown`` kept, an instance in the making, its names, its quota, as the outcome
itself would have. What stood there before is kept beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.broker.endings import OBSERVING
from gateway.broker.engine.problems import problem_of
from gateway.broker.ledger import Ending, Ledger
from gateway.errors import UpstreamError
from gateway.model import BY_PERSON, Operation, OperationStatus, Step, StepStatus, now
from gateway.storage import operations, transfers
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller


class ResolvedAsFailed(UpstreamError):
    """An operator found that it was not carried out."""

    code = "RESOLVED_AS_FAILED"
    title = "An operator settled the operation as failed"


@dataclass(frozen=True)
class Word:
    """What a person has found out.

    Args:
        outcome: ``succeeded`` or ``failed``.
        note: how it was found out; shown to whoever sees the operation.
    """

    outcome: OperationStatus
    note: str


def resolve(ledger: Ledger, caller: Caller, operation: Operation, word: Word) -> bool:
    """Settle an operation that ended as unknown.

    Returns:
        False when it is not unknown any more; nothing is written then.
    """
    step = _open_step(operation)
    operation.resolution = {
        "client": caller.principal.client,
        "time": now().isoformat(),
        "note": word.note,
        "problem": operation.problem,
    }
    step.status, step.evidence = StepStatus(word.outcome), BY_PERSON
    operation.update_time = now()
    if _has_failed_before(operation, step):
        operation.status = OperationStatus.FAILED  # what puts back was unknown, not the failure
    else:
        operation.status, operation.problem = word.outcome, _problem(word, operation, step)
    return ledger.resolve(operation, *_consequences(ledger, caller, operation))


def _has_failed_before(operation: Operation, step: Step) -> bool:
    """Whether the operation had failed already when the outcome of a later step got lost."""
    return any(each.status is StepStatus.FAILED for each in operation.steps if each is not step)


def _open_step(operation: Operation) -> Step:
    """Return the step that is unknown; after a restore it may not even be noted as sent."""
    unknown = [step for step in operation.steps if step.status is StepStatus.UNKNOWN]
    undone = [step for step in operation.steps if step.status is not StepStatus.SUCCEEDED]
    return next(iter(unknown or undone or operation.steps))


def _consequences(ledger: Ledger, caller: Caller, operation: Operation) -> Iterator[Ending]:
    """Yield what the outcome does to our tables, and the row of the audit."""
    ending = ledger.ending_of(operation.kind)
    if ending is not None and operation.kind not in OBSERVING:
        yield partial(_unless_later, ending)
    yield partial(_note, caller)


def _unless_later(ending: Ending, connection: Connection, operation: Operation) -> None:
    """Bring an ending about; what has changed the instance or its owner since counts more."""
    if operation.instance is not None and (
        operations.has_later(connection, operation)
        or transfers.has_since(connection, operation.instance, operation.create_time)
    ):
        return
    ending(connection, operation)


def _note(caller: Caller, connection: Connection, operation: Operation) -> None:
    audit.resolved(connection, caller, operation)


def _problem(word: Word, operation: Operation, step: Step) -> dict[str, Any] | None:
    if word.outcome is OperationStatus.SUCCEEDED:
        return None
    return problem_of(
        ResolvedAsFailed(
            f"An operator found that {step.command} was not carried out.",
            deployment=str(operation.deployment),
            command=step.command,
        )
    )
