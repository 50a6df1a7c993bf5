"""An instance as its deployment describes it now, before anybody gets it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from gateway.broker import admission
from gateway.broker.engine.diagnosis import diagnose
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.settlement import RUNNING, InstanceMissing
from gateway.broker.inventory.listed import listed
from gateway.errors import CommandFailed, Conflict, ReplyInvalid
from gateway.model import Instance, Resource, Step, now
from gateway.spe.command import is_instance_id
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION, GET_INSTANCES
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS

ILLEGAL = "Its id is none that a command can name as exactly one instance; rename it in SPE first."
WIDTHS = {"displayName": 200, "alias": 200, "instanceHost": 255, "baseDirectory": 500}
"""How much of a configuration our rows hold."""

Found = TypeVar("Found")


class Inspection:
    """Reads one instance, and what it holds.

    Args:
        reader: asks the deployments.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def look(self, instance: Instance) -> Instance:
        """Return an instance as its deployment describes it now.

        Raises:
            Conflict: its id cannot be named in a command.
            InstanceMissing: the deployment does not list it any more.
            ReplyInvalid: what is answered is about something else, or no use.
        """
        if not is_instance_id(instance.instance_id):
            raise Conflict(ILLEGAL)
        rows = self._read(
            instance, lambda: self._reader.rows(instance.deployment, GET_INSTANCES, instance)
        )
        if not rows:
            raise InstanceMissing
        configuration = self._read(
            instance,
            lambda: self._reader.record(instance.deployment, GET_INSTANCE_CONFIGURATION, instance),
        )
        seen = listed(rows, [])
        about = [*seen.rows, configuration.get("instanceID")]
        if seen.ignored or about != [instance.instance_id] * 2:
            raise ReplyInvalid("The deployment's answer is about another instance.")
        return replace(
            instance,
            observed=seen.rows[instance.instance_id],
            observe_time=now(),
            **_told(configuration),
        )

    def _read(self, instance: Instance, read: Callable[[], Found]) -> Found:
        """Read, and say of a refusal why it came."""
        try:
            return read()
        except CommandFailed as error:
            step = Step(error.command, {})
            raise diagnose(self._reader, step, instance.deployment, instance) or error from None

    def held(self, instance: Instance) -> dict[Resource, int]:
        """Return how many users and stores it has, as far as SPE tells; only of running ones."""
        held: dict[Resource, int] = {}
        if instance.observed.get("status") not in RUNNING:
            return held
        for command in (GET_STORES, GET_USERS):
            try:
                rows = self._reader.rows(instance.deployment, command, instance)
            except CommandFailed:  # users are shown with service provider access only
                continue
            held |= admission.counted(command.name, rows)
        return held


def _told(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration says, as columns.

    Raises:
        ReplyInvalid: it does not say where the archive lies, or more than a row can hold.
    """
    texts = {name: configuration.get(name) or "" for name in WIDTHS}
    if not all(isinstance(text, str) and len(text) <= WIDTHS[name] for name, text in texts.items()):
        raise ReplyInvalid("The deployment's configuration of the instance cannot be kept.")
    if not texts["baseDirectory"] or not texts["instanceHost"]:
        raise ReplyInvalid("The deployment does not say where the instance lies.")
    return {
        "display_name": texts["displayName"],
        "alias": texts["alias"] or None,
        "instance_host": texts["instanceHost"],
        "base_directory": texts["baseDirectory"],
    }
