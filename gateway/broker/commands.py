"""The raw command: for operators, and under the same laws as everything else."""

from collections.abc import Mapping
from typing import Any

from gateway.broker.broker import Broker
from gateway.broker.engine.plan import Invocation, Place
from gateway.errors import Conflict, InputFault, InvalidInput, NotFound
from gateway.model import Deployment, Instance, Operation, Reach
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Command, Target
from gateway.storage import instances, names
from gateway.tenancy.caller import Caller

REFUSED = {
    "CreateInstance": "CreateInstance goes through /instances, which keeps owners.",
    "DeleteInstances": "DeleteInstances goes through /instances, which keeps tombstones.",
    "CreateSystemAdministratorAPIPassword": (
        "The new password would be lost to the gateway: use rotate-credential instead."
    ),
}
TENANT = {Target.INSTANCE: "instanceID", Target.INSTANCE_FILTER: "instanceFilter"}


class Commands:
    """Sends any command of the catalogue that a deployment lists.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def invoke(
        self,
        caller: Caller,
        deployment: str,
        name: str,
        arguments: Mapping[str, Any],
        *,
        confirmed: bool,
    ) -> Operation:
        """Send one command.

        Args:
            caller: an operator.
            deployment: opaque id.
            name: of the command.
            arguments: as SPE's reference names them.
            confirmed: the caller repeated the name, which a change needs.

        Raises:
            NotFound: neither we nor the deployment know the command.
            Conflict: it is one that must go through the instances' own operations.
            InvalidInput: an argument is wrong, or the confirmation is missing.
        """
        found = self._broker.deployment(caller, deployment)
        command = COMMANDS.get(name)
        if command is None or (found.commands and name not in found.commands):
            raise NotFound
        if name in REFUSED:
            raise Conflict(REFUSED[name])
        if command.effect.changes and not confirmed:
            fault = InputFault("/headers/Confirm", "CONFIRMATION", f"Send Confirm: {name}.")
            raise InvalidInput([fault])
        instance, rest = self._tenant(found, command, dict(arguments))
        principal = caller.principal
        owner = (instance.reseller, instance.reseller_path) if instance else None
        reseller, path = owner or (principal.reseller, principal.reach.path)
        place = Place(found.id, reseller, path, instance)
        return self._broker.start(caller, place, [Invocation(command, rest)])

    def _tenant(
        self, deployment: Deployment, command: Command, arguments: dict[str, Any]
    ) -> tuple[Instance | None, dict[str, Any]]:
        """Look up the instance that the arguments name, and take its name out of them."""
        key = TENANT.get(command.target)
        config = arguments.get("config")
        if command.name == "SetInstanceConfiguration" and isinstance(config, dict):
            arguments["config"] = {k: v for k, v in config.items() if k != "instanceID"}
            return self._known(deployment, config.get("instanceID"), "config/instanceID"), arguments
        if key is None:
            return None, arguments
        return self._known(deployment, arguments.pop(key, None), key), arguments

    def _known(self, deployment: Deployment, name: object, pointer: str) -> Instance:
        with self._broker.database.read() as connection:
            opaque = names.owner(connection, deployment.id, name) if isinstance(name, str) else None
            found = instances.find(connection, Reach("/"), opaque) if opaque else None
        if found is None or found.instance_id != name:
            fault = InputFault(
                f"/arguments/{pointer}",
                "INSTANCE_ID",
                "This must be the id of exactly one instance that is known on this deployment.",
            )
            raise InvalidInput([fault])
        return found
