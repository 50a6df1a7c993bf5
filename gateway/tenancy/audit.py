"""Audit rows: who did what to which object, written with the change or not at all.

An allowed change has an intent and an outcome, a refused one has a single row (decision 26), and
so has the handing out of a secret. Values of arguments never enter a row, only the names of
commands and fields.

A row belongs to the chain of the reseller that owns the object, so that an owner sees what
others did to it. A refusal belongs to the caller's own chain: what is foreign or absent has no
owner that may hear of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from gateway.errors import RequestError
from gateway.measures import tracing
from gateway.model import Operation, Prefix
from gateway.spe.catalogue import ONE_TIME
from gateway.storage import audit_log, outbox, resellers
from gateway.tenancy import claims
from gateway.tenancy.caller import Caller

ACTOR = "actor"
"""Where an operation's context says who began it."""

REQUEST = "request"
"""Where it says by which request."""

NAMED = 100
"""How many clients of a kind the row of a restore names at most."""

DISCLOSING = ONE_TIME | {"CreateLicenseRequest"}
"""Commands whose answer is worth a row even where they change nothing."""


class Phase(StrEnum):
    """What a row tells of a call."""

    INTENT = "intent"
    """About to be sent."""

    OUTCOME = "outcome"
    """How it ended."""

    DONE = "done"
    """A change of the gateway's own state: intent and outcome in one transaction."""

    REFUSED = "refused"
    """Nothing was done."""

    DISCLOSED = "disclosed"
    """A secret that is shown once was handed out."""

    ISSUED = "issued"
    """An access token was issued."""


def concerns(operation: Operation) -> bool:
    """Whether an operation has audit rows: it changes something, or shows what is secret."""
    return operation.changes or any(step.command in DISCLOSING for step in operation.steps)


def actor_of(caller: Caller) -> dict[str, Any]:
    """Return who calls, as a row has it."""
    principal = caller.principal
    actor = {
        "client": principal.client,
        "reseller": principal.reseller,
        "token": principal.token_id,
        "address": caller.address,
        "onBehalfOf": caller.on_behalf_of,
    }
    return {name: value for name, value in actor.items() if value}


def request_of(caller: Caller) -> dict[str, Any]:
    """Return the request of a call, as a row has it: its path names all that was touched."""
    return {"method": caller.method or None, "path": caller.path or None}


def context_of(caller: Caller) -> dict[str, Any]:
    """Return what the rows of an operation need to know of the call that began it."""
    return {ACTOR: actor_of(caller), REQUEST: request_of(caller), **tracing.carried()}


def refused(connection: Connection, caller: Caller, target: str, error: RequestError) -> None:
    """Note a call that was refused, once.

    Args:
        connection: the transaction.
        caller: whose call.
        target: what it is about, where nothing was judged yet; an opaque id.
        error: the answer.
    """
    refusal = {"problem": error.code, "permission": getattr(error, "permission", None)}
    row = _call(caller, Phase.REFUSED, caller.target or target) | refusal
    _put(connection, caller.principal.reseller, row)
    caller.refusal_noted = True


def changed(connection: Connection, caller: Caller, target: str, fields: Iterable[str]) -> None:
    """Note a change of our own state, in its transaction; the idempotency key is bound to it.

    The owner is read in the same transaction: before what is deleted is gone.
    """
    owner = audit_log.owner(connection, target) or caller.principal.reseller
    _put(connection, owner, _call(caller, Phase.DONE, target) | {"fields": sorted(fields)})
    claims.bind(connection, caller, target)


def resolved(connection: Connection, caller: Caller, operation: Operation) -> None:
    """Note a person's word on an unknown outcome, in the chain of the operation's owner."""
    row = _call(caller, Phase.DONE, operation.id) | {
        "operation": operation.id,
        "instance": operation.instance,
        "deployment": operation.deployment,
        "status": operation.status,
        "fields": ["resolution"],
    }
    _put(connection, operation.reseller, row)
    claims.bind(connection, caller, operation.id)


def restored(
    connection: Connection,
    root: str,
    counts: Mapping[str, int],
    deleted: Sequence[str],
    disabled: Sequence[str],
) -> None:
    """Note that the database was restored, by whoever may use the command line of the host.

    Args:
        connection: the transaction.
        root: the operators' reseller.
        counts: how many of what were changed.
        deleted: clients that are gone again.
        disabled: clients that somebody must look at.
    """
    row = {
        "phase": Phase.DONE,
        "action": "restore",
        "object": root,
        "fields": sorted(name for name, number in counts.items() if number),
        "clientsDeleted": list(deleted[:NAMED]),
        "clientsDisabled": list(disabled[:NAMED]),
        "clientsOmitted": sum(len(ids[NAMED:]) for ids in (deleted, disabled)) or None,
    }
    _put(connection, root, row)


def found(
    connection: Connection,
    action: str,
    deployment: str,
    *,
    fields: Sequence[str],
    problem: str | None = None,
) -> None:
    """Note what the gateway itself has found out about a deployment, in nobody's name.

    Args:
        connection: the transaction.
        action: what it makes of it.
        deployment: opaque id.
        fields: what it changed.
        problem: the code of the error that it met, if any.
    """
    root = resellers.root(connection)
    if root is None:  # nobody has been let in yet, so nobody registered a deployment
        return
    row = {
        "phase": Phase.DONE,
        "action": action,
        "object": deployment,
        "deployment": deployment,
        "fields": sorted(fields),
        "problem": problem,
    }
    _put(connection, root.id, row)


def issued(connection: Connection, caller: Caller, token: str, worth: Mapping[str, Any]) -> None:
    """Note that an access token was issued, before anybody has it.

    Args:
        connection: the transaction.
        caller: whom it is for.
        token: its ``jti``.
        worth: how it came about, and what it reaches; never the token itself.
    """
    row = _call(caller, Phase.ISSUED, token) | {"token": dict(worth)}
    _put(connection, caller.principal.reseller, row)


def shown(connection: Connection, caller: Caller, target: str) -> None:
    """Note that a new secret is handed out with the answer to the call that made it."""
    owner = audit_log.owner(connection, target) or caller.principal.reseller
    _put(connection, owner, _call(caller, Phase.DISCLOSED, target))


def intended(connection: Connection, operation: Operation) -> None:
    """Note what is about to be sent."""
    _put(connection, operation.reseller, _work(operation, Phase.INTENT))


def ended(connection: Connection, operation: Operation) -> None:
    """Note how it ended, and on what evidence."""
    evidence = [
        {"command": step.command, "evidence": step.evidence}
        for step in operation.steps
        if step.evidence
    ]
    outcome = {
        "status": operation.status,
        "problem": (operation.problem or {}).get("code"),
        "evidence": evidence,
    }
    _put(connection, operation.reseller, _work(operation, Phase.OUTCOME) | outcome)


def disclosed(connection: Connection, operation: Operation) -> None:
    """Note that a one-time result was handed out to its creator."""
    _put(connection, operation.reseller, _work(operation, Phase.DISCLOSED))


def _call(caller: Caller, phase: Phase, target: str) -> dict[str, Any]:
    return {
        "phase": phase,
        "actor": actor_of(caller),
        "requestId": caller.request_id,
        **request_of(caller),
        "action": caller.operation,
        "object": target,
        "instance": target if target.startswith(f"{Prefix.INSTANCE}_") else None,
        "deployment": target if target.startswith(f"{Prefix.DEPLOYMENT}_") else None,
    }


def _work(operation: Operation, phase: Phase) -> dict[str, Any]:
    known = {"client": operation.client, "onBehalfOf": operation.on_behalf_of}
    actor = operation.context.get(ACTOR, known)
    return {
        "phase": phase,
        "actor": {name: value for name, value in actor.items() if value},
        "requestId": operation.request_id,
        **operation.context.get(REQUEST, {}),
        "action": operation.kind,
        "operation": operation.id,
        "object": operation.instance or operation.deployment or operation.id,
        "instance": operation.instance,
        "deployment": operation.deployment,
        "commands": [step.command for step in operation.steps],
    }


def _put(connection: Connection, reseller: str, row: Mapping[str, Any]) -> None:
    """Write a row without what it does not know."""
    known = {name: value for name, value in row.items() if value not in (None, [])}
    outbox.put(connection, audit_log.TOPIC, reseller, known)
