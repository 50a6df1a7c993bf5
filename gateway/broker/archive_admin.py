"""The log-in as archive administrator of an instance."""

from gateway.broker.broker import Broker
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.archive_admin import CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN
from gateway.storage import deployments
from gateway.tenancy.caller import Caller


class ArchiveAdmin:
    """Makes one-time URLs whose base is the deployment's own, never the caller's.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def one_time_url(self, caller: Caller, instance: str) -> Operation:
        """Make a URL that logs in once; SPE chooses the base where none is registered.

        Raises:
            NotFound: the instance is absent, or another's.
            PermissionMissing: seen, but not allowed.
            Conflict: the instance is not active.
        """
        found = self._broker.instance(caller, instance)
        with self._broker.database.read() as connection:
            deployment = deployments.find(connection, found.deployment)
        base = deployment.instance_url if deployment else None
        arguments = {"instanceUrl": base} if base else {}
        wish = Invocation(CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN, arguments)
        return self._broker.call(caller, instance, [wish])
