"""One action on many instances, over deployments: an operation in parts, one for each instance.

All ids are judged before anything is written. Then the whole and all its parts are committed
together, so that what was accepted is durable: each part is an operation like any other, with its
own lock, audit rows and outcome. One that is refused at that moment has failed at once, with the
problem that it would have been answered alone; the others go on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.broker import admission, telling
from gateway.broker import parts as rules
from gateway.broker.broker import Broker, place_of, require_active, require_unchanged
from gateway.broker.engine import lanes
from gateway.broker.engine.plan import Invocation, operation_for
from gateway.broker.engine.problems import problem_of
from gateway.broker.engine.suspension import RESUMPTION, SUSPENSION
from gateway.broker.instances import require_living
from gateway.broker.ledger import conclude
from gateway.broker.lifecycle import operating
from gateway.errors import Conflict, StorageUnavailable
from gateway.model import Instance, Operation, OperationStatus, Prefix, Urgency, new_id, now
from gateway.spe.commands.instances import (
    FREEZE_INSTANCES,
    RESTART_INSTANCES,
    START_INSTANCES,
    STOP_INSTANCES,
    THAW_INSTANCES,
)
from gateway.storage import instances, operations, parts
from gateway.storage.parts import Part
from gateway.tenancy import audit, claims
from gateway.tenancy.authorise import absent, permit
from gateway.tenancy.caller import Caller, Validated

ROUND: Final = timedelta(minutes=15)
"""How much later a part may end than those that have their turn before it."""


@dataclass(frozen=True)
class Act:
    """What is done to each of many instances.

    Attributes:
        kind: of each part: the operationId of the same on one instance.
        wishes: what is sent for each.
        require: refuses an instance that is not in the state for it.
        more: permissions that it needs besides that of all acts.
    """

    kind: str
    wishes: Sequence[Invocation]
    require: Callable[[Instance], None] = require_active
    more: tuple[Permission, ...] = ()


_SUSPEND: Final = (require_living, (Permission.INSTANCES_SUSPEND,))

ACTS: Final[Mapping[str, Act]] = {
    "start": Act("startInstance", operating(START_INSTANCES, {})),
    "stop": Act("stopInstance", operating(STOP_INSTANCES, {})),
    "restart": Act("restartInstance", operating(RESTART_INSTANCES, {})),
    "freeze": Act("freezeInstance", operating(FREEZE_INSTANCES, {})),
    "thaw": Act("thawInstance", operating(THAW_INSTANCES, {})),
    "suspend": Act("suspendInstance", SUSPENSION, *_SUSPEND),
    "resume": Act("resumeInstance", RESUMPTION, *_SUSPEND),
}
"""By the verb of the route of one instance."""


@dataclass
class Wish:
    """A part to be: its instance, its operation, and what refuses it, if anything does."""

    instance: Instance
    operation: Operation
    refusal: Conflict | None


class InstanceActions:
    """Actions on many instances at once.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._database = broker.database
        self._ledger = broker.ledger

    def run(self, caller: Caller, act: Act, chosen: Sequence[str]) -> Operation:
        """Do the same with some instances.

        Args:
            caller: who asks.
            act: what.
            chosen: opaque ids, each once.

        Returns:
            The whole, final or still running when the caller's wait is over.

        Raises:
            NotFound: one of them is absent, or another's; nothing is written then.
            PermissionMissing: seen, but not allowed.
            QuotaExceeded: one operation more is too many.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        found = self._seen(caller, chosen, *act.more)
        whole = _whole(caller)
        each = replace(caller, operation=act.kind, urgency=Urgency.BULK)
        wishes = self._wishes(each, whole, act, found)
        whole.deadline = max(wish.operation.deadline for wish in wishes)
        with self._database.write() as connection:
            due = self._intend(connection, caller, whole, wishes)
            if caller.validate_only:
                raise Validated  # which takes it all back
        self._broker.succession.begin(due)
        return self._awaited(caller, whole)

    def parts(self, whole: Operation) -> Sequence[Part]:
        """Return what became of each instance so far, in the order of the call."""
        with self._database.read() as connection:
            return parts.of(connection, whole.id)

    def _seen(self, caller: Caller, chosen: Sequence[str], *more: Permission) -> Sequence[Instance]:
        with self._database.read() as connection:
            found = instances.some(connection, caller.principal.reach, chosen)
        for instance in chosen:
            if instance not in found:
                raise absent(self._database, caller, instance)
        permit(self._database, caller, caller.principal.reseller, *more)
        return [found[instance] for instance in chosen]

    def _wishes(
        self, caller: Caller, whole: Operation, act: Act, found: Sequence[Instance]
    ) -> Sequence[Wish]:
        """Make the parts, in the order of the call; each is judged as if it came alone."""
        feasible = self._feasible(caller, act, found)
        wishes = []
        for instance in found:
            sent = feasible[instance.deployment]
            lacking = sent if isinstance(sent, Conflict) else None
            steps = act.wishes if isinstance(sent, Conflict) else sent
            operation = operation_for(caller, place_of(instance), steps)
            operation.parent = whole.id
            operation.context = whole.context
            wishes.append(Wish(instance, operation, _unfit(act, instance) or lacking))
        _line_up(wishes)
        return wishes

    def _feasible(
        self, caller: Caller, act: Act, found: Sequence[Instance]
    ) -> Mapping[str, Sequence[Invocation] | Conflict]:
        """Return by deployment what is sent there, or why it cannot do this at all."""
        places = {instance.deployment: place_of(instance) for instance in found}
        feasible: dict[str, Sequence[Invocation] | Conflict] = {}
        for deployment, place in places.items():
            try:
                feasible[deployment] = self._broker.supported(caller, place, act.wishes)
            except Conflict as error:
                feasible[deployment] = error
        return feasible

    def _intend(
        self, connection: Connection, caller: Caller, whole: Operation, wishes: Sequence[Wish]
    ) -> Sequence[str]:
        """Write it all down, in the order in which everybody takes these locks.

        Returns:
            The parts that are due now.
        """
        operations.add(connection, whole, self._ledger.vault, None)
        audit.intended(connection, whole)
        telling.started(connection, whole)
        for wish in sorted(wishes, key=_by_instance):
            self._begin(connection, caller, wish)
        admission.admit(whole, connection)
        claims.bind(connection, caller, whole.id, whole.deadline)
        rules.settle(connection, whole.id, self._ledger.vault)
        deployments = sorted({wish.instance.deployment for wish in wishes})
        woken = (parts.wake(connection, whole.id, each, lanes.WIDTH) for each in deployments)
        return [part for some in woken for part in some]

    def _begin(self, connection: Connection, caller: Caller, wish: Wish) -> None:
        if wish.refusal is None:
            try:
                self._lock(connection, wish)
            except Conflict as error:
                wish.refusal = error
            else:
                audit.intended(connection, wish.operation)
                return
        _refuse(wish.operation, wish.refusal)
        operations.add(connection, wish.operation, self._ledger.vault, None)
        audit.refused(connection, replace(caller, target=""), wish.instance.id, wish.refusal)
        telling.ended(connection, wish.operation)

    def _lock(self, connection: Connection, wish: Wish) -> None:
        """Insert a part under its instance's lock, or leave nothing of it behind.

        Raises:
            Conflict: the instance is locked, or another than it was.
        """
        with connection.begin_nested():
            operations.add(connection, wish.operation, self._ledger.vault, None)
            require_unchanged(wish.instance, connection)

    def _awaited(self, caller: Caller, whole: Operation) -> Operation:
        try:
            self._ledger.wait(whole.id, caller.wait_seconds)
            return self._broker.fetch(whole.id)
        except StorageUnavailable:
            return whole  # the intents are durable and may be sent: no answer may deny that


def _whole(caller: Caller) -> Operation:
    """Make the operation whose parts carry it out; it is its caller's own reseller's."""
    return Operation(
        id=new_id(Prefix.OPERATION),
        kind=caller.operation,
        reseller=caller.principal.reseller,
        reseller_path=caller.principal.reach.path,
        client=caller.principal.client,
        deployment=None,
        instance=None,
        on_behalf_of=caller.on_behalf_of,
        request_id=caller.request_id,
        steps=[],
        deadline=now(),
        urgency=Urgency.BULK,
        status=OperationStatus.RUNNING,
        percent_progress=0,
        context=audit.context_of(caller),
    )


def _by_instance(wish: Wish) -> str:
    """Whoever locks several instances does so in this order, so that none waits in a circle."""
    return wish.instance.id


def _line_up(wishes: Iterable[Wish]) -> None:
    """Let each part wait for its turn, and give it the time of those before it on top of its own.

    Until it is woken, its next poll is its deadline: then it fails without having been sent.
    """
    ahead: Counter[str] = Counter()
    for wish in wishes:
        rounds = ahead[wish.instance.deployment] // lanes.WIDTH
        ahead[wish.instance.deployment] += 1
        wish.operation.deadline += rounds * ROUND
        wish.operation.next_poll_time = wish.operation.deadline


def _unfit(act: Act, instance: Instance) -> Conflict | None:
    try:
        act.require(instance)
    except Conflict as error:
        return error
    return None


def _refuse(operation: Operation, error: Conflict) -> None:
    """End a part that is not begun, without a lock and with nothing sent."""
    operation.status = OperationStatus.FAILED
    operation.problem = problem_of(error)
    conclude(operation)
