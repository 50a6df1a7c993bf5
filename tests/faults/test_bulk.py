"""F27: fifty instances on two deployments: one foreign, three that fail, one lost, a crash."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.errors import StorageUnavailable
from gateway.storage import operations, resellers
from tests.core import add_instance, fresh_instance, until
from tests.resources.many import AT_ONCE, PATH, hold, let_go
from tests.served import Served, assert_problem, beside
from tests.simulated import JSON
from tests.world import Site, World

FIFTY = 50
MOST = 500
SHORT = timedelta(seconds=2)
"""A lease, so that what a dead process had is soon another's."""


def planted(world: World, site: Site, count: int, owner: str = "A") -> list[str]:
    """Make many instances of an owner on a deployment, without a call for each."""
    database = world.served.gateway.services.database
    with database.write() as connection:
        reseller = resellers.lineage(connection, world.resellers[owner])[-1]
        made = [
            fresh_instance(f"many-{next(world.numbers)}", site.id, reseller, f"{site.name}-host1")
            for _ in range(count)
        ]
        for instance in made:
            add_instance(connection, instance)
    entries = [
        {
            "instanceID": each.instance_id,
            "instanceHost": each.instance_host,
            "baseDirectory": each.base_directory,
        }
        for each in made
    ]
    site.control.seed(instances=entries)
    return [each.id for each in made]


def act(world: World, ids: Sequence[str], persona: str = "a_admin", **headers: str) -> TestResponse:
    body = {"action": "stop", "instances": list(ids)}
    return world.personas[persona].post(PATH, json=body, headers={**AT_ONCE, **headers})


def followed(world: World, accepted: TestResponse, served: Served | None = None) -> JSON:
    """Wait for the end of an operation, at a gateway."""
    gateway = served or world.served
    client = gateway.client(world.personas["a_admin"].token)

    def ended() -> JSON | None:
        found: JSON = client.get(accepted.headers["Location"]).get_json()
        return found if found["endTime"] else None

    return until(ended)


def stopped(world: World) -> Counter[str]:
    """Count by SPE's own id the commands to stop that reached a deployment."""
    sent = (entry for entry in world.journal() if entry["command"] == "StopInstances")
    return Counter(str(dict(entry["arguments"])["instanceFilter"]) for entry in sent)


def unchanged(world: World) -> set[str]:
    """Return the states of all instances on the deployments."""
    return {
        str(row["status"])
        for site in world.sites.values()
        for name, row in site.control.state()["instances"].items()
        if name.startswith("many-")
    }


class PowerCut:
    """Takes a gateway its database away, at one of its commits: so it dies for all others.

    Args:
        served: the gateway.
        commits: how many commits still get through.
    """

    def __init__(self, served: Served, commits: int) -> None:
        self._write: Callable[[], Any] = served.gateway.services.database.write
        self._left = commits
        self.is_off = False

    def write(self) -> Any:  # noqa: ANN401 - as the database has it
        """Open a transaction, or none any more."""
        self._left -= 1
        self.is_off = self.is_off or self._left < 0
        return self.dead() if self.is_off else self._write()

    def dead(self) -> Any:  # noqa: ANN401 - as the database has it
        """Reach nothing."""
        raise StorageUnavailable


@pytest.fixture
def fifty(clustered_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with fifty instances, on two deployments; their leases are short."""
    monkeypatch.setattr(operations, "LEASE", SHORT)
    for site in clustered_world.sites.values():
        planted(clustered_world, site, FIFTY // 2)
    clustered_world.forget()
    return clustered_world


def all_of(world: World) -> list[str]:
    page = world.call("GET", "/instances?limit=500")["items"]
    return [each["id"] for each in page if each["instanceID"].startswith("many-")]


def test_of_fifty_one_that_is_foreign_refuses_all_before_anything_is_sent(fifty: World) -> None:
    foreign = planted(fifty, fifty.sites["beta"], 1, "B")
    whole = [*all_of(fifty)[:-1], *foreign]
    before = fifty.call("GET", "/operations?limit=500")["items"]
    fifty.forget()

    assert_problem(act(fifty, whole), 404, "NOT_FOUND")
    assert fifty.journal() == []
    assert fifty.call("GET", "/operations?limit=500")["items"] == before
    assert unchanged(fifty) == {"running"}


def test_fifty_with_failures_a_lost_answer_and_a_crash_each_have_their_outcome(
    fifty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = all_of(fifty)
    fifty.sites["alpha"].control.fault("failed", "StopInstances", count=3)
    fifty.sites["beta"].control.fault("drop-after", "StopInstances", count=1)
    cut = PowerCut(fifty.served, 100)
    database = fifty.served.gateway.services.database
    with beside(fifty.served) as heir, monkeypatch.context() as patch:
        patch.setattr(database, "write", cut.write)
        begun = act(fifty, ids)
        until(lambda: cut.is_off)
        patch.setattr(database, "read", cut.dead)
        reached = len(stopped(fifty))
        done = followed(fifty, begun, heir)
    outcomes = Counter(item["status"] for item in done["result"]["items"])

    assert begun.status_code == 202
    assert 0 < reached < FIFTY
    assert sorted(item["instance"] for item in done["result"]["items"]) == sorted(ids)
    assert outcomes == {"succeeded": FIFTY - 3, "failed": 3}
    assert all(item["problem"] for item in done["result"]["items"] if item["status"] == "failed")
    assert done["status"] == "failed"
    assert "Of 50 parts 3 failed and 0 ended as unknown" in done["problem"]["detail"]
    assert stopped(fifty) == dict.fromkeys(stopped(fifty), 1)
    assert len(stopped(fifty)) == FIFTY


def test_of_calls_for_the_same_instances_at_once_each_instance_is_anothers(fifty: World) -> None:
    ids = all_of(fifty)
    orders = [ids, ids[::-1], ids[::2] + ids[1::2], ids[25:] + ids[:25]]
    hold(fifty)
    begun = at_once(fifty, orders)
    let_go(fifty)
    ended = [_ended(fifty, answer.get_json()["id"]) for answer in begun]
    found = [item for each in ended for item in each["result"]["items"]]
    refused = [item["problem"]["code"] for item in found if item["status"] == "failed"]

    assert {answer.status_code for answer in begun} <= {200, 202}
    assert refused == ["OPERATION_IN_PROGRESS"] * (len(orders) - 1) * FIFTY
    assert unchanged(fifty) == {"stopped"}
    assert sorted(stopped(fifty).values()) == [1] * FIFTY


def at_once(world: World, orders: Sequence[Sequence[str]]) -> list[TestResponse]:
    """Make calls at the same moment, every other one at another gateway of the cluster."""
    ready = Barrier(len(orders))
    headers = {"Authorization": f"Bearer {world.personas['a_admin'].token}", **AT_ONCE}
    with beside(world.served) as second:
        apps = (world.served.app, second.app)

        def call(number: int) -> TestResponse:
            body = {"action": "stop", "instances": orders[number]}
            ready.wait()
            return apps[number % 2].test_client().post(PATH, json=body, headers=headers)

        with ThreadPoolExecutor(len(orders)) as threads:
            return list(threads.map(call, range(len(orders))))


def _ended(world: World, operation: str) -> JSON:
    def look() -> JSON | None:
        found = world.call("GET", f"/operations/{operation}")
        return found if found["endTime"] else None

    return until(look)


def test_of_many_calls_at_once_as_many_begin_as_the_quota_has_room_for(fifty: World) -> None:
    ids, calls, limit = all_of(fifty), 10, 3
    path = f"/resellers/{fifty.resellers['A']}/quotas"
    fifty.call("PUT", path, {"limits": {"concurrentOperations": limit}})
    hold(fifty)
    begun = at_once(fifty, [ids[number * 5 : number * 5 + 5] for number in range(calls)])
    let_go(fifty)
    answers = Counter(each.get_json().get("code", each.status_code) for each in begun)

    assert answers == {202: limit, "QUOTA_EXCEEDED": calls - limit}


def test_five_hundred_are_accepted_at_once_and_cancelled_before_they_are_sent(
    own_world: World,
) -> None:
    site = own_world.sites["alpha"]
    ids = planted(own_world, site, MOST)
    site.control.asynchronous(share=1.0)
    site.control.pause()
    own_world.forget()
    begun = act(own_world, ids)
    asked = own_world.personas["a_admin"].post(f"{begun.headers['Location']}/cancel")
    site.control.asynchronous(share=0.0)
    site.control.resume()
    done = followed(own_world, begun)
    outcomes = Counter(item["status"] for item in done["result"]["items"])

    assert begun.status_code == 202
    assert [item["instance"] for item in begun.get_json()["result"]["items"]] == ids
    assert asked.status_code == 202
    assert outcomes == {"cancelled": MOST}
    assert own_world.sent().count("GetInstances") <= 8
    assert stopped(own_world) == {}
