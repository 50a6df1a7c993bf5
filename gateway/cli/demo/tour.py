"""The main job, end to end, through the REST API: two deployments, two resellers, one gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.cli.announced import Announcement, registration
from gateway.cli.api_client import Call
from gateway.cli.demo.guide import CREATED, Guide, Visitor, expect

ACCEPTED: Final = 202
NOT_FOUND: Final = 404
INVALID: Final = 422
PATIENT: Final = {"Prefer": "wait=20"}
IMPATIENT: Final = {"Prefer": "wait=0"}


@dataclass(frozen=True)
class Customer:
    """What a reseller sells in the tour."""

    reseller: str
    variable: str
    instance_id: str
    display_name: str
    user: str


CUSTOMERS: Final = (
    Customer("Northwind IT", "NORTH", "acme", "Acme Corporation", "jane.doe"),
    Customer("Southside Hosting", "SOUTH", "globex", "Globex GmbH", "max.muster"),
)


class Tour:
    """Walks through the gateway; every step raises Failure if it does not go as told.

    Args:
        guide: sends and shows.
        deployments: the announcements of the simulated servers, by name.

    Attributes:
        visitors: who signed in so far.
    """

    def __init__(self, guide: Guide, deployments: Mapping[str, Announcement]) -> None:
        self._guide = guide
        self._deployments = deployments
        self.visitors: list[Visitor] = []

    def walk(self, client_id: str, client_secret: str) -> None:
        """Walk all the way, beginning as the first operator."""
        operator = self._sign_in(client_id, client_secret)
        ids = [self._register(operator, name) for name in self._deployments]
        resellers = self._resellers(operator)
        instances = self._instances(resellers)
        expect("The deployments used", {each["deployment"] for each in instances}, set(ids))
        self._furnish(resellers[0], instances[0]["id"])
        self._verify(resellers[0], instances[0]["id"])
        self._overview(operator, instances)
        self._isolation(resellers[1], instances)
        self._health(operator, ids)

    def _sign_in(self, client_id: str, client_secret: str) -> Visitor:
        self._guide.screen.heading("The operator signs in")
        self.visitors.append(self._guide.admit("OPERATOR", client_id, client_secret))
        return self.visitors[-1]

    def _register(self, operator: Visitor, name: str) -> str:
        """Register a deployment the careful way, and return its id."""
        guide, server = self._guide, self._deployments[name]
        guide.screen.heading(f"The operator registers the deployment {name}")
        guide.screen.say("Look at its certificate first; no password is sent.")
        new = registration(name, server)
        place = {member: new[member] for member in ("host", "port")}
        probe = guide.ask(operator, Call("POST", "/deployments/probe", body=place)).body
        expect("The thumbprint", probe["sha256"].upper(), server["sha256"].upper())
        guide.screen.say("Without a pin nothing is sent either; the problem says what was found.")
        unpinned = {member: new[member] for member in new if member != "certificate"}
        call = Call("POST", "/deployments", body=unpinned)
        refused = guide.ask(operator, call, INVALID).body["errors"]
        named = any(server["sha256"].lower() in fault["detail"].lower() for fault in refused)
        expect("Whether the problem names the thumbprint", named, wanted=True)
        guide.screen.say("With the pin it is compared, then the password is tried.")
        made = guide.ask(operator, Call("POST", "/deployments", body=new), CREATED).body
        return str(made["id"])

    def _resellers(self, operator: Visitor) -> list[Visitor]:
        """Make two resellers with a client each, and sign those in."""
        guide = self._guide
        guide.screen.heading("Two resellers, each with an API client")
        found = []
        for customer in CUSTOMERS:
            call = Call("POST", "/resellers", body={"name": customer.reseller})
            reseller = guide.ask(operator, call, CREATED).body["id"]
            body = {"name": "Portal", "reseller": reseller, "roles": ["reseller-admin"]}
            client = guide.ask(operator, Call("POST", "/clients", body=body), CREATED).body
            found.append(guide.admit(customer.variable, client["clientId"], client["clientSecret"]))
        self.visitors += found
        return found

    def _instances(self, resellers: list[Visitor]) -> list[dict[str, Any]]:
        guide = self._guide
        guide.screen.heading("One instance for each reseller; the least loaded deployment takes it")
        return [
            guide.ask(visitor, _creation(customer), CREATED).body
            for visitor, customer in zip(resellers, CUSTOMERS, strict=True)
        ]

    def _furnish(self, reseller: Visitor, instance: str) -> None:
        guide, path = self._guide, f"/instances/{instance}"
        guide.screen.heading("A further store and a further user")
        store = Call("POST", f"{path}/stores", PATIENT, {"name": "Archive 2026"})
        guide.ask(reseller, store, CREATED)
        user = {"userName": "john.doe", "fullName": "John Doe", "password": "correct horse"}
        guide.ask(reseller, Call("POST", f"{path}/users", PATIENT, user), CREATED)
        users = guide.ask(reseller, Call("GET", f"{path}/users", PATIENT)).body["items"]
        names = {each["userName"] for each in users}
        expect("The users", names & {"jane.doe", "john.doe"}, {"jane.doe", "john.doe"})

    def _verify(self, reseller: Visitor, instance: str) -> None:
        """Verify a store, which takes a while, and follow it."""
        guide, path = self._guide, f"/instances/{instance}/stores"
        guide.screen.heading("A store is verified: 202, then its operation is followed")
        store = guide.ask(reseller, Call("GET", path, PATIENT)).body["items"][0]["id"]
        start = Call("POST", f"{path}/{store}/verify", IMPATIENT, {"includeIndexes": True})
        begun = guide.ask(reseller, start, ACCEPTED)
        guide.screen.say("While it runs, its progress and its log are there to be read.")
        end = guide.follow(reseller, begun.body["id"])
        expect("The end of the verification", end["status"], "succeeded")
        done = guide.ask(reseller, Call("GET", begun.headers["Location"])).body
        expect("Whether it finished", done["result"]["finished"], wanted=True)

    def _overview(self, operator: Visitor, instances: list[dict[str, Any]]) -> None:
        guide = self._guide
        guide.screen.heading("The operator sees both deployments in one list, asked live")
        page = guide.ask(operator, Call("GET", "/instances?consistency=live")).body
        expect("The instances", _ids(page["items"]), _ids(instances))
        expect("Their status", {each["status"] for each in page["items"]}, {"running"})
        expect("The unreachable deployments", page["unreachable"], [])

    def _isolation(self, other: Visitor, instances: list[dict[str, Any]]) -> None:
        """Show that a reseller sees its own, and that another's instance is simply absent."""
        guide, (foreign, own) = self._guide, instances
        guide.screen.heading("What the other reseller sees: its own, and nothing else")
        page = guide.ask(other, Call("GET", "/instances")).body
        expect("Its instances", _ids(page["items"]), [own["id"]])
        absent = foreign["id"][:-12] + "0" * 12
        guide.screen.say("Another's instance and one that never was get the same answer.")
        answers = [
            guide.ask(other, Call("GET", f"/instances/{opaque}"), NOT_FOUND).body
            for opaque in (foreign["id"], absent)
        ]
        alike = [{**body, "instance": "", "requestId": ""} for body in answers]
        expect("The two answers", alike[0], alike[1])

    def _health(self, operator: Visitor, deployments: list[str]) -> None:
        self._guide.screen.heading("Health")
        for opaque in deployments:
            call = Call("GET", f"/deployments/{opaque}/health")
            health = self._guide.ask(operator, call).body
            expect("Whether it is reachable", health["reachable"], wanted=True)
        ready = self._guide.ask(operator, Call("GET", "/readyz")).body
        expect("The gateway", ready["status"], "ok")


def _creation(customer: Customer) -> Call:
    """Return the request for an instance with a store and a user, waiting for its end."""
    body = {
        "instanceID": customer.instance_id,
        "displayName": customer.display_name,
        "archiveAdmin": True,
        "store": {"name": "Mail"},
        "users": [{"userName": customer.user, "password": "correct horse"}],
    }
    return Call("POST", "/instances", PATIENT, body)


def _ids(items: list[dict[str, Any]]) -> list[str]:
    return sorted(each["id"] for each in items)
