"""Rotation of the password that the gateway itself uses on a deployment.

SPE makes the new API password and forgets the old one at once, so the answer is all there is.
It is stored, encrypted, in the transaction that ends the operation; whoever uses the
deployment next, on any replica, finds it there by the revision.
"""

from typing import Any

from sqlalchemy import Connection

from gateway.broker.broker import Broker
from gateway.broker.engine.connections import Connections
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.preparations import latest
from gateway.broker.engine.reader import finished
from gateway.broker.engine.runner import Check
from gateway.broker.ledger import Ending
from gateway.errors import (
    Conflict,
    CredentialsRefused,
    NotFound,
    ReplyInvalid,
    UpstreamError,
)
from gateway.model import Instance, Operation, now
from gateway.spe.commands.environment import PING
from gateway.spe.commands.system_administrators import (
    CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD,
    GET_SYSTEM_ADMINISTRATORS,
)
from gateway.storage import deployments
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from gateway.tenancy.caller import Caller

KIND = "rotateCredential"
COMMAND = CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD.name


class Rotation:
    """Rotates credentials of deployments.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def rotate(self, caller: Caller, deployment: str, *, keep_password: bool) -> Operation:
        """Let SPE make another API password, try it, and use it from then on.

        Args:
            caller: an operator.
            deployment: opaque id.
            keep_password: the administrator's own password is kept elsewhere, so that a lost
                answer locks nobody out even without a second administrator.

        Raises:
            NotFound: the deployment is absent, or the caller is no operator.
            OperationInProgress: another rotation is under way.
        """
        found = self._broker.deployment(caller, deployment)
        context = {"userName": found.user_name, "keepPassword": keep_password}
        wishes = [
            Invocation(GET_SYSTEM_ADMINISTRATORS, check="second-administrator"),
            Invocation(CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD, check="new-password"),
        ]
        return self._broker.call_deployment(caller, deployment, wishes, context)


def second_administrator(operation: Operation, instance: Instance | None) -> None:
    """Refuse to rotate where a lost answer would lock everybody out (decision 24).

    Raises:
        Conflict: there is one administrator only, and its password is not kept.
    """
    del instance
    rows = latest(operation, GET_SYSTEM_ADMINISTRATORS.name)
    if not isinstance(rows, list):
        raise ReplyInvalid("The deployment's answer is not a list of administrators.")
    own = str(operation.context["userName"]).lower()
    others = {str(row.get("userName")).lower() for row in rows} - {own}
    if not others and not operation.context["keepPassword"]:
        raise Conflict(
            "The gateway's administrator is the only one: a lost answer would lock everybody "
            "out. Create a second one, or send keepPassword if its own password is kept."
        )


def new_password(operation: Operation) -> str | None:
    """Return the password that SPE answered, or None before it did."""
    found = latest(operation, COMMAND)
    password = found.get("password") if isinstance(found, dict) else found
    return password if isinstance(password, str) and password else None


def proving(database: Database, connections: Connections) -> Check:
    """Return the check that tries a new password before anybody relies on it.

    Args:
        database: the registry.
        connections: makes a client with the new password.
    """

    def check(operation: Operation, instance: Instance | None) -> None:
        """Note whether the password works; one that cannot be tried now is stored unproved.

        Raises:
            Conflict: it does not, so the old one is kept.
            ReplyInvalid: SPE answered none.
        """
        del instance
        password = new_password(operation)
        if password is None:
            raise ReplyInvalid("The deployment answered no password.", command=COMMAND)
        operation.context["verified"] = _works(
            database, connections, str(operation.deployment), password
        )

    return check


def _works(database: Database, connections: Connections, deployment: str, password: str) -> bool:
    with database.read() as connection:
        found = deployments.find(connection, deployment)
    if found is None:
        raise NotFound
    client = connections.candidate(found, password)
    try:
        return finished(client, client.invoke(PING, {})).succeeded
    except CredentialsRefused:
        raise Conflict(
            "SPE made a new API password but refuses it; the gateway keeps its old one."
        ) from None
    except UpstreamError:
        return False
    finally:
        client.close()


def storing(vault: Vault) -> Ending:
    """Return what the end of a rotation does to the registry.

    Args:
        vault: encrypts the password.
    """

    def ending(connection: Connection, operation: Operation) -> None:
        """Store the new password, unless it was refused when it was tried."""
        password = new_password(operation)
        if password is not None and "verified" in operation.context:
            values: dict[str, Any] = {"password": vault.seal(password), "update_time": now()}
            deployments.change(connection, str(operation.deployment), values)

    return ending


Built = tuple[dict[str, Check], dict[str, Ending]]


def rules(database: Database, vault: Vault, connections: Connections) -> Built:
    """Return the checks and the ending that a rotation needs of what the factory builds."""
    checks: dict[str, Check] = {
        "second-administrator": second_administrator,
        "new-password": proving(database, connections),
    }
    return checks, {KIND: storing(vault)}
