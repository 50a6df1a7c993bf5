"""Instances that get another owner. The archive stays where it is; nothing is sent to SPE."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gateway.access.bounds import Lineage
from gateway.access.scope import Unrestricted
from gateway.broker import ownership, telling
from gateway.broker.broker import Broker
from gateway.errors import Conflict, NotFound, OperationInProgress
from gateway.model import Instance, InstanceStatus, Prefix, Reseller, Transfer, new_id, now
from gateway.storage import instances, names, operations, resellers, transfers
from gateway.tenancy import audit
from gateway.tenancy.authorise import denied, reached
from gateway.tenancy.caller import Caller, Validated

MOVABLE = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED, InstanceStatus.DELETED})
"""Neither half made nor gone; the new owner may resume it, or undelete it in its days of grace."""

Admission = Callable[[Connection, Instance, Reseller], None]


class Transfers:
    """Changes of owner, from any reseller that the caller reaches to any other.

    Args:
        broker: the door.
        admissions: asked for each transfer, in its transaction, whether the new owner may take
            the instance; one that says no raises.
    """

    def __init__(self, broker: Broker, *admissions: Admission) -> None:
        self._broker = broker
        self._database = broker.database
        self._admissions = admissions

    def transfer(self, caller: Caller, instance: str, reseller: str) -> Instance:
        """Give an instance to another reseller.

        Its state and its names go along; operations of before stay with the former owner
        (decision 20).

        Returns:
            The instance as it is afterwards.

        Raises:
            NotFound: the instance or the new owner is absent, or outside the caller's tree.
            PermissionMissing: also for a caller that is restricted to single instances.
            OperationInProgress: something is being changed in it.
            Conflict: the instance or the new owner is not in the state for it.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        self._broker.instance(caller, instance)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, instance)
        reached(self._database, caller, reseller)
        with self._database.write() as connection:
            instances.hold(connection, instance)
            moved = self._moved(connection, caller, instance, reseller)
            if caller.validate_only:
                raise Validated  # which takes it all back
        return moved

    def page(self, caller: Caller, instance: str, before: str, limit: int) -> Sequence[Transfer]:
        """Return some changes of owner that the caller's tree took part in, the newest first."""
        found = self._broker.instance(caller, instance)
        with self._database.read() as connection:
            return transfers.page(connection, caller.principal.reach, found.id, before, limit)

    def _moved(
        self, connection: Connection, caller: Caller, instance: str, reseller: str
    ) -> Instance:
        """Judge once more what may have changed meanwhile, and move the instance."""
        found = instances.find(connection, caller.principal.reach, instance)
        lineage = Lineage(resellers.lineage(connection, reseller))
        if found is None:
            raise NotFound
        owner = lineage.own
        _require_movable(connection, found, lineage)
        for admit in self._admissions:
            admit(connection, found, owner)
        resellers.require(connection, owner.id)  # whoever admits holds it
        audit.changed(connection, caller, found.id, ["reseller"])  # the former owner's row
        instances.change(connection, found.id, {"reseller": owner.id, "update_time": now()})
        names.transfer(connection, found.id, owner.id)
        transfer, moved = _transfer(caller, found, owner), _owned_by(owner, found)
        transfers.add(connection, transfer)
        telling.transferred(connection, found, moved, transfer.id)
        audit.changed(connection, caller, found.id, ["reseller"])  # the new owner's row
        ownership.note(connection, found.id)
        return moved


def _require_movable(connection: Connection, instance: Instance, lineage: Lineage) -> None:
    """Judge the state of the instance and of its new owner.

    Raises:
        Conflict: says what does not allow it.
    """
    running = operations.unfinished(connection, instance.id)
    if running is not None:
        raise OperationInProgress(running)
    if instance.status not in MOVABLE:
        raise Conflict(f"The instance is {instance.status}, and cannot get another owner.")
    if instance.reseller == lineage.own.id:
        raise Conflict("The instance is this reseller's already.")
    if lineage.is_suspended:
        raise Conflict("The new owner is suspended.")
    open_to = resellers.deployments_of(connection, lineage.own)
    if open_to is not None and instance.deployment not in open_to:
        raise Conflict("The deployment of the instance is not open to the new owner.")


def _owned_by(owner: Reseller, instance: Instance) -> Instance:
    return replace(instance, reseller=owner.id, reseller_path=owner.path)


def _transfer(caller: Caller, instance: Instance, owner: Reseller) -> Transfer:
    return Transfer(
        id=new_id(Prefix.TRANSFER),
        instance=instance.id,
        former=instance.reseller,
        owner=owner.id,
        client=caller.principal.client,
        request_id=caller.request_id,
        create_time=now(),
    )
