"""What reads rely on, as it was half a second ago at most; changes look for themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from gateway.model import Deployment, Instance, Reach
from gateway.storage import deployments, instances
from gateway.storage.database import Database
from gateway.storage.generations import Generation, Kept

INSTANCES: Final = 10_000
DEPLOYMENTS: Final = 2_000
"""How many of each a process remembers; an instance once for each part of the tree that asks."""

_SETS: Final = 20
"""How many sets of commands are kept: one for each version of SPE, which many deployments have."""

Commands = Mapping[str, Sequence[str]]


class Known:
    """Instances and deployments, kept until one of them changes in whatever process.

    Whether an instance is reached is decided by the tenant predicate alone: what is kept is what
    the database answered for this very reach.

    Args:
        database: where they lie.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        fleet = [Generation.FLEET]
        self._instances: Kept[tuple[Reach | None, str], Instance | None]
        self._instances = Kept(database.generations, fleet, INSTANCES)
        self._deployments: Kept[str, Deployment | None]
        self._deployments = Kept(database.generations, fleet, DEPLOYMENTS)
        self._commands: dict[str, Commands] = {}

    def instance(self, reach: Reach, instance: str) -> Instance | None:
        """Return an instance that is reached, or None.

        Raises:
            StorageUnavailable: nothing tells whether what is kept still counts.
        """
        return self._instances.get((reach, instance), partial(self._find, reach, instance))

    def tracked(self, instance: str) -> Instance | None:
        """Return an instance, or None: for what goes on after its caller was judged.

        Raises:
            StorageUnavailable: nothing tells whether what is kept still counts.
        """
        return self._instances.get((None, instance), partial(self._track, instance))

    def deployment(self, deployment: str) -> Deployment | None:
        """Return a deployment, or None.

        Raises:
            StorageUnavailable: nothing tells whether what is kept still counts.
        """
        return self._deployments.get(deployment, partial(self.present, deployment))

    def present(self, deployment: str) -> Deployment | None:
        """Return a deployment as it is now, or None: for changes."""
        with self._database.read() as connection:
            found = deployments.find(connection, deployment)
        return found and replace(found, commands=self._shared(found.commands))

    def _find(self, reach: Reach, instance: str) -> Instance | None:
        with self._database.read() as connection:
            return instances.find(connection, reach, instance)

    def _track(self, instance: str) -> Instance | None:
        with self._database.read() as connection:
            return instances.tracked(connection, instance)

    def _shared(self, commands: Commands) -> Commands:
        """Return the one copy of a set of commands: a thousand of them would take much memory."""
        if len(self._commands) >= _SETS:
            self._commands.clear()
        return self._commands.setdefault(repr(commands), commands)
