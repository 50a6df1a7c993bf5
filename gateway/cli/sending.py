"""Sends a call once, also if its answer is lost, and stays with it until it has ended."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Answer, Call, Unreachable
from gateway.cli.following import Following, Patience
from gateway.cli.watching import Views, watch
from gateway.errors import NotFound
from gateway.model import OperationStatus

ACCEPTED: Final = 202
NO_CONTENT: Final = 204
SENT_AGAIN_SECONDS: Final = 30.0

Operation = Mapping[str, Any]


def keyed(call: Call, **headers: str) -> Call:
    """Return a call with headers; a POST gets a key of its own, so that it may be repeated."""
    key = {"Idempotency-Key": uuid4().hex} if call.method == "POST" else {}
    return Call(call.method, call.path, {**call.headers, **headers, **key}, call.body)


def ended(account: Account, call: Call, views: Views) -> Operation:
    """Send a call and return its operation once it has ended, however long that takes.

    Args:
        account: who calls.
        call: ``keyed``.
        views: makes what shows the operation meanwhile.

    Returns:
        An operation as REST has it. Of a call that was answered at once: ``id`` is None, and only
        ``status``, ``result`` and ``problem`` are there.

    Raises:
        Refused: nothing was begun.
        Unreachable: the gateway was away for too long.
    """
    operation = left(account, call)
    if operation["id"] is None or operation["endTime"] is not None:
        return operation
    return watch(Following(account, operation["id"]), views)


def left(account: Account, call: Call) -> Operation:
    """Send a call and return its operation as it stands then, in the form of ``ended``.

    Raises:
        Refused: nothing was begun.
        Unreachable: the gateway was away for too long.
    """
    try:
        answer = begun(account, call)
    except Refused as error:
        return _refused(account, error)
    if answer.status == ACCEPTED:
        accepted: Operation = answer.body
        return accepted
    return at_once(OperationStatus.SUCCEEDED, answer.body, None)


def begun(account: Account, call: Call) -> Answer:
    """Send a call, again while its answer is lost; what is deleted by then was deleted.

    Raises:
        Refused: it was answered with a problem.
        Unreachable: the gateway was away for too long.
    """
    account.be_signed_in()
    lost = []

    def attempt() -> Answer:
        try:
            return account.call(call)
        except Unreachable:
            lost.append(call)
            raise
        except Refused as error:
            if lost and call.method == "DELETE" and error.code == NotFound.code:
                return Answer(NO_CONTENT, {}, None)
            raise

    return Patience(SENT_AGAIN_SECONDS).insist(attempt)


def at_once(
    status: OperationStatus, result: object, problem: Mapping[str, Any] | None
) -> Operation:
    """Return what was answered at once in the form of an operation; it has no id."""
    return {"id": None, "status": str(status), "result": result, "problem": problem}


def _refused(account: Account, error: Refused) -> Operation:
    """Return the operation of a call that failed at once.

    Raises:
        Refused: nothing was begun.
    """
    if "upstream" not in error.problem:
        raise error
    if "operation" in error.problem:
        return Following(account, error.problem["operation"]).end()
    return at_once(OperationStatus.FAILED, None, error.problem)
