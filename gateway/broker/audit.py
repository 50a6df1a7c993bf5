"""Audit rows: who did what to which object, written with the change or not at all.

An allowed change has an intent and an outcome, a refused one has a single row (decision 26).
Values of arguments never enter a row, only the names of commands.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from gateway.broker.caller import Caller
from gateway.model import Operation
from gateway.storage import outbox

TOPIC = "audit"


def _who(caller: Caller) -> dict[str, Any]:
    return {
        "client": caller.principal.client,
        "reseller": caller.principal.reseller,
        "onBehalfOf": caller.on_behalf_of,
        "requestId": caller.request_id,
        "action": caller.operation,
    }


def refused(connection: Connection, caller: Caller, target: str, reason: str) -> None:
    """Note a change that was refused."""
    row = _who(caller) | {"phase": "refused", "object": target, "reason": reason}
    outbox.put(connection, TOPIC, caller.principal.reseller, row)


def changed(connection: Connection, caller: Caller, target: str, fields: Iterable[str]) -> None:
    """Note a change of our own state, which is intent and outcome in one transaction."""
    row = _who(caller) | {"phase": "done", "object": target, "fields": sorted(fields)}
    outbox.put(connection, TOPIC, caller.principal.reseller, row)


def intended(connection: Connection, operation: Operation) -> None:
    """Note what is about to be sent."""
    outbox.put(connection, TOPIC, operation.reseller, _what(operation) | {"phase": "intent"})


def ended(connection: Connection, operation: Operation) -> None:
    """Note how it ended, and on what evidence."""
    evidence = [{"command": step.command, "evidence": step.evidence} for step in operation.steps]
    row = _what(operation) | {
        "phase": "outcome",
        "status": operation.status,
        "problem": (operation.problem or {}).get("code"),
        "evidence": evidence,
    }
    outbox.put(connection, TOPIC, operation.reseller, row)


def _what(operation: Operation) -> dict[str, Any]:
    return {
        "client": operation.client,
        "reseller": operation.reseller,
        "onBehalfOf": operation.on_behalf_of,
        "requestId": operation.request_id,
        "action": operation.kind,
        "operation": operation.id,
        "object": operation.instance or operation.deployment,
        "deployment": operation.deployment,
        "commands": [step.command for step in operation.steps],
    }
