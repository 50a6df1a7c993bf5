"""Archive stores at places that an operator names."""

from collections.abc import Mapping
from typing import Any

from gateway.access.permissions import Permission
from gateway.broker.broker import Broker
from gateway.broker.engine.store_paths import require_free_of_others
from gateway.storage import instances
from gateway.tenancy.caller import Caller


class Stores:
    """Judges where stores may lie.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def require_place(self, caller: Caller, instance: str, arguments: Mapping[str, Any]) -> None:
        """Refuse paths from all but operators, and those that another instance has.

        Args:
            caller: who names the paths.
            instance: opaque id.
            arguments: of the command, with its paths.

        Raises:
            NotFound: the instance is absent, or another's.
            PermissionMissing: the caller may not name paths.
            InUse: the paths belong to another instance.
        """
        found = self._broker.instance(caller, instance, Permission.STORES_PATHS)
        with self._broker.database.read() as connection:
            others = instances.neighbours(connection, found)
        require_free_of_others(arguments, found, others)
