"""The one door: authorise, resolve, invoke, narrow, record."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.broker import admission
from gateway.broker.drain import require_undrained
from gateway.broker.engine.lanes import WIDTH, Lanes
from gateway.broker.engine.plan import (
    Invocation,
    Place,
    changing,
    is_listed,
    operation_for,
)
from gateway.broker.engine.prompt import PromptReads
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.runner import Runner
from gateway.broker.engine.turn import turn
from gateway.broker.leases import LeaseLost
from gateway.broker.ledger import Ledger
from gateway.broker.looks import Look, Looks
from gateway.broker.passing import Passing
from gateway.broker.polls import Poll, Polls
from gateway.broker.succession import Succession
from gateway.errors import (
    CommandNotSupported,
    Conflict,
    StorageUnavailable,
)
from gateway.measures.account import note_operation
from gateway.model import Deployment, Instance, InstanceStatus, Operation, Share, Urgency
from gateway.spe.deadline import Outlasted
from gateway.storage import deployments, instances, operations
from gateway.storage.database import Database
from gateway.tenancy import audit, claims
from gateway.tenancy.authorise import absent, permit
from gateway.tenancy.caller import Caller, Validated

OURS = ""  # in whose turn the gateway does what no reseller has asked for

log = structlog.get_logger()


class Broker:
    """Everything that reaches a deployment goes through ``call`` or ``start``.

    Args:
        database: the tables.
        ledger: the operations.
        runner: carries them on.
        threads: how many first calls are under way at once.
    """

    def __init__(self, database: Database, ledger: Ledger, runner: Runner, threads: int) -> None:
        self.database = database
        self.ledger = ledger
        self._runner = runner
        ledger.knows = runner.knows
        self._lanes = Lanes(threads, WIDTH)
        self._reads = PromptReads(self._lanes)
        self._looks = Looks(self._reads, runner.reader)
        self._known = runner.known
        self._observations = admission.Observations(database)
        self.succession = Succession(ledger, self.carry)
        self.polls = Polls(ledger, self._lanes, self._carry)

    # resolve

    def instance(self, caller: Caller, instance: str, *more: Permission) -> Instance:
        """Return an instance that the caller sees and may work on.

        Raises:
            NotFound: absent, or another's.
            PermissionMissing: seen, but not allowed.
        """
        with self.database.read() as connection:
            found = instances.find(connection, caller.principal.reach, instance)
        return self._permitted(caller, instance, found, *more)

    def known_instance(self, caller: Caller, instance: str, *more: Permission) -> Instance:
        """Return an instance for a read, as ``instance`` does: as ``Known`` has it."""
        found = self._known.instance(caller.principal.reach, instance)
        return self._permitted(caller, instance, found, *more)

    def _permitted(
        self, caller: Caller, instance: str, found: Instance | None, *more: Permission
    ) -> Instance:
        if found is None:
            raise absent(self.database, caller, instance)
        permit(self.database, caller, instance, *more)
        return found

    def deployment(self, caller: Caller, deployment: str) -> Deployment:
        """Return a deployment: operators' business, and absent for everybody else.

        Raises:
            NotFound: absent, or the caller is no operator.
            PermissionMissing: an operator without the permission.
        """
        with self.database.read() as connection:
            found = deployments.find(connection, deployment)
        if found is None or not caller.principal.is_operator:
            raise absent(self.database, caller, deployment)
        permit(self.database, caller, deployment)
        return found

    # invoke

    def call(
        self,
        caller: Caller,
        instance: str,
        invocations: Sequence[Invocation],
        *more: Permission,
        context: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Carry commands out inside an active instance.

        Args:
            caller: who asks.
            instance: opaque id.
            invocations: one after the other.
            more: permissions that are needed besides the operation's own.
            context: what shaping the answer needs to know later; nothing secret.

        Returns:
            The operation, final or still running when the caller's wait is over.

        Raises:
            Conflict: the instance is not active.
        """
        find = self.instance if changing(invocations) else self.known_instance
        found = find(caller, instance, *more)
        require_active(found)
        return self.start(caller, place_of(found), invocations, context=context)

    def call_deployment(
        self,
        caller: Caller,
        deployment: str,
        invocations: Sequence[Invocation],
        context: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Carry commands out on a deployment, for operators."""
        found = self.deployment(caller, deployment)
        principal = caller.principal
        place = Place(found.id, principal.reseller, principal.reach.path)
        return self.start(caller, place, invocations, context=context)

    def start(
        self,
        caller: Caller,
        place: Place,
        invocations: Sequence[Invocation],
        *preparations: Callable[[Connection], None],
        context: Mapping[str, Any] | None = None,
    ) -> Operation:
        """Start an operation at a place that has been looked up and permitted.

        Args:
            caller: who has been judged.
            place: where the commands go.
            invocations: one after the other.
            preparations: what is committed together with the intent.
            context: what the steps, the end and the answer need to know; nothing secret.
        """
        operation = operation_for(caller, place, self.supported(caller, place, invocations))
        operation.context = {**(context or {}), **audit.context_of(caller)}
        if operation.changes:
            binding = partial(_bind, caller, operation)
            return self._change(caller, operation, place.instance, (*preparations, binding))
        if preparations:
            return self._change(caller, operation, place.instance, preparations)
        return self._read(caller, operation)

    def supported(
        self, caller: Caller, place: Place, invocations: Sequence[Invocation]
    ) -> Sequence[Invocation]:
        """Leave out what may fail anyway, and refuse what the deployment's version lacks.

        Raises:
            CommandNotSupported: it lacks something that is needed.
            DeploymentDrained: it takes no changes.
        """
        look = self._known.present if changing(invocations) else self._known.deployment
        if found := look(place.deployment):
            require_undrained(found, invocations)
        commands = found.commands if found else {}
        lacking = [wish for wish in invocations if not is_listed(wish, commands)]
        needed = [wish for wish in lacking if not wish.tolerant]
        if needed:
            raise self._not_supported(caller, needed[0])
        return [wish for wish in invocations if wish not in lacking]

    def _not_supported(self, caller: Caller, wish: Invocation) -> CommandNotSupported:
        with self.database.read() as connection:
            every = deployments.every(connection)
        having = [d.id for d in every if is_listed(wish, d.commands)]
        named = f" These have it: {', '.join(having)}." if having else ""
        return CommandNotSupported(
            f"The version of the deployment does not support {wish.command.name} as it is asked."
            + (named if caller.principal.is_operator else "")
        )

    def look(
        self,
        caller: Caller,
        instance: str,
        work: Callable[[Reader, Instance], Look],
        *more: Permission,
    ) -> Look:
        """Read several things of an active instance that only together make an answer.

        Args:
            caller: who asks.
            instance: opaque id.
            work: reads, in a place of the deployment's lane.
            more: permissions that are needed besides the operation's own.

        Raises:
            UpstreamTimeout: it takes longer than a caller can be kept waiting.
        """
        found = self.known_instance(caller, instance, *more)
        require_active(found)
        return self._looks.at(found, caller.operation, work)

    def _change(
        self,
        caller: Caller,
        operation: Operation,
        instance: Instance | None,
        preparations: Sequence[Callable[[Connection], None]],
    ) -> Operation:
        whole: tuple[Callable[[Connection], None], ...] = (
            partial(require_unchanged, instance),
            partial(admission.admit, operation),
            *preparations,
            partial(admission.book, operation),
        )
        if caller.validate_only:
            self.ledger.rehearse(operation, *whole)
            raise Validated
        self.ledger.open(operation, *whole)
        note_operation(operation.id)
        receipt = deepcopy(operation)
        self.carry(operation)
        try:
            self.ledger.wait(operation.id, caller.wait_seconds)
            done = self.fetch(operation.id)
            self.ledger.hand_out(done)
        except StorageUnavailable:
            return receipt  # the intent is durable and may be sent: no answer may deny that
        return done

    def fetch(self, operation: str) -> Operation:
        """Return an operation as it stands."""
        with self.database.read() as connection:
            return operations.get(connection, operation, self.ledger.vault)

    def _read(self, caller: Caller, operation: Operation) -> Operation:
        end = monotonic() + caller.wait_seconds
        self.ledger.announce(operation)
        passing = Passing(self.ledger)
        carry = partial(self._carry, operation, passing)
        self._reads.make(operation.share, operation.kind, caller.wait_seconds, carry)
        if not self.ledger.departure.patience(passing.done, end - monotonic()):
            passing.adopt(operation)
        if passing.adopted:
            return self.fetch(operation.id)
        self._observations.add(operation)
        return operation

    # carry on

    def carry(self, operation: Operation) -> None:
        """Carry a leased operation on in the background."""
        self.ledger.leases.carry(operation)
        self._lanes.submit(operation.share, partial(self._carry, operation, self.ledger))

    def has_room(self, share: Share) -> bool:
        """Whether this process can well carry on one more operation of a share."""
        return self._lanes.has_room(share)

    def load(self) -> tuple[int, int]:
        """Return how many tasks run here in all lanes, and how many wait."""
        return self._lanes.load()

    def aside(self, deployment: str, task: Callable[[], None]) -> None:
        """Have something done in the lane of a deployment that nobody waits for."""
        self._lanes.submit(Share(deployment, Urgency.BILLING, OURS), task)

    def _carry(self, operation: Operation, journal: Passing | Ledger | Poll) -> None:
        """Carry an operation on in the context of its lane's task, which is nobody else's."""
        with turn(operation):
            self._drive(operation, journal)

    def _drive(self, operation: Operation, journal: Passing | Ledger | Poll) -> None:
        try:
            self._runner.drive(operation, journal)
            while not operation.status.is_final and journal.stays():
                self._runner.drive(operation, journal)
            if not operation.status.is_final:
                journal.release(operation)
            self.succession.follow(operation)
        except LeaseLost:
            log.info("operation.lease_lost", operation=operation.id)
        except Outlasted:  # of a read alone: it is begun again
            raise
        except Exception:  # the thread's last resort: the tracker tries again under the lease
            log.exception("operation.crashed", operation=operation.id)
        finally:
            self.ledger.leases.drop(operation)

    def close(self) -> None:
        """Let the calls under way end, start no more, and leave the rest to others at once."""
        self.polls.close()
        self._lanes.close()
        self.ledger.leases.close()


class InstanceSuspended(Conflict):
    """Nothing is done to a suspended instance, or inside it, until it is resumed."""

    code = "INSTANCE_SUSPENDED"
    title = "The instance is suspended"

    def __init__(self) -> None:
        super().__init__("The instance is suspended: resume it first, with POST …/resume.")


def place_of(instance: Instance) -> Place:
    """Where commands about an instance go."""
    return Place(instance.deployment, instance.reseller, instance.reseller_path, instance)


def require_unchanged(instance: Instance | None, connection: Connection) -> None:
    """Look once more, now under the lock: what was judged may have ended meanwhile.

    Raises:
        Conflict: the instance has another owner by now, or is in another state.
    """
    if instance is None:
        return
    instances.hold(connection, instance.id)
    found = instances.tracked(connection, instance.id)
    if found and found.reseller != instance.reseller:
        raise Conflict("The instance got another owner meanwhile; read it again.")
    if found and found.status is not instance.status:
        raise Conflict(f"The instance became {found.status} meanwhile; read it again.")


def _bind(caller: Caller, operation: Operation, connection: Connection) -> None:
    """Bind the caller's idempotency key to what is about to be sent; it counts up to its end."""
    claims.bind(connection, caller, operation.id, operation.deadline)


def require_active(instance: Instance) -> None:
    """Refuse work on an instance that is being made, suspended, deleted or has failed.

    Raises:
        InstanceSuspended: it must be resumed first.
        Conflict: says what it is.
    """
    if instance.status is InstanceStatus.SUSPENDED:
        raise InstanceSuspended
    if instance.status is not InstanceStatus.ACTIVE:
        raise Conflict(f"The instance is {instance.status}; it must be active for this.")
