"""Fifty calls at once with one key, on two gateways: exactly one creation (security.md, 101)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.factory import create_app
from tests.world import World

CALLS = 50
Pair = tuple[World, Sequence[Flask]]


def sibling(world: World) -> Flask:
    """Build a second gateway on the database of the first."""
    return create_app(world.served.settings)


@pytest.fixture(params=["own_world", "clustered_world"], ids=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two gateways on one database."""
    world: World = request.getfixturevalue(request.param)
    second = sibling(world)
    with closing(second.extensions["spe-gateway"]):
        yield world, (world.served.app, second)


def at_once(pair: Pair, path: str, body: object) -> list[TestResponse]:
    """Send one call many times at the same moment, half of them to each gateway."""
    world, apps = pair
    ready = Barrier(CALLS)
    headers = {"Idempotency-Key": "at-once", "Authorization": f"Bearer {world.operator.token}"}

    def call(number: int) -> TestResponse:
        client = apps[number % 2].test_client()
        ready.wait()
        return client.post(path, json=body, headers=headers)

    with ThreadPoolExecutor(CALLS) as threads:
        return list(threads.map(call, range(CALLS)))


def test_of_many_calls_at_once_one_creates_an_instance(pair: Pair) -> None:
    world, _ = pair
    body = {
        "instanceID": "at-once",
        "displayName": "At once",
        "deployment": world.sites["alpha"].id,
    }
    world.forget()
    answers = at_once(pair, "/instances", body)

    statuses = Counter(answer.status_code for answer in answers)
    assert world.sent().count("CreateInstance") == 1, statuses
    assert set(statuses) <= {201, 202, 409}, statuses
    refused = [answer.json["code"] for answer in answers if answer.status_code == 409]
    assert set(refused) <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 202}) <= 1
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1 + len(refused)


def test_of_many_calls_at_once_one_makes_a_reseller(pair: Pair) -> None:
    world, _ = pair
    answers = at_once(pair, "/resellers", {"name": "at-once"})

    made = {answer.json["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    found = world.call("GET", "/resellers?limit=500")["items"]
    assert [each["name"] for each in found].count("at-once") == 1
