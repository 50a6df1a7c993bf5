"""Deployments that cannot be reached: told when it begins, and when it is over, each once.

Whoever finds it first says so, whatever the process: a visit, or the breaker of the line. The row
of the deployment keeps that it was told.
"""

import structlog
from sqlalchemy import Connection

from gateway.broker import telling
from gateway.broker.engine.breakers import is_failure
from gateway.errors import StorageUnavailable, UpstreamError
from gateway.model import EventType, now
from gateway.spe.mapping import DeploymentBusy
from gateway.storage import deployments
from gateway.storage.database import Database

log = structlog.get_logger()


def begin(connection: Connection, deployment: str, problem: str) -> None:
    """Note that a deployment cannot be reached, and tell it unless that was told."""
    if deployments.fall(connection, deployment, now()):
        telling.deployment(connection, EventType.DEPLOYMENT_DOWN, deployment, {"problem": problem})


def end(connection: Connection, deployment: str) -> None:
    """Note that a deployment has answered, and tell it if it was told to be down."""
    if deployments.rise(connection, deployment):
        telling.deployment(connection, EventType.DEPLOYMENT_UP, deployment)


def speaks_of_one(error: UpstreamError) -> bool:
    """Whether an error means that a deployment cannot be reached; a refusal is an answer."""
    return is_failure(error) and not isinstance(error, DeploymentBusy)


class Outages:
    """Notes outages that are found where no transaction is.

    Args:
        database: the registry.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, deployment: str, problem: str | None) -> None:
        """Note how a deployment is; when that cannot be written, the next visit finds it too.

        Args:
            deployment: opaque id.
            problem: the code of why it cannot be reached; None if it can.
        """
        try:
            with self._database.read() as connection:
                found = deployments.find(connection, deployment)
            if found is None or (found.down_time is None) == (problem is None):
                return
            with self._database.write() as connection:
                if problem is None:
                    end(connection, deployment)
                else:
                    begin(connection, deployment, problem)
        except StorageUnavailable:
            log.warning("deployment.outage_not_noted", deployment=deployment)
