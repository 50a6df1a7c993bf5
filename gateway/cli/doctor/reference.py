"""What is expected: the answers of a simulator, which a scenario gives something to show.

The simulator runs in this process and goes with the examination. A rich and a bare instance
are joined, and so is the deployment before and after it was furnished: a key which is null in
one of them may be null.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from gateway.broker.engine.reader import finished
from gateway.errors import DeclarationError
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import INSTANCE_FILTER, INSTANCE_ID
from gateway.spe.commands.instances import START_INSTANCES
from gateway.spe.endpoint import Endpoint

RICH: Final = "rich"
BARE: Final = "bare"
DISABLED: Final = "disabled"

SCENARIO: Final = Scenario(
    hosts=(
        {"serverName": "reference-host1"},
        {"serverName": "reference-host2", "baseDirectory": None},
    ),
    client_access_servers=({"serverName": "reference-access1"},),
    administrators=(
        {"userName": "second", "fullName": "Second Admin", "emailAddress": "two@example.com"},
    ),
    instances=(
        {
            "instanceID": RICH,
            "alias": "rich-alias",
            "displayName": "Rich",
            "archiveAdminEnabled": True,
            "stores": [
                {"name": "Mail", "requestedState": "current"},
                {"name": "Troubled", "error": "Unable to open the archive store Troubled."},
            ],
            "users": [
                {
                    "userName": "jane",
                    "fullName": "Jane Doe",
                    "distinguishedName": "CN=Jane",
                    "emailAddresses": ["jane@example.com"],
                    "pop3UserNames": ["jane"],
                    "privilegesOnFolders": {"jane": ["read"]},
                },
                {"userName": "root", "privileges": ["admin"]},
                {"userName": "joe"},
            ],
            "folders": [{"folder": "jane/Inbox/2024", "messages": 20}, {"folder": "joe/Inbox"}],
            "jobResults": [{"daysAgo": 1}],
            "workerResults": [
                {"daysAgo": 1},
                {"daysAgo": 2, "profileId": None, "profileName": None},
            ],
        },
        {"instanceID": BARE, "archiveAdminEnabled": True},
        {"instanceID": "stopped", "status": "stopped"},
        {"instanceID": DISABLED, "startMode": "disabled"},
    ),
)

_JOB: Final = {"action": "VerifyStores", "timeZoneId": "UTC"}
_SMTP: Final = {
    "hostname": "mail.example.com",
    "port": 587,
    "protocol": "SMTP-TLS",
    "username": "archive",
    "password": "reference",
    "fromDisplayName": "Archive",
    "fromEmailAddress": "archive@example.com",
}
_PROFILE: Final = {"type": "archive", "connector": "IMAP", "name": "Nightly", "details": {"a": "b"}}
FURNISHING: Final[Sequence[tuple[str, Mapping[str, Any]]]] = (
    ("CreateJob", {"name": "by hand", "action": "SelectAllStoreIndexesForRebuild"}),
    ("RunJobAsync", {"id": 1}),
    ("CreateJob", {"name": "once", **_JOB, "date": "2030-01-01T00:00:00"}),
    ("CreateJob", {"name": "often", **_JOB, "interval": 60}),
    ("CreateJob", {"name": "weekly", **_JOB, "time": "03:00", "dayOfWeek": "Sunday"}),
    ("CreateJob", {"name": "monthly", **_JOB, "time": "03:00", "dayOfMonth": "Last"}),
    ("CreateProfile", {"raw": True, "properties": _PROFILE}),
    ("CreateProfile", {"raw": True, "properties": {**_PROFILE, "name": "By hand"}}),
    (
        "SetProfileServerSideExecution",
        {
            "id": 1,
            "automatic": True,
            "automaticPauseBetweenExecutions": 3600,
            "automaticMaintenanceWindows": "22:00-23:00",
        },
    ),
    (
        "CreateCredential",
        {
            "type": "Office365_Modern",
            "description": "Tenant",
            "tenantId": "t",
            "applicationId": "a",
        },
    ),
    ("CreateCredential", {"type": "SignedEnvelope", "description": "Signed"}),
    ("SetSmtpSettings", {"settings": {**_SMTP, "recipientEmailAddresses": ["a@example.com"]}}),
    ("SetIndexConfiguration", {"config": {"attachmentExtensions": "pdf docx"}}),
    ("SetStoreAutoCreateConfiguration", {"config": {"sizeThreshold": "50GB"}}),
)
"""What the rich instance gets through the API, as a customer's would."""

DEPLOYMENT_FURNISHING: Final[Sequence[tuple[str, Mapping[str, Any]]]] = (
    (
        "SetSystemSmtpConfiguration",
        {"config": {**_SMTP, "recipientSystemAdministrator": ["second"]}},
    ),
)


@dataclass(frozen=True)
class Reference:
    """A simulator to look at, first as its scenario made it, later furnished.

    Attributes:
        endpoint: where it is.
    """

    endpoint: Endpoint
    _simulator: Simulator

    def furnish(self) -> None:
        """Set everything up that a customer might have set up.

        Raises:
            DeclarationError: the simulator refuses some of it.
        """
        with closing(Client(self.endpoint)) as client:
            for name, arguments in DEPLOYMENT_FURNISHING:
                _do(client, name, arguments)
            for name, arguments in FURNISHING:
                _do(client, name, {INSTANCE_ID.name: RICH, **arguments})
            # Fails, and leaves an instance with an error to show.
            finished(client, client.invoke(START_INSTANCES, {INSTANCE_FILTER.name: DISABLED}))
        self._simulator.server.deployment.clock.advance(60)  # the job has ended


@contextmanager
def reference() -> Iterator[Reference]:
    """Run the simulator that shows what is expected."""
    with Simulator("reference", scenario=SCENARIO) as simulator:
        told = simulator.announcement()
        endpoint = Endpoint(
            "reference",
            "127.0.0.1",
            told["port"],
            told["userName"],
            told["password"],
            told["sha256"],
        )
        yield Reference(endpoint, simulator)


def _do(client: Client, name: str, arguments: Mapping[str, Any]) -> None:
    status = finished(client, client.invoke(COMMANDS[name], arguments))
    if not status.succeeded:
        raise DeclarationError(f"{name}: the simulator refuses it ({status.error_message}).")
