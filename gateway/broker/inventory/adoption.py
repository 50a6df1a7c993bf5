"""Instances that nobody owns get an owner, and owned ones leave the gateway's care.

Nothing is changed at a deployment. Whose an id was, or a directory, its archive stays: neither
ever goes to another reseller (law 3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from gateway.access.bounds import Lineage
from gateway.access.scope import Unrestricted
from gateway.broker import admission, ownership, telling
from gateway.broker.admission import Needs
from gateway.broker.broker import Broker
from gateway.broker.instances import require_confirmed
from gateway.broker.inventory.archives import require_own_archive
from gateway.broker.inventory.inspection import Inspection
from gateway.broker.transfers import MOVABLE
from gateway.errors import (
    Conflict,
    NameTaken,
    NotFound,
    OperationInProgress,
)
from gateway.model import EventType, Instance, InstanceStatus, Reseller, Resource, now
from gateway.storage import (
    deployments,
    holdings,
    instances,
    names,
    operations,
    resellers,
    unowned,
)
from gateway.storage.unowned import Unowned
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, denied, permit, reached
from gateway.tenancy.caller import Caller, Validated

TAKEN = (
    "The id or the alias of the instance was another reseller's before, is another instance's, or "
    "is a reserved word: neither is ever given to another reseller."
)
MEANWHILE = "It was adopted, or was found to be gone, meanwhile; read the list again."


@dataclass(frozen=True)
class NewOwner:
    """What an operator says of an instance to be adopted."""

    reseller: str
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """An instance that may be adopted; by one reseller alone if its id was ever anybody's."""

    found: Unowned
    former: str | None


class Adoption:
    """Adopts and releases instances, for operators.

    Args:
        broker: the door.
        inspection: looks at an instance once more before it is given away.
    """

    def __init__(self, broker: Broker, inspection: Inspection) -> None:
        self._broker = broker
        self._database = broker.database
        self._inspection = inspection

    def page(
        self, caller: Caller, deployment: str | None, after: str, limit: int
    ) -> Sequence[Candidate]:
        """Return some instances that nobody owns, in the order of ids.

        Args:
            caller: an operator.
            deployment: only those of this one; None for all.
            after: the last id of the page before, or an empty text.
            limit: the most.
        """
        self._require_operator(caller, caller.principal.reseller)
        permit(self._database, caller, "inventory")
        with self._database.read() as connection:
            found = unowned.page(connection, after, limit, deployment)
            places = [(each.deployment, each.instance_id.lower()) for each in found]
            holders = names.holders(connection, places)
        pairs = zip(found, places, strict=True)
        return [Candidate(each, holders.get(place)) for each, place in pairs]

    def adopt(self, caller: Caller, instance: str, owner: NewOwner) -> Instance:
        """Give an instance that nobody owns to a reseller, under the id that it was found with.

        It is read once more before; what it holds counts to the quotas of its owner. The row
        alone is not believed: much may have happened since it was written.

        Args:
            caller: an operator.
            instance: opaque id, as the list of those without an owner has it.
            owner: whose it becomes.

        Returns:
            The instance as it is afterwards.

        Raises:
            NotFound: nobody found it, or somebody owns it, or there is no such reseller.
            InstanceMissing: the deployment does not list it any more.
            NameTaken: its id or its alias is, or ever was, another's.
            InUse: its directory is, or last was, another's.
            QuotaExceeded: the reseller, or one above it, has no room.
            Conflict: the reseller is suspended, or the deployment is closed to it.
            UpstreamError: it cannot be read now.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        found = self._found(caller, instance)
        reseller = reached(self._database, caller, owner.reseller)
        seen = self._inspection.look(_instance(found, reseller, owner))
        held = self._inspection.held(seen)
        with self._database.write() as connection:
            adopted = _admitted(connection, seen, held)
            _keep(connection, adopted, held)
            telling.instance(connection, EventType.INSTANCE_ADOPTED, adopted)
            audit.changed(connection, caller, adopted.id, ["reseller"])
            if caller.validate_only:
                raise Validated  # which takes it all back
        return adopted

    def release(self, caller: Caller, instance: str, confirmed: str) -> None:
        """Let an instance leave its owner and the gateway's care; nothing is sent to SPE.

        Its names stay tombstones of its owner, and its history stays. What the deployment still
        lists is found again as nobody's, and only that owner can adopt it.

        Args:
            caller: an operator.
            instance: opaque id.
            confirmed: SPE's own id of the instance, typed by whoever is responsible.

        Raises:
            NotFound: absent, or out of reach.
            InvalidInput: the confirmation names another instance.
            OperationInProgress: something is being changed in it.
            Conflict: it is being made, or has failed.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        known = self._broker.instance(caller, instance)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, instance)
        require_confirmed(known, confirmed)
        with self._database.write() as connection:
            instances.hold(connection, instance)
            found = instances.find(connection, caller.principal.reach, instance)
            if found is None:
                raise NotFound
            _require_releasable(connection, found)
            audit.changed(connection, caller, instance, ["released"])
            ended = {"status": InstanceStatus.RELEASED, "drift": None, "update_time": now()}
            instances.change(connection, instance, ended)
            names.bury(connection, instance)
            ownership.note(connection, instance)
            telling.instance(connection, EventType.INSTANCE_RELEASED, found)
            if caller.validate_only:
                raise Validated

    def _require_operator(self, caller: Caller, target: str) -> None:
        if not caller.principal.is_operator or not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, target)

    def _found(self, caller: Caller, instance: str) -> Unowned:
        """Return what was found: absent for everybody but operators."""
        with self._database.read() as connection:
            found = unowned.find(connection, instance)
        if found is None or not caller.principal.is_operator:
            raise absent(self._database, caller, instance)
        permit(self._database, caller, instance)
        self._require_operator(caller, instance)
        return found


def _instance(found: Unowned, reseller: Reseller, owner: NewOwner) -> Instance:
    """Return what was found as an instance of a reseller, before it is looked at."""
    time = now()
    return Instance(
        id=found.id,
        instance_id=found.instance_id,
        deployment=found.deployment,
        reseller=reseller.id,
        reseller_path=reseller.path,
        display_name="",
        alias=None,
        external_id=owner.external_id,
        labels=dict(owner.labels),
        instance_host="",
        base_directory="",
        status=InstanceStatus.ACTIVE,
        create_time=time,
        update_time=time,
    )


def _admitted(connection: Connection, seen: Instance, held: Needs) -> Instance:
    """Judge everything that may be in the way, under locks that last as long as the transaction."""
    lineage = Lineage(resellers.lineage(connection, seen.reseller))
    adopted = replace(seen, reseller_path=lineage.own.path)
    _require_open(connection, lineage, adopted.deployment)
    admission.admit_to(connection, adopted.reseller_path, {**held, Resource.INSTANCES: 1})
    resellers.require(connection, adopted.reseller)  # the admission holds it
    deployments.hold(connection, adopted.deployment)  # one adoption there at a time
    if unowned.find(connection, adopted.id) is None:
        raise Conflict(MEANWHILE)
    _reserve(connection, adopted)
    require_own_archive(adopted, instances.neighbours(connection, adopted))
    return adopted


def _keep(connection: Connection, adopted: Instance, held: Needs) -> None:
    instances.add(connection, adopted)
    holdings.put(connection, adopted.id, held, adopted.create_time)
    unowned.remove(connection, adopted.id)
    ownership.note(connection, adopted.id)


def _require_open(connection: Connection, lineage: Lineage, deployment: str) -> None:
    if lineage.is_suspended:
        raise Conflict("The new owner is suspended.")
    open_to = resellers.deployments_of(connection, lineage.own)
    if open_to is not None and deployment not in open_to:
        raise Conflict("The deployment of the instance is not open to the new owner.")


def _reserve(connection: Connection, instance: Instance) -> None:
    try:
        names.reserve_for(connection, instance)
    except NameTaken:
        raise NameTaken(TAKEN) from None


def _require_releasable(connection: Connection, instance: Instance) -> None:
    running = operations.unfinished(connection, instance.id)
    if running is not None:
        raise OperationInProgress(running)
    if instance.status not in MOVABLE:
        raise Conflict(
            f"The instance is {instance.status}; it must be active, suspended or deleted."
        )
