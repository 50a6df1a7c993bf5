"""A failure as it is stored with an operation: the members of a problem (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.broker.engine.breakers import DeploymentPaused
from gateway.errors import (
    GatewayError,
    InvalidInput,
    NotFound,
    PermissionMissing,
    UpstreamError,
)
from gateway.model import Operation


class OperationFailed(GatewayError):
    """The problem that was stored with an operation that failed.

    Args:
        problem: the stored members.
        operation: id of the operation; empty for a read, which has no row.
        steps: each command and its state, so that the caller sees what was done.
    """

    status = 502
    code = "OPERATION_FAILED"
    title = "The operation failed"

    def __init__(
        self, problem: Mapping[str, Any], operation: str, steps: Sequence[Mapping[str, str]]
    ) -> None:
        super().__init__(problem["detail"])
        self.status, self.code = problem["status"], problem["code"]
        self.title, self.retryable = problem["title"], problem["retryable"]
        self.upstream: Mapping[str, str] | None = problem.get("upstream")
        self.faults: Sequence[Mapping[str, str]] = problem.get("errors", ())
        self.permission: str | None = problem.get("permission")
        self.seconds: int | None = problem.get("seconds")
        self.operation = operation
        self.steps = tuple(steps)


def problem_of(error: GatewayError) -> dict[str, Any]:
    """Return the stored form; ``upstream`` is for operators only, ``seconds`` for one answer."""
    problem: dict[str, Any] = {
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "retryable": error.retryable,
    }
    if isinstance(error, UpstreamError):
        problem["upstream"] = {
            "deployment": error.deployment,
            "command": error.command,
            "message": error.message,
        }
    if isinstance(error, DeploymentPaused):
        problem["seconds"] = error.seconds
    if isinstance(error, InvalidInput):
        problem["errors"] = [vars(fault) for fault in error.faults]
    if isinstance(error, PermissionMissing):
        problem["permission"] = error.permission
    return problem


def failure_of(operation: Operation) -> OperationFailed:
    """Return the error that answers a failed operation.

    What is absent looks the same whoever found it out, so a 404 names no operation.
    """
    problem = operation.problem or {}
    if problem["status"] == NotFound.status or not operation.changes:
        return OperationFailed(problem, "", ())
    steps = [{"command": step.command, "status": step.status} for step in operation.steps]
    return OperationFailed(problem, operation.id, steps)
