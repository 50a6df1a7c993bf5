"""What the rules need to know of the deployments, read from the tables."""

from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.broker.placement.explanation import NoPlacement, Verdict
from gateway.broker.placement.hosts import Premises, Spot
from gateway.broker.placement.rules import Candidate, Code, Reason, reasons_against
from gateway.broker.placement.wish import Scope, Wish
from gateway.model import Deployment, Reseller
from gateway.storage import deployments, hosts, occupancy, resellers
from gateway.storage.occupancy import Occupancy


def candidates(connection: Connection, reseller: Reseller, wish: Wish) -> Sequence[Candidate]:
    """Return every deployment, as far as it concerns an instance of a reseller."""
    return _judged_by(connection, reseller, wish, deployments.every(connection), None)


def premises(connection: Connection, deployment: str) -> Premises:
    """Return what is known of the hosts of a deployment."""
    cordoned = {
        host.server_name.lower() for host in hosts.of(connection, deployment) if host.cordoned
    }
    return Premises(cordoned, occupancy.by_host(connection, deployment))


def require_place(connection: Connection, reseller: Reseller, wish: Wish, spot: Spot) -> None:
    """Look once more in the transaction that takes the place: others may have been quicker.

    It holds the deployment, so that of several who take places on it each sees the one before.

    Raises:
        NoPlacement: what the rules say is not so any more.
    """
    found = deployments.hold(connection, spot.deployment.id)
    if found is None:
        raise NoPlacement([])
    [candidate] = _judged_by(connection, reseller, wish, [found], found.id)
    reasons = [*reasons_against(candidate, wish), *_against_host(connection, candidate, wish, spot)]
    if reasons:
        raise NoPlacement([Verdict(candidate, tuple(reasons))])


def _judged_by(
    connection: Connection,
    reseller: Reseller,
    wish: Wish,
    among: Sequence[Deployment],
    only: str | None,
) -> list[Candidate]:
    open_to = resellers.deployments_of(connection, reseller)
    taken = occupancy.of(connection, only)
    apart = wish.anti_affinity
    label = (apart.label, str(apart.value)) if apart else None
    alike = occupancy.alike(connection, reseller.id, label, only) if label else {}
    return [
        Candidate(
            deployment=each,
            instances=(has := taken.get(each.id, Occupancy())).instances,
            running=has.running,
            is_open=open_to is None or each.id in open_to,
            alike=alike.get(each.id, {}),
        )
        for each in among
    ]


def _against_host(
    connection: Connection, candidate: Candidate, wish: Wish, spot: Spot
) -> list[Reason]:
    name, apart = spot.host.lower(), wish.anti_affinity
    found = []
    if name in premises(connection, candidate.deployment.id).cordoned:
        found.append(Reason(Code.NO_HOST, f"Its host {spot.host} was cordoned meanwhile."))
    if apart and apart.is_required and apart.scope is Scope.HOST and name in candidate.alike:
        said = f"Its host took an instance of this reseller with {apart.label}={apart.value}."
        found.append(Reason(Code.ANTI_AFFINITY, said))
    return found
