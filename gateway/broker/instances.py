"""The life of an instance: made, changed, operated, deleted with days of grace, purged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.access.scope import Reaches, Unrestricted
from gateway.broker import audit
from gateway.broker.authorise import absent, denied, permit
from gateway.broker.broker import Broker, place_of, require_active
from gateway.broker.caller import Caller
from gateway.broker.endings import observed
from gateway.broker.placement import Placement, Spot, Wish, require_room
from gateway.broker.plan import Invocation, Place
from gateway.errors import Conflict, InputFault, InvalidInput, NotFound
from gateway.model import (
    Instance,
    InstanceStatus,
    Operation,
    Prefix,
    Reseller,
    derived_directory,
    new_id,
    now,
)
from gateway.spe.command import Command
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import CREATE_STORE
from gateway.spe.commands.users import CREATE_USER
from gateway.storage import instances, names, resellers

CREATE_MINUTES = timedelta(minutes=30)


@dataclass(frozen=True)
class NewInstance:
    """What a caller says of an instance to be made; the rest is ours to choose."""

    instance_id: str
    display_name: str
    alias: str | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    reseller: str | None = None
    wish: Wish = field(default_factory=Wish)
    start_mode: str = "automatic"
    start: bool = True
    archive_admin: bool = False
    store: str | None = None
    users: Sequence[Mapping[str, Any]] = ()


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

        Raises:
            InvalidInput: the wishes contradict each other; nothing was sent.
            NameTaken: the id or the alias cannot be used.
            NoPlacement: no deployment can take it.
        """
        owner = self._owner(caller, new.reseller, *more)
        _require_consistent(new)
        spot = self._placement.choose(owner, new.wish)
        instance = _instance(owner, new, spot)
        place = Place(spot.deployment.id, owner.id, owner.path, instance)

        def reserve(connection: Connection) -> None:
            require_room(connection, spot.deployment.id)
            for name in {new.instance_id, new.alias or new.instance_id}:
                names.reserve(
                    connection,
                    spot.deployment.id,
                    name,
                    instance=instance.id,
                    reseller=owner.id,
                    time=instance.create_time,
                )
            instances.add(connection, instance)

        return self._broker.start(caller, place, _creation(instance, new), reserve)

    def _owner(self, caller: Caller, reseller: str | None, *more: Permission) -> Reseller:
        principal = caller.principal
        with self._broker.database.read() as connection:
            owner = resellers.find(connection, principal.reach, reseller or principal.reseller)
        if owner is None or not Reaches(owner.path).verify(principal):
            raise absent(self._broker.database, caller, reseller or principal.reseller)
        permit(self._broker.database, caller, owner.id, *more)
        if not Unrestricted().verify(principal):
            raise denied(self._broker.database, caller, owner.id)
        return owner

    def get(self, caller: Caller, instance: str) -> Instance:
        """Return an instance as we know it."""
        return self._broker.instance(caller, instance)

    def read(self, caller: Caller, instance: str) -> Operation:
        """Ask the deployment for the state and the configuration of an active instance.

        One that it does not list any more is ``missing``, and as we knew it.
        """
        wishes = (
            Invocation(GET_INSTANCES),
            Invocation(GET_INSTANCE_CONFIGURATION, prepare="if-listed"),
        )
        return self._broker.call(caller, instance, wishes)

    def current(self, operation: Operation) -> Instance:
        """Return an operation's instance as its reads have shown it."""
        with self._broker.database.read() as connection:
            found = instances.tracked(connection, str(operation.instance))
        if found is None:
            raise NotFound
        return replace(found, **observed(operation))

    def operate(
        self, caller: Caller, instance: str, command: Command, arguments: Mapping[str, Any]
    ) -> Operation:
        """Start, stop, restart, freeze or thaw: look, send, and look what came of it."""
        wishes = (
            Invocation(GET_INSTANCES, check="is-listed"),
            Invocation(command, arguments),
            Invocation(GET_INSTANCES, check=EXPECTED.get(command.name, "is-listed")),
        )
        return self._broker.call(caller, instance, wishes)

    def label(self, caller: Caller, instance: str, values: Mapping[str, Any]) -> Instance:
        """Change what is ours alone: labels and external id."""
        found = self._broker.instance(caller, instance)
        with self._broker.database.write() as connection:
            instances.change(connection, found.id, {**values, "update_time": now()})
            audit.changed(connection, caller, found.id, values)
        return replace(found, **values)

    def configure(
        self,
        caller: Caller,
        instance: str,
        changes: Mapping[str, Any],
        own: Mapping[str, Any],
        context: Mapping[str, Any],
    ) -> Operation:
        """Change what lives upstream: read, compare, merge, send whole, read back.

        Args:
            caller: who asks.
            instance: opaque id.
            changes: keys of SPE's configuration and their new values.
            own: columns of ours that change along.
            context: ``restart`` and ``ifMatch`` for the preparations.
        """
        found = self._broker.instance(caller, instance)
        require_active(found)

        def reserve(connection: Connection) -> None:
            alias = changes.get("alias")
            if alias and alias != found.alias:
                names.reserve(
                    connection,
                    found.deployment,
                    alias,
                    instance=found.id,
                    reseller=found.reseller,
                    time=now(),
                )

        whole = {"changes": dict(changes), "own": dict(own), **context}
        return self._broker.start(caller, place_of(found), CONFIGURATION, reserve, context=whole)

    def delete(self, caller: Caller, instance: str) -> Operation:
        """Stop it, disable its start, and begin the days of grace. Nothing is removed."""
        found = self._broker.instance(caller, instance)
        if found.status not in {InstanceStatus.ACTIVE, InstanceStatus.DELETED}:
            require_active(found)
        if found.status is InstanceStatus.DELETED:
            raise Conflict("The instance is deleted already; its days of grace are running.")
        context = {"graceDays": self._grace_days}
        return self._broker.start(caller, place_of(found), DELETION, context=context)

    def undelete(self, caller: Caller, instance: str) -> Operation:
        """Bring a deleted instance back, as it was started before."""
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
        if confirmed != found.instance_id:
            fault = InputFault("/instanceID", "CONFIRMATION", "This is not the instance's id.")
            raise InvalidInput([fault])
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


def _require_consistent(new: NewInstance) -> None:
    """Service provider access is the customer's consent: never switched on silently."""
    if new.users and not new.archive_admin:
        raise InvalidInput(
            [
                InputFault(
                    "/archiveAdmin",
                    "CONSENT_NEEDED",
                    "Users can only be created with service provider access: "
                    "set archiveAdmin to true with the customer's consent.",
                )
            ]
        )
    if not new.start and (new.users or new.store or new.archive_admin):
        fault = InputFault("/start", "START_NEEDED", "A store or users need a started instance.")
        raise InvalidInput([fault])


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
        observed={},
        observe_time=None,
        kept_state={},
        delete_time=None,
        purge_time=None,
        create_time=time,
        update_time=time,
    )


def _creation(instance: Instance, new: NewInstance) -> list[Invocation]:
    config = {
        "alias": instance.alias or "",
        "displayName": instance.display_name,
        "instanceHost": instance.instance_host,
        "startMode": new.start_mode,
        "baseDirectory": instance.base_directory,
        "debugLogEnabled": False,
        "imapServerConnectionLogEnabled": False,
        "vssWriterEnabled": True,
        "vssWriterExcludeIndexes": False,
    }
    wishes = [Invocation(CREATE_INSTANCE, {"config": config})]
    if new.start:
        wishes.append(Invocation(START_INSTANCES))
    if new.store:
        path = store_path()
        wishes.append(Invocation(CREATE_STORE, {"name": new.store, "databasePath": path}))
    if new.archive_admin:
        wishes.append(Invocation(SET_ARCHIVE_ADMIN_ENABLED, {"enabled": True}))
    wishes += [Invocation(CREATE_USER, user) for user in new.users]
    wishes.append(Invocation(GET_INSTANCES, check="is-listed"))
    wishes.append(Invocation(GET_INSTANCE_CONFIGURATION, tolerant=True))
    return wishes


def store_path() -> str:
    r"""Derive a store's directory: ``~\`` is the instance's base directory (decision 8)."""
    return "~\\" + new_id(Prefix.INSTANCE).partition("_")[2]


EXPECTED = {
    "StartInstances": "is-not-stopped",
    "RestartInstances": "is-not-stopped",
    "StopInstances": "is-not-running",
}
"""What must be read after a command: SPE's success alone proves nothing (law 7)."""
PURGE = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(DELETE_INSTANCES),
    Invocation(GET_INSTANCES, check="is-gone", tolerant=True),
)
CONFIGURATION = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(STOP_INSTANCES, prepare="stop-to-configure"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="merge-configuration"),
    Invocation(START_INSTANCES, prepare="start-again", always=True),
    Invocation(GET_INSTANCES),
    Invocation(GET_INSTANCE_CONFIGURATION),
)
DELETION = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(GET_COMPLIANCE_CONFIGURATION, tolerant=True),
    Invocation(STOP_INSTANCES, prepare="stop-if-running"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="disable-start"),
    Invocation(GET_INSTANCES, check="is-not-running"),
)
UNDELETION = (
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="restore-start"),
    Invocation(START_INSTANCES, prepare="start-if-it-ran"),
    Invocation(GET_INSTANCES, tolerant=True),
)
