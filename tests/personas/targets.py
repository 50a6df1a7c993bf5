"""Makes what a call is about: somebody's, or nobody's."""

import uuid
from collections.abc import Callable
from typing import Any

from gateway.billing.closing import Closing
from gateway.model import Month, Reach, now, statement_id
from gateway.storage import resellers
from tests.behind import strange, vanish
from tests.personas.model import ABSENT
from tests.personas.table import DIRECTORY, JOB, JSON, SMTP, WEBHOOK, Kind, Row
from tests.world import World, canary, registration

Target = dict[str, Any]

PREFIXES = {
    "instance": "ins",
    "deployment": "dep",
    "reseller": "res",
    "client": "cli",
    "operation": "op",
    "webhook": "whk",
    "delivery": "dlv",
    "statement": "stm",
}


def absent(world: World) -> Target:
    """Return ids that nothing has."""
    ids = {noun: f"{prefix}_{uuid.uuid4().hex}" for noun, prefix in PREFIXES.items()}
    name = f"tenant-{next(world.numbers)}"
    known = {"pin": "AB" * 32, "password": "wrong", "missing": 3, "version": "0" * 64}
    return {**ids, **known, "name": name, "path": "~\\nowhere", "to": f"res_{uuid.uuid4().hex}"}


def fresh(world: World, row: Row, owner: str) -> Target:
    """Make an object for one call, in the state that the call needs.

    Args:
        world: where.
        row: the operation that will be called.
        owner: whose, or ``ABSENT``.
    """
    target = absent(world)
    if owner != ABSENT and row.kind in MAKERS:
        target |= MAKERS[row.kind](world, row, owner)
    if row.state:
        STATES[row.state](world, target) if owner != ABSENT else None
    return target


def _instance(world: World, row: Row, owner: str) -> Target:
    whole = not row.permission.startswith("instances:")
    made = world.new_archive(owner) if whole else world.new_instance(owner)
    target = {"instance": made["id"], "name": made["instanceID"]}
    if row.name == "transferInstance":
        target["to"] = world.new_reseller(owner)["id"]
    return target


def _operation(world: World, row: Row, owner: str) -> Target:
    """An operation about an instance: one that has ended, unless the row wants otherwise."""
    target = _instance(world, row, owner)
    if row.state:
        return target
    page = world.call("GET", f"/operations?instance={target['instance']}")
    return target | {"operation": page["items"][0]["id"]}


def _reseller(world: World, row: Row, owner: str) -> Target:
    """A reseller directly below the owner, and its statement of the month that goes on."""
    del row
    reseller = world.new_reseller(owner)["id"]
    return {"reseller": reseller, "statement": statement_id(reseller, Month.of(now()))}


def _client(world: World, row: Row, owner: str) -> Target:
    del row
    return {"client": world.new_client(owner)["id"]}


def _webhook(world: World, row: Row, owner: str) -> Target:
    """A webhook that hears of little, with a delivery."""
    del row
    body = {**WEBHOOK, "name": f"{canary(owner)}hook", "reseller": world.resellers[owner]}
    webhook = world.call("POST", "/webhooks", body, 201)["id"]
    delivery = world.call("POST", f"/webhooks/{webhook}/test", status=201)["id"]
    return {"webhook": webhook, "delivery": delivery}


def _parent(world: World, row: Row, owner: str) -> Target:
    del row
    return {"reseller": world.resellers[owner]}


def _deployment(world: World, row: Row, owner: str) -> Target:
    """The deployment of an owner; one under another address where it is to be of no more use."""
    del owner
    site = world.sites["beta"]
    if row.name == "adoptInstance":
        name = f"tenant-{next(world.numbers)}"
        return {"instance": strange(world, site, name), "reseller": world.resellers["B"]}
    if row.name == "drainDeployment":
        return {"deployment": _closed(world)}
    if row.name == "deleteDeployment":
        body = registration(site.simulator, f"{canary('root')}spare", "localhost")
        return {"deployment": world.call("POST", "/deployments", body, 201)["id"]}
    said = site.simulator.announcement()
    return {"deployment": site.id, "pin": said["sha256"], "password": said["password"]}


def _closed(world: World) -> str:
    """A deployment on which nothing is placed, made once: another spelling of an address."""
    name = f"{canary('root')}closed"
    for found in world.call("GET", "/deployments?limit=100")["items"]:
        if found["name"] == name:
            return str(found["id"])
    body = registration(world.sites["beta"].simulator, name, "LOCALHOST")
    made = world.call("POST", "/deployments", body, 201)["id"]
    world.call("POST", f"/deployments/{made}/cordon")
    return str(made)


def _fleet(world: World, row: Row, owner: str) -> Target:
    del row, owner
    simulator = world.sites["alpha"].simulator
    body = registration(simulator, f"{canary('root')}new", "localhost")
    return {"registration": body, "port": body["port"]}


MAKERS: dict[Kind, Callable[[World, Row, str], Target]] = {
    Kind.INSTANCE: _instance,
    Kind.OPERATION: _operation,
    Kind.RESELLER: _reseller,
    Kind.CLIENT: _client,
    Kind.CREATE: _parent,
    Kind.DEPLOYMENT: _deployment,
    Kind.FLEET: _fleet,
    Kind.WEBHOOK: _webhook,
}


def _acted(method: str, verb: str) -> Callable[[World, Target], None]:
    def act(world: World, target: Target) -> None:
        world.call(method, f"/instances/{target['instance']}{verb}")

    return act


def _detached(world: World, target: Target) -> None:
    """Leave the store on disk alone, for somebody to attach."""
    found = world.call("DELETE", f"/instances/{target['instance']}/stores/1")
    target["path"] = found["databasePath"]


def _running(world: World, target: Target) -> None:
    """Let a verification run until somebody ends it."""
    for site in world.sites.values():
        site.control.pause()
    path = f"/instances/{target['instance']}/stores/verify"
    headers = {"Prefer": "wait=0"}
    world.forget()
    response = world.operator.post(path, json={}, headers=headers)
    assert response.status_code == 202, response.text
    target["operation"] = response.get_json()["id"]
    world.await_command("VerifyStores")


def _unknown(world: World, target: Target) -> None:
    """Lose the answer to a verification, of which nothing readable tells."""
    for site in world.sites.values():
        site.control.fault("drop-after", "VerifyStores")
    response = world.operator.post(f"/instances/{target['instance']}/stores/verify", json={})
    for site in world.sites.values():
        site.control.clear_faults()
    assert response.status_code == 502, response.text
    target["operation"] = response.get_json()["operation"]


def _given(method: str, path: str, body: JSON) -> Callable[[World, Target], None]:
    """Leave something inside the instance that the call is about."""

    def give(world: World, target: Target) -> None:
        response = world.operator.open(
            f"/instances/{target['instance']}{path}",
            method=method,
            json=body,
            headers={"Prefer": "wait=20"},
        )
        assert response.status_code in {200, 201}, response.text

    return give


def _busy_job(world: World, target: Target) -> None:
    """A job whose run goes on until somebody ends it."""
    _given("POST", "/jobs", JOB)(world, target)
    for site in world.sites.values():
        site.control.pause()
    world.call("POST", f"/instances/{target['instance']}/jobs/1/run")


PROFILE = {"name": "first", "type": "I", "connector": "IMAP"}
CREDENTIAL = {"type": "SignedEnvelope", "description": "first"}


def _archived(world: World, target: Target) -> None:
    """Let a profile have run: there is a folder with messages, and a worker result."""
    site = world.sites[next(name for name in world.sites if _has(world, name, target))]
    known = site.control.state()["instances"][target["name"]]
    entry = {
        "instanceID": target["name"],
        "instanceHost": known["instance_host"],
        "baseDirectory": known["base_directory"],
        "archiveAdminEnabled": True,
        "folders": [{"folder": "jane/Inbox", "messages": 3}],
        "workerResults": [{"daysAgo": 1}],
    }
    site.control.seed(instances=[entry])


def _has(world: World, name: str, target: Target) -> bool:
    return target["name"] in world.sites[name].control.state()["instances"]


def _servers(world: World, target: Target) -> None:
    """Let there be a host, a client access server and an administrator to spare."""
    site = next(one for one in world.sites.values() if one.id == target["deployment"])
    spare = [{"serverName": "spare"}]
    site.control.seed(
        hosts=spare,
        clientAccessServers=spare,
        administrators=[{"userName": "spare", "emailAddress": "spare@example.com"}],
    )


def _mailing(world: World, target: Target) -> None:
    """Let the deployment know a mail server, and somebody to write to."""
    _servers(world, target)
    settings = {name: value for name, value in SMTP.items() if name != "recipientEmailAddresses"}
    settings["recipientSystemAdministrator"] = ["spare"]
    world.call("PUT", f"/deployments/{target['deployment']}/smtp", settings)


def _suspended(world: World, target: Target) -> None:
    world.call("POST", f"/resellers/{target['reseller']}/suspend")


def _closed_statement(world: World, target: Target) -> None:
    """Let the month before be closed: the reseller had nothing in it."""
    month, database = Month.of(now()).previous, world.served.gateway.services.database
    with database.read() as connection:
        found = resellers.find(connection, Reach("/"), target["reseller"])
    assert found is not None
    assert Closing(database, 3600).close(found, month) is not None
    target["statement"] = statement_id(found.id, month)


def _doubted(world: World, target: Target) -> None:
    """Let a deployment on which nothing is placed list nothing of what was ours there."""
    target["deployment"] = _closed(world)
    vanish(world, target["deployment"], 3)
    found = world.call("POST", f"/deployments/{target['deployment']}/inventory/refresh")
    target |= {name: found["doubt"][name] for name in ("missing", "version")}


STATES: dict[str, Callable[[World, Target], None]] = {
    "suspended": _suspended,
    "stopped": _acted("POST", "/stop"),
    "frozen": _acted("POST", "/freeze"),
    "deleted": _acted("DELETE", ""),
    "suspended-instance": _acted("POST", "/suspend"),
    "detached": _detached,
    "running": _running,
    "unknown": _unknown,
    "job": _given("POST", "/jobs", JOB),
    "busy-job": _busy_job,
    "smtp": _given("PUT", "/smtp", SMTP),
    "directory": _given("PUT", "/directory-services", DIRECTORY),
    "disabled-store": _given("PATCH", "/stores/1", {"requestedState": "disabled"}),
    "two-stores": _given("POST", "/stores", {"name": "second"}),
    "profile": _given("POST", "/profiles", PROFILE),
    "credential": _given("POST", "/credentials", CREDENTIAL),
    "opened": _given("PUT", "/archive-admin", {"enabled": True}),
    "archived": _archived,
    "servers": _servers,
    "mailing": _mailing,
    "doubted": _doubted,
    "closed-statement": _closed_statement,
}
