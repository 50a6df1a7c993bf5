"""The life of an instance: made, changed, operated, deleted with days of grace, purged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.access.scope import Unrestricted
from gateway.broker import admission, ownership, telling
from gateway.broker.admission import Needs
from gateway.broker.broker import Broker, place_of, require_active, require_unchanged
from gateway.broker.creation import (
    RESUMES,
    NewInstance,
    creation,
    needed,
    require_consistent,
    resumption,
)
from gateway.broker.drain import DeploymentDrained
from gateway.broker.endings import note, observed, seen
from gateway.broker.engine.plan import Place
from gateway.broker.engine.suspension import RESUMPTION, SUSPENSION
from gateway.broker.lifecycle import (
    CONFIGURATION,
    DELETION,
    PURGE,
    READING,
    UNDELETION,
    operating,
    switching,
)
from gateway.broker.placement.explanation import Choice, NoPlacement, told
from gateway.broker.placement.fleet import require_place
from gateway.broker.placement.hosts import Spot
from gateway.broker.placement.placement import Placement
from gateway.errors import Conflict, InputFault, InvalidInput, NotFound
from gateway.model import (
    Instance,
    InstanceStatus,
    Operation,
    Prefix,
    Reseller,
    Resource,
    derived_directory,
    new_id,
    now,
)
from gateway.spe.command import Command
from gateway.storage import instances, names, resellers
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, denied, permit
from gateway.tenancy.caller import Caller, Validated

TRIES = 4
"""How often a place is looked for that others take meanwhile."""

log = structlog.get_logger()


class Instances:
    """Instances, one operation for each wish.

    Args:
        broker: the door.
        placement: finds a place for a new one.
        grace_days: how long a deleted one can be brought back.
    """

    def __init__(self, broker: Broker, placement: Placement, grace_days: int) -> None:
        self._broker = broker
        self._placement = placement
        self._grace_days = grace_days

    def create(self, caller: Caller, new: NewInstance, *more: Permission) -> Operation:
        """Make an instance, and what is to be inside it from the start.

        Where others are quicker, another place is looked for.

        A call that is repeated under its key carries out the rest of what broke off.

        Raises:
            InvalidInput: the wishes contradict each other; nothing was sent.
            QuotaExceeded: the owner, or a reseller above it, has no room.
            NameTaken: the id or the alias cannot be used.
            NoPlacement: no deployment can take it.
            Validated: with the place and why the others were not taken.
        """
        owner = self._owner(caller, new.reseller, *more)
        require_consistent(new)
        if caller.claim is not None and caller.claim.resumes is not None:
            return self._resume(caller, new, caller.claim.resumes)
        admission.foresee(self._broker.database, owner.path, _needs(new))
        new = replace(new, wish=replace(new.wish, needed=needed(new)))
        for _ in range(TRIES - 1):
            choice = self._placement.choose(owner, new.wish)
            try:
                return self._begin(caller, owner, new, choice)
            except (NoPlacement, DeploymentDrained):
                log.info("placement.lost", deployment=choice.spot.deployment.id)
        return self._begin(caller, owner, new, self._placement.choose(owner, new.wish))

    def _begin(
        self, caller: Caller, owner: Reseller, new: NewInstance, choice: Choice
    ) -> Operation:
        """Take a place that was chosen.

        Raises:
            NoPlacement: others were quicker.
        """
        spot = choice.spot
        instance = _instance(owner, new, spot)
        place = Place(spot.deployment.id, owner.id, owner.path, instance)

        def reserve(connection: Connection) -> None:
            resellers.require(connection, owner.id)  # the admission holds it
            require_place(connection, owner, new.wish, spot)
            names.reserve_for(connection, instance)
            instances.add(connection, instance)
            ownership.note(connection, instance.id)

        try:
            return self._broker.start(caller, place, creation(instance, new), reserve)
        except Validated:
            raise Validated(told(choice, caller.principal)) from None

    def close(self) -> None:
        """Let the search for a place that is under way end."""
        self._placement.close()

    def _resume(self, caller: Caller, new: NewInstance, begun: str) -> Operation:
        """Carry out the rest of a creation that broke off, for the call that began it.

        Raises:
            NotFound: the instance is gone, or out of reach.
            Conflict: it got another owner, or is not active.
        """
        former = self._broker.fetch(begun)
        known = self._broker.instance(caller, str(former.instance))
        require_active(known)
        if known.reseller != former.reseller:
            raise Conflict("The instance got another owner since; make what is missing one by one.")
        wishes = resumption(former, new)
        return self._broker.start(caller, place_of(known), wishes, context={RESUMES: begun})

    def _owner(self, caller: Caller, reseller: str | None, *more: Permission) -> Reseller:
        principal = caller.principal
        with self._broker.database.read() as connection:
            owner = resellers.find(connection, principal.reach, reseller or principal.reseller)
        if owner is None:
            raise absent(self._broker.database, caller, reseller or principal.reseller)
        permit(self._broker.database, caller, owner.id, *more)
        if not Unrestricted().verify(principal):
            raise denied(self._broker.database, caller, owner.id)
        return owner

    def get(self, caller: Caller, instance: str) -> Instance:
        """Return an instance as we know it, for a caller that may do the operation's work."""
        return self._broker.instance(caller, instance)

    def read(self, caller: Caller, known: Instance) -> Operation:
        """Ask the deployment for the state and the configuration of an active instance.

        One that it does not list any more is ``missing``, and as we knew it. What it shows is
        kept, so that whoever changes what is ours alone has the entity tag of what was read.
        """
        found = self._broker.start(caller, place_of(known), READING)
        if found.status.is_final:
            self._keep(known, found)
        return found

    def _keep(self, known: Instance, operation: Operation) -> None:
        """Write down what a read has shown when it is news, unless somebody else wrote since."""
        columns = observed(known, operation)
        if all(getattr(known, name) == columns[name] for name in columns.keys() - {"observe_time"}):
            return
        with self._broker.database.write() as connection:
            if instances.tracked(connection, known.id) == known:
                note(connection, operation)

    def current(self, operation: Operation) -> Instance:
        """Return an operation's instance as its reads have shown it."""
        with self._broker.database.read() as connection:
            found = instances.tracked(connection, str(operation.instance))
        if found is None or found.reseller != operation.reseller:
            raise NotFound
        return seen(found, operation)

    def operate(
        self, caller: Caller, instance: str, command: Command, arguments: Mapping[str, Any]
    ) -> Operation:
        """Start, stop, restart, freeze or thaw: look, send, and look what came of it."""
        return self._broker.call(caller, instance, operating(command, arguments))

    def label(self, caller: Caller, known: Instance, values: Mapping[str, Any]) -> Instance:
        """Change what is ours alone: labels and external id.

        Raises:
            Conflict: it got another owner, or another state, since it was looked up.
        """
        with self._broker.database.write() as connection:
            require_unchanged(known, connection)
            instances.change(connection, known.id, {**values, "update_time": now()})
            audit.changed(connection, caller, known.id, values)
            telling.updated(connection, known, values)
        return replace(known, **values)

    def configure(
        self,
        caller: Caller,
        known: Instance,
        changes: Mapping[str, Any],
        own: Mapping[str, Any],
        context: Mapping[str, Any],
    ) -> Operation:
        """Change what lives upstream: read, compare, merge, send whole, read back.

        Args:
            caller: who asks.
            known: the instance, as the caller was shown it.
            changes: keys of SPE's configuration and their new values.
            own: columns of ours that change along.
            context: ``restart`` and ``ifMatch`` for the preparations.
        """
        require_active(known)

        def reserve(connection: Connection) -> None:
            alias = changes.get("alias")
            if alias and alias != known.alias:
                names.reserve(
                    connection,
                    known.deployment,
                    alias,
                    instance=known.id,
                    reseller=known.reseller,
                    time=now(),
                )

        whole = {"changes": dict(changes), "own": dict(own), **context}
        return self._broker.start(caller, place_of(known), CONFIGURATION, reserve, context=whole)

    def switch_access(
        self, caller: Caller, known: Instance, *, enabled: bool, if_match: Sequence[str] | None
    ) -> Operation:
        """Switch service provider access: an operation of its own, since it is a consent.

        Args:
            caller: who asks; needs the permission to switch besides the operation's own.
            known: the instance.
            enabled: whether the provider may look inside.
            if_match: the entity tags of which the instance must have one.

        Raises:
            PermissionMissing: the caller may not switch it.
            Conflict: the instance is not active.
        """
        permit(self._broker.database, caller, known.id, Permission.ARCHIVE_ADMIN_UPDATE)
        require_active(known)
        wishes = switching(enabled=enabled)
        context: dict[str, Any] = {"changes": {}, "own": {}, "ifMatch": if_match}
        return self._broker.start(caller, place_of(known), wishes, context=context)

    def delete(self, caller: Caller, instance: str) -> Operation:
        """Stop it, disable its start, and begin the days of grace. Nothing is removed."""
        found = self._broker.instance(caller, instance)
        if found.status is InstanceStatus.DELETED:
            raise Conflict("The instance is deleted already; its days of grace are running.")
        if found.status is not InstanceStatus.SUSPENDED:
            require_active(found)
        context = {"graceDays": self._grace_days}
        return self._broker.start(caller, place_of(found), DELETION, context=context)

    def suspend(self, caller: Caller, instance: str) -> Operation:
        """Stop it and disable its start; how it was before is kept. Twice is once."""
        return self._broker.start(caller, place_of(self._living(caller, instance)), SUSPENSION)

    def resume(self, caller: Caller, instance: str) -> Operation:
        """Bring a suspended instance back, as it was started before; an active one stays so."""
        return self._broker.start(caller, place_of(self._living(caller, instance)), RESUMPTION)

    def _living(self, caller: Caller, instance: str) -> Instance:
        found = self._broker.instance(caller, instance)
        require_living(found)
        return found

    def undelete(self, caller: Caller, instance: str) -> Operation:
        """Bring a deleted instance back, as it was before: started, stopped or suspended."""
        found = self._deleted(caller, instance)
        return self._broker.start(caller, place_of(found), UNDELETION)

    def purge(self, caller: Caller, instance: str, confirmed: str, *, checked: bool) -> Operation:
        """Remove a deleted instance from SPE; its data stays on disk.

        Args:
            caller: who asks.
            instance: opaque id.
            confirmed: the instance id of SPE, typed by whoever is responsible.
            checked: legal hold was checked by hand, where SPE could not be asked.

        Raises:
            Conflict: not deleted before, or under legal hold.
            InvalidInput: the confirmation names another instance.
        """
        found = self._deleted(caller, instance)
        require_confirmed(found, confirmed)
        held = found.kept_state.get("legalHold")
        if held:
            raise Conflict("The instance is under legal hold: its archive must be kept.")
        if held is None and not checked:
            raise Conflict(
                "Whether the instance is under legal hold could not be read when it was deleted; "
                "check it and say so with legalHoldChecked."
            )
        return self._broker.start(caller, place_of(found), PURGE)

    def _deleted(self, caller: Caller, instance: str) -> Instance:
        found = self._broker.instance(caller, instance)
        if found.status is not InstanceStatus.DELETED:
            raise Conflict(f"The instance is {found.status}, not deleted.")
        return found


def require_living(instance: Instance) -> None:
    """Demand an instance that can be suspended and resumed.

    Raises:
        Conflict: says what it is.
    """
    if instance.status not in {InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED}:
        raise Conflict(
            f"The instance is {instance.status}; it must be active or suspended for this."
        )


def require_confirmed(instance: Instance, confirmed: str) -> None:
    """Demand SPE's id of an instance, typed by whoever is responsible.

    Raises:
        InvalidInput: the confirmation names another instance.
    """
    if confirmed != instance.instance_id:
        fault = InputFault("/instanceID", "CONFIRMATION", "This is not the instance's id.")
        raise InvalidInput([fault])


def _needs(new: NewInstance) -> Needs:
    inside = {Resource.STORES: int(bool(new.store)), Resource.USERS: len(new.users)}
    return {Resource.INSTANCES: 1, Resource.CONCURRENT_OPERATIONS: 1, **inside}


def _instance(owner: Reseller, new: NewInstance, spot: Spot) -> Instance:
    opaque, time = new_id(Prefix.INSTANCE), now()
    return Instance(
        id=opaque,
        instance_id=new.instance_id,
        deployment=spot.deployment.id,
        reseller=owner.id,
        reseller_path=owner.path,
        display_name=new.display_name,
        alias=new.alias,
        external_id=new.external_id,
        labels=dict(new.labels),
        instance_host=spot.host,
        base_directory=derived_directory(spot.base_directory, opaque),
        status=InstanceStatus.PROVISIONING,
        create_time=time,
        update_time=time,
    )
