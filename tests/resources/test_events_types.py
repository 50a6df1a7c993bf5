"""Each type of event is told when that happens which it tells, and by somebody."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.broker.capabilities import Capabilities
from gateway.broker.rounds import Rounds
from gateway.events.catalogue import MEANINGS
from gateway.model import Deployment, EventType, now
from gateway.spe.certificate import probe
from gateway.storage import deployments
from tests.answers import JSON
from tests.behind import Console, refreshed, strange
from tests.core import until
from tests.resources.heard import settle
from tests.world import Site, World, registration

Scene = Callable[[World], str]
"""Lets something happen, and returns the id of what it happens to."""

ELSEWHERE = {
    EventType.GATEWAY_RESTORED: "tests/faults/test_restore.py",
    EventType.LICENCES_CHANGED: "tests/billing",
    EventType.ARCHIVING_STOPPED: "tests/billing/watch",
    EventType.ARCHIVING_RESUMED: "tests/billing/watch",
    EventType.PROFILE_FAILED: "tests/billing/watch",
    EventType.INDEX_REBUILD_NEEDED: "tests/billing/watch",
    EventType.STORE_FAILED: "tests/billing/watch",
    EventType.STORE_RECOVERED: "tests/billing/watch",
    EventType.STATEMENT_CLOSED: "tests/billing",
    EventType.STATEMENT_CORRECTED: "tests/billing",
    EventType.WEBHOOK_DISABLED: "tests/events",
    EventType.WEBHOOK_TEST: "tests/events",
    EventType.BASELINE: "tests/billing",
}
"""Types that are told of other nouns, and where that is tested."""


# instances


def made(world: World) -> JSON:
    return world.new_instance("A")


def created(world: World) -> str:
    return str(made(world)["id"])


def act(world: World, instance: JSON, action: str, **body: object) -> str:
    world.call("POST", f"/instances/{instance['id']}/{action}", body)
    return str(instance["id"])


def updated(world: World) -> str:
    found = made(world)["id"]
    world.call("PATCH", f"/instances/{found}", {"externalId": "another", "labels": {"a": "b"}})
    return str(found)


def suspended(world: World) -> str:
    return act(world, made(world), "suspend")


def resumed(world: World) -> str:
    found = made(world)
    act(world, found, "suspend")
    return act(world, found, "resume")


def deleted(world: World) -> str:
    found = made(world)["id"]
    world.call("DELETE", f"/instances/{found}")
    return str(found)


def undeleted(world: World) -> str:
    found = made(world)
    world.call("DELETE", f"/instances/{found['id']}")
    return act(world, found, "undelete")


def purged(world: World) -> str:
    found = made(world)
    world.call("DELETE", f"/instances/{found['id']}")
    return act(world, found, "purge", instanceID=found["instanceID"], legalHoldChecked=True)


def adopted(world: World) -> str:
    found = strange(world, world.sites["alpha"], f"found-{next(world.numbers)}")
    world.call("POST", f"/inventory/{found}/adopt", {"reseller": world.resellers["A"]}, 201)
    return found


def released(world: World) -> str:
    found = made(world)
    body = {"instanceID": found["instanceID"]}
    world.call("POST", f"/inventory/{found['id']}/release", body)
    return str(found["id"])


def transferred(world: World) -> str:
    return act(world, made(world), "transfer", reseller=world.resellers["B"])


def drifted(world: World) -> str:
    found, site = made(world), world.sites["alpha"]
    Console(site.simulator).change(found["instanceID"], displayName="another")
    refreshed(world, site)
    return str(found["id"])


def drift_ended(world: World) -> str:
    found, site = made(world), world.sites["alpha"]
    Console(site.simulator).change(found["instanceID"], displayName="another")
    refreshed(world, site)
    Console(site.simulator).change(found["instanceID"], displayName=found["displayName"])
    refreshed(world, site)
    return str(found["id"])


# operations


def operation(world: World, instance: JSON, kind: str) -> str:
    page = world.call("GET", f"/operations?instance={instance['id']}&kind={kind}")
    return str(page["items"][0]["id"])


def started(world: World) -> str:
    return operation(world, made(world), "createInstance")


def failed(world: World) -> str:
    found = made(world)
    world.sites["alpha"].control.fault("failed", "StopInstances", text="out of order", count=1)
    answer = world.operator.post(f"/instances/{found['id']}/stop")
    assert answer.status_code == 502
    return operation(world, found, "stopInstance")


def cancelled(world: World) -> str:
    archive, control = world.new_archive("A"), world.sites["alpha"].control
    control.pause()
    url = f"/instances/{archive['id']}/stores/verify"
    begun = world.operator.post(url, json={}, headers={"Prefer": "wait=0"}).get_json()["id"]
    world.await_command("VerifyStores")
    world.call("POST", f"/operations/{begun}/cancel", status=202)
    for held in control.operations():
        control.transition(held["token"], "cancelled")
    control.resume()
    until(lambda: world.call("GET", f"/operations/{begun}")["status"] == "cancelled")
    return str(begun)


def unknown(world: World) -> str:
    archive, control = world.new_archive("A"), world.sites["alpha"].control
    store = f"/instances/{archive['id']}/stores/1"
    world.call("PATCH", store, {"requestedState": "disabled"})
    control.fault("drop-before", "RecoverStore", count=1)
    world.operator.post(f"{store}/recover", json={})
    return operation(world, archive, "recoverStore")


def resolved(world: World) -> str:
    found = unknown(world)
    world.call("POST", f"/operations/{found}/resolve", {"outcome": "failed", "note": "I looked."})
    return found


# resellers


def full(world: World) -> str:
    found = str(world.new_reseller("A")["id"])
    world.call("PUT", f"/resellers/{found}/quotas", {"limits": {"instances": 1}})
    world.new_instance("A", reseller=found)
    return found


def reseller_suspended(world: World) -> str:
    found = str(world.new_reseller("A")["id"])
    world.call("POST", f"/resellers/{found}/suspend")
    return found


def reseller_resumed(world: World) -> str:
    found = reseller_suspended(world)
    world.call("POST", f"/resellers/{found}/resume")
    return found


# deployments


def row(world: World, site: Site) -> Deployment:
    with world.served.gateway.services.database.read() as connection:
        found = deployments.find(connection, site.id)
    assert found is not None
    return found


def down(world: World) -> str:
    site = world.sites["beta"]
    site.control.enter("down")
    for _ in range(2):
        answer = world.operator.post(f"/deployments/{site.id}/inventory/refresh")
        assert answer.status_code == 503, answer.text
    site.control.enter("up")
    return site.id


def up(world: World) -> str:
    site, found = world.sites["beta"], down(world)
    for _ in range(2):
        refreshed(world, site)
    return found


def quarantined(world: World) -> str:
    site = world.sites["beta"]
    site.simulator.exchange_certificate()
    site.control.enter("up")  # for those who are connected too
    for _ in range(2):
        assert world.call("GET", f"/deployments/{site.id}/health")["reachable"] is False
    return site.id


def certificate_changed(world: World) -> str:
    found = quarantined(world)
    repinned(world, world.sites["beta"])
    return found


def repinned(world: World, site: Site) -> None:
    said = registration(site.simulator, "")
    body = {"pin": said["certificate"]["pin"], "password": said["password"]}
    world.call("POST", f"/deployments/{site.id}/repin", body)


def certificate_ending(world: World) -> str:
    gateway, site = world.served.gateway, world.sites["alpha"]
    known = row(world, site)
    shown = probe("127.0.0.1", known.port, 10)
    soon = replace(shown, not_after=now() + timedelta(days=20))
    broker = gateway.services.broker
    rounds = Rounds(broker, Capabilities(broker, gateway.connections), gateway.connections)
    rounds._visit(known)  # noqa: SLF001 # the chore comes once an hour
    gateway.connections.watcher(known)(soon, None)
    for _ in range(2):
        rounds._visit(known)  # noqa: SLF001 # the chore comes once an hour
    return site.id


SCENES: dict[EventType, Scene] = {
    EventType.INSTANCE_CREATED: created,
    EventType.INSTANCE_UPDATED: updated,
    EventType.INSTANCE_SUSPENDED: suspended,
    EventType.INSTANCE_RESUMED: resumed,
    EventType.INSTANCE_DELETED: deleted,
    EventType.INSTANCE_UNDELETED: undeleted,
    EventType.INSTANCE_PURGED: purged,
    EventType.INSTANCE_ADOPTED: adopted,
    EventType.INSTANCE_RELEASED: released,
    EventType.INSTANCE_TRANSFERRED_IN: transferred,
    EventType.INSTANCE_TRANSFERRED_OUT: transferred,
    EventType.INSTANCE_DRIFTED: drifted,
    EventType.INSTANCE_DRIFT_ENDED: drift_ended,
    EventType.OPERATION_STARTED: started,
    EventType.OPERATION_SUCCEEDED: started,
    EventType.OPERATION_FAILED: failed,
    EventType.OPERATION_CANCELLED: cancelled,
    EventType.OPERATION_UNKNOWN: unknown,
    EventType.OPERATION_RESOLVED: resolved,
    EventType.QUOTA_THRESHOLD_REACHED: full,
    EventType.RESELLER_SUSPENDED: reseller_suspended,
    EventType.RESELLER_RESUMED: reseller_resumed,
    EventType.DEPLOYMENT_DOWN: down,
    EventType.DEPLOYMENT_UP: up,
    EventType.DEPLOYMENT_QUARANTINED: quarantined,
    EventType.DEPLOYMENT_CERTIFICATE_CHANGED: certificate_changed,
    EventType.DEPLOYMENT_CERTIFICATE_ENDING: certificate_ending,
}


def last(world: World) -> int:
    return int(world.call("GET", "/events?limit=1")["last"])


def told(world: World, after: int, kind: EventType, subject: str) -> list[JSON]:
    page = world.call("GET", f"/events?after={after}&types={kind}&limit=1000")
    return [each for each in page["items"] if each["subject"] == subject]


def test_every_type_is_told_by_somebody() -> None:
    assert set(SCENES) | set(ELSEWHERE) == set(EventType) == set(MEANINGS)
    assert not set(SCENES) & set(ELSEWHERE)


@pytest.fixture(autouse=True)
def _as_registered(own_world: World) -> Iterator[None]:
    """What a scene has left of the deployment beta is mended."""
    yield
    site = own_world.sites["beta"]
    if row(own_world, site).quarantine is not None:
        repinned(own_world, site)
    refreshed(own_world, site)


@pytest.mark.parametrize("kind", SCENES)
def test_what_happens_is_told_once(own_world: World, kind: EventType) -> None:
    settle(own_world)
    before = last(own_world)
    subject = SCENES[kind](own_world)
    settle(own_world)

    found = told(own_world, before, kind, subject)
    assert len(found) == 1, own_world.call("GET", f"/events?after={before}&limit=1000")["items"]
    assert found[0]["type"] == kind
    assert set(found[0]["data"]) <= set(MEANINGS[kind].data)


def test_what_only_reads_tells_nothing(own_world: World) -> None:
    archive = own_world.new_archive("A")
    settle(own_world)
    before = last(own_world)
    own_world.call("GET", f"/instances/{archive['id']}")
    own_world.call("GET", f"/instances/{archive['id']}/users")
    own_world.call("POST", "/instances?validateOnly=true", body_of(own_world), 200)
    settle(own_world)

    assert last(own_world) == before


def body_of(world: World) -> JSON:
    return {"instanceID": "never", "displayName": "n", "reseller": world.resellers["A"]}
