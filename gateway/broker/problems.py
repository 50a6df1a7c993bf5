"""A failure as it is stored with an operation: the members of a problem (RFC 9457)."""

from typing import Any

from gateway.errors import GatewayError, UpstreamError


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
    return problem


def error_of(problem: dict[str, Any]) -> GatewayError:
    """Return an error that answers what was stored."""
    upstream = problem.get("upstream", {})
    error = UpstreamError(problem["detail"], **upstream)
    error.status, error.code = problem["status"], problem["code"]
    error.title, error.retryable = problem["title"], problem["retryable"]
    return error
