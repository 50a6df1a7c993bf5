"""Fills the sandbox through the gateway's REST API and the simulators' control planes."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gateway.cli.account import Account
from gateway.cli.announced import Announcement, registration
from gateway.cli.api_client import Call
from gateway.cli.sandbox import cast
from gateway.cli.sandbox.archives import contents_of
from gateway.cli.sandbox.control_plane import ControlPlane

AT_ONCE: Final = 4
"""Customers that are made side by side."""

HEADERS: Final = {"Prefer": "wait=30"}
FULL: Final = "?limit=500"

Document = dict[str, Any]
Announcements = Mapping[str, Announcement]


def steps() -> int:
    """Return how often ``Filling`` says that it went on."""
    return len((*cast.SITES, *cast.RESELLERS, *cast.COMPANIES, *cast.CALLERS)) + len(ENDINGS) + 1


ENDINGS: Final = (
    (cast.STOPPED, "POST", "/stop"),
    (cast.SUSPENDED, "POST", "/suspend"),
    (cast.DELETED, "DELETE", ""),
)
"""What becomes of some instances at last."""


@dataclass
class Filling:
    """Makes what is not there yet.

    Args:
        operator: who makes everything.
        servers: the announcements of the simulators by name.
        advance: called after each step.

    Attributes:
        deployments: opaque ids by name.
        resellers: likewise; the root has the empty name.
        instances: opaque ids by id at SPE.
        clients: with their secrets, as ``sandbox.json`` has them.
        webhook: with its secret, as it was answered; empty before.
    """

    operator: Account
    servers: Announcements
    advance: Callable[[], None]
    deployments: dict[str, str] = field(default_factory=dict)
    resellers: dict[str, str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    clients: list[Document] = field(default_factory=list)
    webhook: Document = field(default_factory=dict)

    def fill(self, receiver: str) -> None:
        """Do it all.

        Args:
            receiver: URL of what takes the webhook's deliveries.

        Raises:
            Failure: the gateway or a simulator refused something.
        """
        self._register()
        self._found()
        self._subscribe(receiver)
        self._settle()
        self._end()
        self._leave_unowned()
        self._admit()

    def _register(self) -> None:
        self.deployments = self._known("/deployments", "name")
        for site in cast.SITES:
            if site.name not in self.deployments:
                body = registration(site.name, self.servers[site.name])
                self.deployments[site.name] = self._make("/deployments", body)["id"]
            self.advance()

    def _found(self) -> None:
        """Make the resellers, those above first."""
        self.resellers = self._known("/resellers", "name")
        self.resellers[""] = self._ask("GET", "/me")["reseller"]
        for reseller in cast.RESELLERS:
            if reseller.name not in self.resellers:
                body = reseller.body(self.resellers[reseller.above])
                self.resellers[reseller.name] = self._make("/resellers", body)["id"]
            self.advance()

    def _settle(self) -> None:
        """Make the customers, some at a time."""
        self.instances = self._known("/instances", "instanceID")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._move_in, cast.COMPANIES):
                self.advance()

    def _move_in(self, company: cast.Company) -> None:
        """Make an instance with all that lies in it."""
        if company.instance_id in self.instances:
            return
        year = datetime.now(UTC).year
        made = self._make("/instances", self._instance(company, year))
        self.instances[company.instance_id] = made["id"]
        self._control(company.site).do("archive", contents_of(company, year))
        path = f"/instances/{made['id']}"
        self._make(f"{path}/profiles", _profile(company))
        self._make(f"{path}/jobs", JOB)

    def _instance(self, company: cast.Company, year: int) -> Document:
        return {
            "instanceID": company.instance_id,
            "displayName": company.name,
            "externalId": f"C-{cast.COMPANIES.index(company) + 1001}",
            "labels": {"plan": "gold" if company.users > cast.LARGE else "silver"},
            "reseller": self.resellers[company.reseller],
            "deployment": self.deployments[company.site],
            "archiveAdmin": True,
            "store": {"name": str(year)},
        }

    def _end(self) -> None:
        """Stop, suspend and delete some instances."""
        for instance, method, action in ENDINGS:
            self._ask(method, f"/instances/{self.instances[instance]}{action}")
            self.advance()

    def _leave_unowned(self) -> None:
        """Plant an instance that the gateway finds at its deployment."""
        company = cast.UNOWNED
        held = {"displayName": company.name, "archiveAdminEnabled": True}
        year = datetime.now(UTC).year
        planted = contents_of(company, year) | held
        self._control(company.site).do("seed", {"instances": [planted]})
        self._ask("POST", f"/deployments/{self.deployments[company.site]}/inventory/refresh")
        self.advance()

    def _admit(self) -> None:
        for caller in cast.CALLERS:
            self.clients.append(self._client(caller))
            self.advance()

    def _client(self, caller: cast.Caller) -> Document:
        body: Document = {
            "name": caller.name,
            "reseller": self.resellers[caller.reseller],
            "roles": [caller.role],
        }
        if caller.instance:
            body["instances"] = [self.instances[caller.instance]]
        made = self._make("/clients", body)
        return {
            "name": caller.name,
            "role": caller.role,
            "reseller": caller.reseller or None,
            "instance": caller.instance or None,
            "clientId": made["clientId"],
            "clientSecret": made["clientSecret"],
        }

    def _subscribe(self, receiver: str) -> None:
        body = {"name": "Sandbox", "url": receiver, "reseller": self.resellers[cast.NORTH]}
        self.webhook = self._make("/webhooks", body)

    def _control(self, site: str) -> ControlPlane:
        return ControlPlane(site, self.servers[site]["controlUrl"])

    def _known(self, path: str, name: str) -> dict[str, str]:
        """Return the opaque ids of what is there already, by a member."""
        return {each[name]: each["id"] for each in self._ask("GET", path + FULL)["items"]}

    def _make(self, path: str, body: Document) -> Document:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Document | None = None) -> Document:
        """Return what the gateway answers; what goes on is waited for."""
        answer = self.operator.call(Call(method, path, HEADERS, body))
        found: Document = answer.body or {}
        return found


JOB: Final = {
    "name": "Nightly verification",
    "action": "VerifyStores",
    "schedule": {"time": "02:30"},
}


def _profile(company: cast.Company) -> Document:
    return {
        "name": "Mail server, all mailboxes",
        "type": "I",
        "connector": "IMAP",
        "details": {
            "host": f"imap.{company.domain}",
            "userName": "archive",
            "password": "made up",
        },
    }
