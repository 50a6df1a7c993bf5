"""A failure as it is stored with an operation: the members of a problem (RFC 9457)."""

from typing import Any

from gateway.errors import (
    GatewayError,
    InvalidInput,
    NotFound,
    OperationFailed,
    PermissionMissing,
    UpstreamError,
)
from gateway.model import Operation


def problem_of(error: GatewayError) -> dict[str, Any]:
    """Return the stored form; ``upstream`` is shown to operators only."""
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
