"""Two gateways on one PostgreSQL: what one of them takes back or counts, the other knows."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from gateway.broker.clients import MOST
from tests.answers import JSON
from tests.personas.oauth import (
    asserted,
    assertion_claims,
    by_assertion,
    exchange,
    exchanged,
    jwk,
    new_key,
    post,
    sign_in,
    token_of,
)
from tests.served import Served, assert_refused_within_a_second
from tests.world import World


@pytest.fixture
def cluster(two_gateways: tuple[Served, Served]) -> tuple[World, World]:
    """Two gateways, and the operator at each."""
    operator = two_gateways[0].operator
    first, second = (
        World(each, each.log_in(operator.client_id, operator.client_secret))
        for each in two_gateways
    )
    return first, second


def new_client(world: World, **body: object) -> JSON:
    return world.call("POST", "/clients", {"name": "x", "roles": ["operator"], **body}, 201)


def test_a_token_that_one_revokes_is_refused_by_the_other_within_a_second(
    cluster: tuple[World, World],
) -> None:
    first, second = cluster
    made = new_client(first)
    token = token_of(first, made)
    child = exchanged(second, made, token, scope="instances:read")
    for each in (token, child):
        assert second.served.client(each).get("/me").status_code == 200
    revoked = post(first, "/oauth/revoke", {"token": token, **sign_in(made)})
    assert revoked.status_code == 200
    for each in (token, child):
        assert_refused_within_a_second(partial(second.served.client(each).get, "/me"))
    assert exchange(second, made, token).status_code == 400


def test_a_disabled_client_is_refused_by_the_other(cluster: tuple[World, World]) -> None:
    first, second = cluster
    made = new_client(first)
    token = token_of(second, made)
    first.call("PATCH", f"/clients/{made['id']}", {"disabled": True})
    assert_refused_within_a_second(partial(second.served.client(token).get, "/me"))
    form = {"grant_type": "client_credentials", **sign_in(made)}
    assert post(second, "/oauth/token", form).status_code == 401


def test_an_assertion_counts_once_in_the_whole_cluster(cluster: tuple[World, World]) -> None:
    key = new_key()
    made = new_client(cluster[0], publicKeys=[jwk(key)])
    issuer = cluster[0].served.settings.issuer
    assertion = asserted(key, assertion_claims(made["id"], issuer))
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda number: by_assertion(cluster[number % 2], assertion), range(4))
        statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [401] * 3


def test_the_number_of_clients_is_exact_in_the_whole_cluster(
    cluster: tuple[World, World],
) -> None:
    owner = cluster[0].call("POST", "/resellers", {"name": "full"}, 201)["id"]

    def create(number: int) -> int:
        world = cluster[number % 2]
        client = world.served.client(world.operator.token)
        return client.post("/clients", json={"name": "x", "reseller": owner}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(MOST + 6)))
    assert statuses == [201] * MOST + [409] * 6


def test_a_new_key_is_accepted_by_the_other(cluster: tuple[World, World]) -> None:
    first, second = cluster
    rings = [each.served.gateway.key_ring for each in cluster]
    with ThreadPoolExecutor(2) as pool:
        made = {each.key.kid for each in pool.map(lambda ring: ring.rotate(), rings)}
    assert len(made) == 2
    end = time.monotonic() + 5
    while not made <= {key.kid for key in rings[1].verification_keys()}:
        assert time.monotonic() < end
    client = new_client(first)
    assert second.served.client(token_of(first, client)).get("/me").status_code == 200


def test_what_no_database_can_hold_is_no_client(two_gateways: tuple[Served, Served]) -> None:
    """PostgreSQL refuses NUL; whoever sends it has failed to log in, and is counted."""
    form = {"grant_type": "client_credentials", "client_id": "a\0b", "client_secret": "x"}
    answer = two_gateways[0].client().post("/oauth/token", data=form)

    assert answer.status_code == 401
    assert answer.get_json()["error"] == "invalid_client"
