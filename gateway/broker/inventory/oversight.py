"""How old our knowledge of each deployment is, and what stands against it. For operators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from gateway.broker.broker import Broker
from gateway.broker.inventory.synchronisation import Acceptance, Synchronisation
from gateway.errors import Conflict
from gateway.model import Resource
from gateway.storage import deployments, holdings, hosts, inventories, sightings, unowned
from gateway.storage.inventories import Inventory
from gateway.storage.sightings import Drifts
from gateway.tenancy import audit
from gateway.tenancy.authorise import denied, permit
from gateway.tenancy.caller import Caller

ANOTHER = "The list lacks other instances by now than you name; look at the inventory again."


@dataclass(frozen=True)
class Overview:
    """A deployment's read model in numbers.

    ``state`` is None for a deployment that was never asked. ``held`` is what its instances have
    together, as far as we admitted or saw it.
    """

    deployment: str
    state: Inventory | None
    unowned: int
    drifts: Drifts
    hosts: int
    held: Mapping[Resource, int]


class Oversight:
    """Shows, refreshes and settles read models.

    Args:
        broker: the door.
        synchronisation: keeps them.
    """

    def __init__(self, broker: Broker, synchronisation: Synchronisation) -> None:
        self._broker = broker
        self._database = broker.database
        self._synchronisation = synchronisation

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Overview]:
        """Return the read models of some deployments, in the order of their ids.

        Raises:
            PermissionMissing: the caller is no operator, or may not.
        """
        self._permit(caller)
        with self._database.read() as connection:
            found = [one.id for one in deployments.page(connection, after, limit)]
            return _overviews(connection, found)

    def _permit(self, caller: Caller) -> None:
        own = caller.principal.reseller
        if not caller.principal.is_operator:
            raise denied(self._database, caller, own)
        permit(self._database, caller, own)

    def one(self, caller: Caller, deployment: str) -> Overview:
        """Return the read model of a deployment.

        Raises:
            NotFound: it is absent, or the caller is no operator.
        """
        found = self._broker.deployment(caller, deployment).id
        with self._database.read() as connection:
            return _overviews(connection, [found])[0]

    def refresh(self, caller: Caller, deployment: str) -> Overview:
        """Ask a deployment now.

        Raises:
            NotFound: it is absent, or the caller is no operator.
            UpstreamError: it cannot be asked.
        """
        self._synchronisation.refresh(self._broker.deployment(caller, deployment).id)
        return self.one(caller, deployment)

    def accept(self, caller: Caller, deployment: str, missing: int, version: str) -> Overview:
        """Confirm that the instances of a doubt are gone; the deployment is asked once more.

        Args:
            caller: who confirms.
            deployment: its id.
            missing: how many are gone.
            version: of the doubt, which says which.

        Raises:
            NotFound: the deployment is absent, or the caller is no operator.
            Conflict: nothing is doubted, or others than these; nothing is marked missing.
            UpstreamError: the deployment cannot be asked.
        """
        found = self._broker.deployment(caller, deployment).id
        with self._database.read() as connection:
            state = inventories.find(connection, found)
        doubt = (state and state.doubt) or {}
        if (doubt.get("missing"), doubt.get("version")) != (missing, version):
            raise Conflict(ANOTHER)
        acceptance = Acceptance(version, partial(_note, caller, found))
        if self._synchronisation.accept(found, acceptance).doubt is not None:
            raise Conflict(ANOTHER)
        return self.one(caller, deployment)


def _overviews(connection: Connection, found: Sequence[str]) -> Sequence[Overview]:
    """Return the read models of deployments, in their order."""
    states, drifts = inventories.states(connection), sightings.drifts(connection, found)
    strangers, servers = unowned.numbers(connection, found), hosts.numbers(connection, found)
    held = holdings.on_deployments(connection, found)
    return [
        Overview(
            one,
            states.get(one),
            strangers.get(one, 0),
            drifts.get(one, Drifts()),
            servers.get(one, 0),
            held.get(one, {}),
        )
        for one in found
    ]


def _note(caller: Caller, deployment: str, connection: Connection) -> None:
    audit.changed(connection, caller, deployment, ["inventory"])
