"""Two gateways of one cluster at the same thing at once: one of them does it (F22).

The same key is in ``tests/idempotency/test_gateways.py``.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from threading import Barrier, Event

import pytest
from werkzeug.test import TestResponse

from deploy.servers import Postgresql, RedisServer
from gateway.model import Resource
from gateway.storage import quotas
from tests.answers import JSON
from tests.behind import strange
from tests.served import CheckedClient, beside
from tests.world import World
from tests.world import world as world_of

CALLS = 12
PASSWORD = "CreateSystemAdministratorAPIPassword"
Pair = tuple[World, tuple[CheckedClient, CheckedClient]]


@pytest.fixture(scope="module")
def pair(
    postgresql: Postgresql,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    """A world, and its operator at two gateways; each test has an instance of its own."""
    redis_server.empty()
    home = tmp_path_factory.mktemp("cluster")
    with (
        postgresql.database() as url,
        world_of(home, database_url=url, redis_url=redis_server.url) as world,
        beside(world.served) as second,
    ):
        yield world, (world.operator, second.client(world.operator.token))


def at_once(pair: Pair, path: str, bodies: list[JSON], **headers: str) -> list[TestResponse]:
    """Send calls at the same moment, half of them to each gateway."""
    world, operators = pair
    ready = Barrier(len(bodies))

    def call(number: int) -> TestResponse:
        client = CheckedClient(
            operators[number % 2].application, world.served.contract, world.operator.token
        )
        ready.wait()
        return client.post(path, json=bodies[number], headers=headers)

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(call, range(len(bodies))))


def test_one_instance_is_changed_by_one_and_the_others_are_told(pair: Pair) -> None:
    world, _ = pair
    control = world.sites["alpha"].control
    made = world.new_instance("A")
    control.fault("delay", "StopInstances", count=1, seconds=1)
    world.forget()

    answers = at_once(pair, f"/instances/{made['id']}/stop", [{}] * CALLS)

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 409: CALLS - 1}
    refused = [answer.get_json() for answer in answers if answer.status_code == 409]
    assert {each["code"] for each in refused} == {"OPERATION_IN_PROGRESS"}
    assert world.sent().count("StopInstances") == 1
    assert control.state()["instances"][made["instanceID"]]["status"] == "stopped"
    world.call("POST", f"/instances/{made['id']}/start")  # the lock is free again


def test_the_last_slots_of_a_quota_are_given_away_exactly(pair: Pair) -> None:
    world, _ = pair
    owner = world.new_reseller("root")
    room = 3
    path = f"/resellers/{owner['id']}/quotas"
    world.call("PUT", path, {"limits": {"instances": room}})
    bodies: list[JSON] = [
        {
            "instanceID": f"race-{number}",
            "displayName": "x",
            "reseller": owner["id"],
            "deployment": world.sites["beta"].id,
            "start": False,
        }
        for number in range(CALLS)
    ]
    world.forget()

    answers = at_once(pair, "/instances", bodies)

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: room, 403: CALLS - room}
    assert world.sent().count("CreateInstance") == room
    with world.served.gateway.services.database.read() as connection:
        used = quotas.used(
            connection, f"/{world.resellers['root']}/{owner['id']}/", Resource.INSTANCES
        )
    assert used == room


def test_an_operation_that_both_watch_is_told_once(pair: Pair) -> None:
    world, operators = pair
    site = world.sites["alpha"]
    made = world.new_archive("A")
    site.control.pause()
    path = f"/instances/{made['id']}/stores/verify"
    begun = operators[0].post(path, json={"includeIndexes": False}, headers={"Prefer": "wait=0"})
    assert begun.status_code == 202, begun.text
    number = begun.get_json()["id"]
    site.control.resume()

    ended = [each.get(f"/operations/{number}").get_json() for each in operators]

    assert [each["status"] for each in ended] == ["succeeded"] * 2
    log = operators[1].get(f"/operations/{number}/log").get_json()["text"]
    [told] = [each for each in site.control.operations() if each["command"] == "VerifyStores"]
    assert log == told["logOutput"]
    assert world.sent().count("VerifyStores") == 1


def test_of_two_who_rotate_the_password_one_does_and_both_have_it(pair: Pair) -> None:
    world, operators = pair
    site = world.sites["alpha"]
    site.control.seed(administrators=[{"userName": "second", "password": "secret-of-second"}])
    site.control.fault("delay", PASSWORD, count=1, seconds=1)
    path = f"/deployments/{site.id}"
    world.forget()

    answers = at_once(pair, f"{path}/rotate-credential", [{}] * 4)

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 409: 3}
    assert world.sent().count(PASSWORD) == 1
    world.forget()
    for each in operators:
        assert each.post(f"{path}/ping").status_code == 200
    assert all(entry["authorized"] for entry in world.journal())


def test_one_instance_is_adopted_by_one_reseller(pair: Pair) -> None:
    world, _ = pair
    opaque = strange(world, world.sites["alpha"], f"stray-{next(world.numbers)}")
    bodies = [{"reseller": world.resellers["AB"[number // 2 % 2]]} for number in range(CALLS)]
    answers = at_once(pair, f"/inventory/{opaque}/adopt", bodies)

    codes = Counter(answer.status_code for answer in answers)
    assert codes[201] == 1, codes
    assert set(codes) <= {201, 404, 409}
    [won] = [answer.get_json() for answer in answers if answer.status_code == 201]
    assert world.call("GET", f"/instances/{opaque}")["reseller"] == won["reseller"]
    assert {body["reseller"] for body in bodies} > {won["reseller"]}


def test_a_quarantine_and_its_end_are_felt_by_both(pair: Pair) -> None:
    """The other one knows it within half a second; until then it sees the certificate itself."""
    world, (first, second) = pair
    site = world.sites["beta"]
    path = f"/deployments/{site.id}"
    both = [client.get(f"{path}/services").status_code for client in (first, second)]
    site.simulator.exchange_certificate()
    site.control.enter("up")

    met = first.get(f"{path}/services").get_json()["code"]
    words = iter(lambda: second.get(f"{path}/services").get_json()["code"], "")
    followed = set(takewhile(lambda word: word != "DEPLOYMENT_QUARANTINED", words))
    accepted = site.control.connections()["accepts"]

    assert (both, met) == ([200, 200], "CERTIFICATE_PIN_MISMATCH")
    assert followed <= {"CERTIFICATE_PIN_MISMATCH"}
    assert second.get(f"{path}/services").get_json()["code"] == "DEPLOYMENT_QUARANTINED"
    assert site.control.connections()["accepts"] == accepted

    said = site.simulator.announcement()
    body = {"pin": said["sha256"], "password": said["password"]}
    assert second.post(f"{path}/repin", json=body).status_code == 200
    assert [client.get(f"{path}/services").status_code for client in (first, second)] == [200, 200]


def test_a_rotation_at_one_gateway_fails_no_read_at_the_other(pair: Pair) -> None:
    world, (first, second) = pair
    site = world.sites["beta"]
    made = world.new_instance("B")
    path = f"/instances/{made['id']}/stores"
    ended = Event()

    def read() -> Counter[int]:
        client = CheckedClient(second.application, world.served.contract, world.operator.token)
        seen: Counter[int] = Counter()
        while not ended.is_set():
            seen[client.get(path).status_code] += 1
        return seen

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        for _ in range(3):
            rotated = first.post(
                f"/deployments/{site.id}/rotate-credential", json={"keepPassword": True}
            )
            assert rotated.status_code == 200
            assert second.get(path).status_code == 200
        ended.set()
        assert {status for each in readers for status in each.result()} == {200}
