"""How a step ends, and with it an operation: what is noted, and what still follows."""

from datetime import timedelta
from typing import Any

import structlog

from gateway.broker.engine.plan import command_of
from gateway.broker.engine.problems import problem_of
from gateway.broker.engine.redaction import masked
from gateway.errors import AnswerLost, GatewayError, UpstreamError
from gateway.model import Operation, OperationStatus, Step, StepStatus, now

PUTTING_BACK = timedelta(minutes=30)
"""How long what follows a failure, to put back what was begun, may take."""

log = structlog.get_logger()


def clean(operation: Operation, said: str) -> str:
    """Free a text, of SPE's or with words of SPE's in it, of the secrets of all steps."""
    return masked(said, [step.arguments for step in operation.steps])


def _problem(operation: Operation, error: GatewayError) -> dict[str, Any]:
    """Return the stored form of an error, without secrets in what it says."""
    error.detail = clean(operation, error.detail)
    if isinstance(error, UpstreamError):
        error.message = clean(operation, error.message)
    return problem_of(error)


def not_done(operation: Operation, step: Step) -> AnswerLost:
    """Return the error of a step whose answer was lost, and which was found not to be done."""
    return AnswerLost(
        f"The answer to {step.command} was lost, and it was not carried out.",
        deployment=str(operation.deployment),
        command=step.command,
    )


def succeed(step: Step, evidence: str, result: object) -> None:
    """Note a step's success: what proves it, and what it has answered."""
    step.status, step.evidence, step.result = StepStatus.SUCCEEDED, evidence, result


def fail(operation: Operation, step: Step, error: GatewayError) -> bool:
    """Note a step's failure, and leave the operation there; of a tolerant one, pass it over."""
    if step.tolerant:
        step.status, step.evidence = StepStatus.SKIPPED, error.code
        return False
    operation.problem = operation.problem or _problem(operation, error)
    log.warning(
        "operation.failed",
        operation=operation.id,
        deployment=operation.deployment,
        command=step.command,
        code=error.code,
    )
    return leave(operation, step, StepStatus.FAILED)


def leave(operation: Operation, step: Step, status: StepStatus) -> bool:
    """Leave the operation at a step that failed or was cancelled, but for what always follows."""
    place = next(number for number, each in enumerate(operation.steps) if each is step)
    rest = operation.steps[place + 1 :]
    if not any(later.always for later in rest):
        end(operation, OperationStatus(status), step)
        return False
    if not step.always:
        operation.deadline = max(operation.deadline, now() + PUTTING_BACK)
    step.status = status
    for later in rest:
        later.status = later.status if later.always else StepStatus.SKIPPED
    return False


def end(operation: Operation, status: OperationStatus, step: Step | None = None) -> None:
    """End an operation, and the step at which it ends; what failed before stays its problem."""
    operation.status = status
    if step is not None:
        step.status = StepStatus(status)
    if status is OperationStatus.UNKNOWN:
        log.error("operation.unknown", operation=operation.id, kind=operation.kind)
        operation.problem = operation.problem or problem_of(
            AnswerLost(
                "Whether it was carried out could not be found out; an operator decides.",
                deployment=str(operation.deployment),
                command=step.command if step else "",
            )
        )


def outcome(operation: Operation) -> OperationStatus:
    """Return how an operation ended whose steps are all done or left."""
    if operation.problem is not None:
        return OperationStatus.FAILED
    left = any(step.status is StepStatus.CANCELLED for step in operation.steps)
    return OperationStatus.CANCELLED if left else OperationStatus.SUCCEEDED


def expire(operation: Operation, step: Step) -> bool:
    """End what is past its deadline (law 6): what may have been carried out is unknown."""
    sent = step.status is not StepStatus.QUEUED or step.attempts > 0
    if sent and command_of(step).effect.changes:
        end(operation, OperationStatus.UNKNOWN, step)
        return False
    late = AnswerLost(
        f"The operation did not end within its deadline; it was waiting for {step.command}.",
        deployment=str(operation.deployment),
        command=step.command,
    )
    return fail(operation, step, late)
