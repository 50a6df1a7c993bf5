"""Chooses the deployment and the host of a new instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, func, select

from gateway.broker.engine.reader import Reader
from gateway.errors import NoPlacement, UpstreamError
from gateway.model import Deployment, Reseller
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.storage import deployments, resellers
from gateway.storage.database import Database
from gateway.storage.deployments import GONE
from gateway.storage.tables import instances

log = structlog.get_logger()


@dataclass(frozen=True)
class Wish:
    """What the caller asks of the place: a deployment by id, or labels that it must carry."""

    deployment: str | None = None
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Spot:
    """The place that was found: a deployment, a host on it, and its base directory."""

    deployment: Deployment
    host: str
    base_directory: str


class Placement:
    """Least-loaded placement.

    Args:
        database: the registry and the load.
        reader: asks the deployment for its hosts.
    """

    def __init__(self, database: Database, reader: Reader) -> None:
        self._database = database
        self._reader = reader

    def choose(self, reseller: Reseller, wish: Wish) -> Spot:
        """Find a place for an instance of a reseller.

        Raises:
            NoPlacement: no deployment fits, or none of its hosts has a base directory.
            UpstreamError: none of those that fit can be asked for its hosts.
        """
        with self._database.read() as connection:
            load = deployments.load(connection)
            open_to = resellers.deployments_of(connection, reseller)
            fitting = [
                deployment
                for deployment in deployments.every(connection)
                if _has_room(deployment, load.get(deployment.id, 0))
                and (open_to is None or deployment.id in open_to)
                and _is_wished(deployment, wish)
            ]
        if not fitting:
            raise NoPlacement(
                "No deployment fits: each is cordoned, full, not open to this reseller, "
                "or without the labels asked for."
            )
        return self._first_spot(sorted(fitting, key=lambda deployment: _fill(deployment, load)))

    def _first_spot(self, fitting: Sequence[Deployment]) -> Spot:
        """Pass over a deployment that is down or has no host to offer (law 8)."""
        *before, last = fitting
        for deployment in before:
            try:
                return self._spot(deployment)
            except (UpstreamError, NoPlacement) as error:
                log.warning("placement.passed_over", deployment=deployment.id, error=error.code)
        return self._spot(last)

    def _spot(self, deployment: Deployment) -> Spot:
        hosts = self._reader.rows(deployment.id, GET_INSTANCE_HOSTS)
        usable = [
            (str(host["serverName"]), base)
            for host in hosts
            if host.get("serverName")
            and (base := host.get("baseDirectory") or deployment.instance_base_directory)
        ]
        if not usable:
            raise NoPlacement(
                "No host of the deployment has a base directory; an operator sets "
                "instanceBaseDirectory of the deployment."
            )
        load = self._host_load(deployment.id)
        host, base = min(usable, key=lambda entry: (load.get(entry[0], 0), entry[0]))
        return Spot(deployment, host, str(base))

    def _host_load(self, deployment: str) -> dict[str, int]:
        query = (
            select(instances.c.instance_host, func.count().label("number"))
            .where(instances.c.deployment == deployment, instances.c.status.not_in(GONE))
            .group_by(instances.c.instance_host)
        )
        with self._database.read() as connection:
            return {row.instance_host: row.number for row in connection.execute(query)}


def require_room(connection: Connection, deployment: str) -> None:
    """Look once more in the transaction that takes the place: others may have been quicker.

    Raises:
        NoPlacement: the deployment was removed, cordoned or filled meanwhile.
    """
    found = deployments.hold(connection, deployment)
    load = deployments.load(connection)
    if found is None or not _has_room(found, load.get(deployment, 0)):
        raise NoPlacement("The deployment was filled or cordoned meanwhile; try again.")


def _has_room(deployment: Deployment, load: int) -> bool:
    return not deployment.cordoned and (deployment.capacity is None or load < deployment.capacity)


def _is_wished(deployment: Deployment, wish: Wish) -> bool:
    return wish.deployment in {None, deployment.id} and _carries(
        deployment.labels, wish.labels or {}
    )


def _carries(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _fill(deployment: Deployment, load: Mapping[str, int]) -> tuple[float, int, str]:
    """The share of the capacity that is taken, then the number, then the id."""
    number = load.get(deployment.id, 0)
    share = number / deployment.capacity if deployment.capacity else 0.0
    return (share, number, deployment.id)
