"""Lists that tell whether something was made or removed: read before, and read again.

Each function answers what a reading shows: true, false, or None when it cannot tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.broker.engine.reader import Reader
from gateway.errors import ReplyInvalid
from gateway.model import Instance, Step
from gateway.spe.command import Command
from gateway.spe.commands.client_access_servers import GET_CLIENT_ACCESS_SERVERS
from gateway.spe.commands.credentials import GET_CREDENTIALS
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.spe.commands.jobs import GET_JOBS
from gateway.spe.commands.profiles import GET_PROFILES
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.system_administrators import GET_SYSTEM_ADMINISTRATORS
from gateway.spe.commands.time_zones import GET_TIME_ZONES
from gateway.spe.commands.users import GET_USERS

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Listing:
    """Where the objects of a noun are listed.

    Args:
        command: lists them.
        key: what tells one from the other, as SPE spells it in the list.
        argument: the same in the arguments of the noun's other commands.
        arguments: that the list needs.
    """

    command: Command
    key: str
    argument: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, reader: Reader, deployment: str, instance: Instance | None) -> Rows:
        """Read the list.

        Raises:
            UpstreamError: it cannot be read, or is none.
        """
        found = reader.read(deployment, self.command, self.arguments, instance)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise ReplyInvalid("The deployment's answer is not a list of objects.")
        return found

    def wanted(self, step: Step) -> str:
        """Return the key that a step is about, so that spellings of one name are equal."""
        place = step.arguments.get("config", step.arguments)
        return _folded(place.get(self.argument))

    def has(self, rows: Rows, step: Step) -> bool:
        """Whether the object that a step is about is in the list."""
        return self.wanted(step) in self.keys(rows)

    def keys(self, rows: Rows) -> list[str]:
        """Return the keys of a list."""
        return sorted(_folded(row.get(self.key)) for row in rows)


def _folded(key: object) -> str:
    return str(key).lower()


STORES = Listing(GET_STORES, "id", "id")
JOBS = Listing(GET_JOBS, "id", "id")
USERS = Listing(GET_USERS, "userName", "userName")
TIME_ZONES = Listing(GET_TIME_ZONES, "id", "timeZoneId")
PROFILES = Listing(GET_PROFILES, "id", "id", {"raw": True})
CREDENTIALS = Listing(GET_CREDENTIALS, "ID", "id")
INSTANCE_HOSTS = Listing(GET_INSTANCE_HOSTS, "serverName", "serverName")
CLIENT_ACCESS_SERVERS = Listing(
    GET_CLIENT_ACCESS_SERVERS, "serverName", "serverName", {"withServiceStatus": False}
)
ADMINISTRATORS = Listing(GET_SYSTEM_ADMINISTRATORS, "userName", "userName")

NUMBERED: Mapping[str, Listing] = {
    "AttachStore": STORES,
    "CreateJob": JOBS,
    "CreateProfile": PROFILES,
    "CreateCredential": CREDENTIALS,
}
"""Commands that make something to which SPE gives the number."""

NAMED: Mapping[str, Listing] = {
    "CreateInstanceHost": INSTANCE_HOSTS,
    "CreateClientAccessServer": CLIENT_ACCESS_SERVERS,
    "CreateSystemAdministrator": ADMINISTRATORS,
}
"""Commands that make something under a name of ours, on a whole deployment."""

REMOVED: Mapping[str, Listing] = {
    "DetachStore": STORES,
    "DeleteJob": JOBS,
    "DeleteProfile": PROFILES,
    "DeleteCredential": CREDENTIALS,
    "DeleteInstanceHost": INSTANCE_HOSTS,
    "DeleteClientAccessServer": CLIENT_ACCESS_SERVERS,
    "DeleteSystemAdministrator": ADMINISTRATORS,
}
"""Commands that take something off a list."""

CHANGED: Mapping[str, Listing] = {
    "RenameStore": STORES,
    "SetStoreRequestedState": STORES,
    "SetStorePath": STORES,
    "UnlockStore": STORES,
    "CompactStore": STORES,
    "VerifyStore": STORES,
    "UpgradeStore": STORES,
    "RecoverStore": STORES,
    "RecreateRecoveryRecords": STORES,
    "RepairStoreDatabase": STORES,
    "MergeStore": STORES,
    "RenameJob": JOBS,
    "SetJobEnabled": JOBS,
    "SetJobSchedule": JOBS,
    "RunJobAsync": JOBS,
    "CancelJobAsync": JOBS,
    "RunProfile": PROFILES,
    "SetProfileServerSideExecution": PROFILES,
    "GetCredential": CREDENTIALS,
    "SetCredentialDescription": CREDENTIALS,
    "SetCredentialSettings": CREDENTIALS,
    "SetInstanceHostConfiguration": INSTANCE_HOSTS,
    "GetDirectoriesOnInstanceHost": INSTANCE_HOSTS,
    "CreateDirectoryOnInstanceHost": INSTANCE_HOSTS,
    "SetClientAccessServerConfiguration": CLIENT_ACCESS_SERVERS,
    "SetSystemAdministratorConfiguration": ADMINISTRATORS,
    "SetSystemAdministratorPassword": ADMINISTRATORS,
    "InitializeSystemAdministratorMFA": ADMINISTRATORS,
    "DeactivateSystemAdministratorMFA": ADMINISTRATORS,
}
"""Commands about one thing of a list: when they fail, it may be absent."""
