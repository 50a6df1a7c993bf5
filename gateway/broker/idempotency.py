"""Idempotency keys: the same call twice is carried out once.

Source: draft-ietf-httpapi-idempotency-key-header. A key is taken before the call and bound, in
the transaction of the intent, to the operation or the object that the call begins. A retry finds
that, judges the caller's rights anew, and answers with how it stands now. A call that began
nothing leaves no key; neither does an operation that failed before anything was sent. Of a
creation that broke off, the retry carries out the rest.
"""

import uuid

from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.broker.broker import Broker
from gateway.broker.creation import is_resumable
from gateway.broker.engine.plan import command_of
from gateway.broker.engine.removal import is_removed
from gateway.errors import RequestError
from gateway.model import Operation, OperationStatus, Prefix, Reach, now
from gateway.storage import deployments, idempotency_keys, instances, operations
from gateway.storage.idempotency_keys import Claim, Known, Use
from gateway.tenancy.authorise import absent, permit
from gateway.tenancy.caller import Caller
from gateway.tenancy.claims import IdempotencyInFlight

EVERYTHING = Reach("/")
PURGE = "purgeInstance"
"""The kind of operation after which its instance is absent; so is one that was taken back."""


class IdempotencyKeyReused(RequestError):
    """The Idempotency-Key came with another body or another query before."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"
    title = "The Idempotency-Key was used for another call"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came with another body or query before; take a new key."
        )


class IdempotencyKeys:
    """Takes keys, and finds what was begun under them.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._database = broker.database
        self._vault = broker.ledger.vault

    def take(self, use: Use) -> Claim | Known:
        """Take a key for a call, or find what was begun under it before.

        Raises:
            IdempotencyKeyReused: the first call had another body or another query.
            IdempotencyInFlight: the first call is under way and has begun nothing yet.
        """
        claim = Claim(use.scope, uuid.uuid4().hex)
        with self._database.write() as connection:
            idempotency_keys.forget(connection, use.scope, now())
            if idempotency_keys.add(connection, use, claim, self._vault.seal(use.fingerprint)):
                return claim
            known = idempotency_keys.find(connection, use.scope)
            if known is None:
                raise IdempotencyInFlight
            return self._retried(connection, use, known, claim)

    def _retried(
        self, connection: Connection, use: Use, known: Known, claim: Claim
    ) -> Claim | Known:
        if self._vault.open(known.fingerprint) != use.fingerprint:
            raise IdempotencyKeyReused
        begun = self._begun(connection, known)
        if begun is not None and is_resumable(begun):
            claim.resumes = begun.id
        elif begun is not None or _is_object(known):
            return known
        is_held = known.lease_time > now()
        if is_held or not idempotency_keys.take_over(connection, known, claim, use.kept):
            raise IdempotencyInFlight(known.lease_time - now())
        return claim

    def _begun(self, connection: Connection, known: Known) -> Operation | None:
        """Return the operation that was begun under a key, unless nothing of it was ever sent."""
        if known.target is None or not is_operation(known.target):
            return None
        found = operations.find(connection, EVERYTHING, known.target, self._vault)
        if found is None or (_was_never_sent(found) and not is_resumable(found)):
            return None
        return found

    def release(self, claim: Claim) -> None:
        """Give a key back under which nothing was begun."""
        with self._database.write() as connection:
            idempotency_keys.release(connection, claim)

    def follow(self, caller: Caller, known: Known) -> Operation:
        """Return the operation that a key is bound to, waiting as long as the caller does.

        Raises:
            NotFound: it, or what it was about, is out of reach or gone by now.
            PermissionMissing: the first call would not be allowed any more.
        """
        operation = str(known.target)
        with self._database.read() as connection:
            reach = caller.principal.reach
            found = operations.find(connection, reach, operation, self._vault)
            is_there = found is not None and _is_there(connection, reach, found)
        if not is_there:
            raise absent(self._database, caller, operation)
        self.judge(caller, known)
        done = self._awaited(caller, operation)
        self._broker.ledger.hand_out(done)
        return done

    def _awaited(self, caller: Caller, operation: str) -> Operation:
        """Wait for what the call itself began; a call about another's operation does not wait."""
        found = self._broker.fetch(operation)
        if found.kind != caller.operation:
            return found
        self._broker.ledger.wait(operation, caller.wait_seconds)
        return self._broker.fetch(operation)

    def judge(self, caller: Caller, known: Known) -> None:
        """Demand again what the first call needed.

        Raises:
            PermissionMissing: names the first permission that is missing.
        """
        permit(self._database, caller, str(known.target), *map(Permission, known.permissions))


def _is_object(known: Known) -> bool:
    return known.target is not None and not is_operation(known.target)


def is_operation(target: str) -> bool:
    """Whether what a key is bound to is an operation."""
    return target.startswith(f"{Prefix.OPERATION}_")


def _was_never_sent(operation: Operation) -> bool:
    """Whether it failed before anything that changes left the gateway: doing it is no repeat.

    Of one in parts, what became of each part is the answer.
    """
    if operation.in_parts:
        return False
    tried = any(step.attempts and command_of(step).effect.changes for step in operation.steps)
    return operation.status is OperationStatus.FAILED and not tried


def _is_there(connection: Connection, reach: Reach, operation: Operation) -> bool:
    """Whether what the operation is about is still reached; it may have another owner by now."""
    if operation.instance is not None:
        found = instances.find(connection, reach, operation.instance)
        return found is not None or operation.kind == PURGE or is_removed(operation)
    if operation.in_parts:
        return True  # it tells what was done, and nothing of what is there now
    return deployments.find(connection, str(operation.deployment)) is not None
