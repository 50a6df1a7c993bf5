"""A PostgreSQL that goes away under a gateway that serves: 503, and everything goes on after it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic

import pytest
from sqlalchemy import make_url

from deploy.servers import Postgresql, RedisServer, started
from gateway.storage import idempotency_keys, operations
from tests.answers import JSON
from tests.core import until
from tests.faults.commits import Commits, through, to_server
from tests.faults.relay import Fate, relay
from tests.served import assert_problem
from tests.world import World, world


@dataclass(frozen=True)
class Stage:
    """A world, its database server, and what is between the two."""

    world: World
    server: Postgresql
    commits: Commits


@pytest.fixture(scope="module")
def stage(
    postgresql: Postgresql,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """A gateway on a server of its own; its leases are short."""
    del postgresql  # to be left out with the others where there is none
    redis_server.empty()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for table in (operations, idempotency_keys):
            patch.setattr(table, "LEASE", timedelta(seconds=1))
        server = stack.enter_context(started(Postgresql()))
        url = make_url(stack.enter_context(server.database()))
        line = stack.enter_context(relay(partial(to_server, url)))
        home, address = tmp_path_factory.mktemp("gateway"), through(line.port, url)
        settings = {"database_url": address, "redis_url": redis_server.url}
        made = stack.enter_context(world(home, **settings))
        commits = Commits()
        line.judge = lambda: commits
        line.break_all()  # the next connections have the judge
        yield Stage(made, server, commits)


def wish(stage: Stage) -> JSON:
    world = stage.world
    return {
        "instanceID": f"outage-{next(world.numbers)}",
        "displayName": "x",
        "deployment": world.sites["alpha"].id,
        "start": False,
    }


PATHS = ("/me", "/instances", "/operations", "/deployments", "/clients", "/resellers", "/audit-log")


def test_while_the_server_is_away_every_call_is_a_503_and_nothing_is_sent(stage: Stage) -> None:
    world = stage.world
    made = world.new_archive("A")
    site = world.sites["alpha"]
    site.control.pause()
    begun = world.operator.post(
        f"/instances/{made['id']}/stores/verify",
        json={"includeIndexes": False},
        headers={"Prefer": "wait=0"},
    ).get_json()
    broker = world.served.gateway.services.broker
    until(lambda: broker.fetch(begun["id"]).steps[0].token)
    stage.server.stop()
    world.forget()

    began = monotonic()
    answers = [world.operator.get(path) for path in PATHS]
    answers.append(world.operator.post(f"/instances/{made['id']}/stop", json={}))
    answers.append(world.operator.post("/instances", json=wish(stage)))
    for answer in answers:
        assert_problem(answer, 503, "STORAGE_UNAVAILABLE", retryable=True)
    assert monotonic() - began < 10
    assert world.changes() == []

    stage.server.start()
    world.release()
    assert world.call("GET", "/me")
    ended = world.call("GET", f"/operations/{begun['id']}")
    assert ended["status"] == "succeeded"
    assert world.sent().count("VerifyStores") == 0  # once, before
    world.call("POST", f"/instances/{made['id']}/stop", {})
    assert world.sent().count("StopInstances") == 1


@pytest.mark.parametrize("fate", [Fate.IS_LOST, Fate.ANSWER_IS_LOST], ids=["lost", "unanswered"])
@pytest.mark.parametrize("number", [1, 2, 4], ids=["the key", "the intent", "the outcome"])
def test_a_retry_under_the_key_finds_what_a_commit_has_left(
    stage: Stage, number: int, fate: Fate
) -> None:
    world, body = stage.world, wish(stage)
    key = {"Idempotency-Key": body["instanceID"]}
    world.call("GET", "/me")
    world.forget()
    stage.commits.lose(number, fate)

    statuses: list[int] = []

    def is_made() -> bool:
        answer = world.operator.post("/instances", json=body, headers=key)
        statuses.append(answer.status_code)
        return answer.status_code == 201

    until(is_made)
    assert set(statuses) <= {201, 202, 409, 503}
    state = world.sites["alpha"].control.state()["instances"]
    assert sum(name == body["instanceID"] for name in state) == 1
    assert world.sent().count("CreateInstance") == 1
    page = world.call("GET", "/operations?kind=createInstance&limit=200")
    assert {each["status"] for each in page["items"]} == {"succeeded"}
