"""What callers and operators see of a breaker, as it is set by default."""

from collections.abc import Iterator

import pytest

from tests.answers import JSON
from tests.core import until
from tests.served import assert_problem
from tests.world import Site, World

FAILURES = 5
SECONDS = 30


@pytest.fixture
def down(inner_world: World) -> Iterator[Site]:
    """A deployment that is down, whose breaker is open."""
    site = inner_world.sites["alpha"]
    site.control.enter("down")
    for _ in range(FAILURES):
        response = inner_world.operator.post(f"/deployments/{site.id}/ping")
        assert_problem(response, 503, "DEPLOYMENT_UNREACHABLE", retryable=True)
    yield site
    site.control.enter("up")
    inner_world.call("POST", f"/deployments/{site.id}/reset-breaker")


def breaker(world: World, site: Site) -> JSON:
    found: JSON = world.call("GET", f"/deployments/{site.id}/health")["breaker"]
    return found


def test_a_breaker_that_is_closed_is_shown(inner_world: World) -> None:
    assert breaker(inner_world, inner_world.sites["beta"]) == {
        "state": "closed",
        "failures": 0,
        "openUntil": None,
        "lastProblem": None,
    }


def test_calls_to_a_paused_deployment_say_when_to_try_again(inner_world: World, down: Site) -> None:
    response = inner_world.operator.post(f"/deployments/{down.id}/ping")

    problem = assert_problem(response, 503, "DEPLOYMENT_PAUSED", retryable=True)
    seconds = int(response.headers["Retry-After"])
    assert 1 <= seconds <= SECONDS
    assert f"{seconds} s" in problem["detail"]
    assert "seconds" not in problem


def test_a_change_that_was_paused_is_kept_without_the_seconds(
    inner_world: World, down: Site
) -> None:
    path = f"/instances/{inner_world.home['id']}"
    response = inner_world.operator.post(f"{path}/stop", headers={"Prefer": "wait=10"})

    problem = assert_problem(response, 503, "DEPLOYMENT_PAUSED")
    kept = inner_world.call("GET", f"/operations/{problem['operation']}")["problem"]
    assert int(response.headers["Retry-After"]) <= SECONDS
    assert kept["code"] == "DEPLOYMENT_PAUSED"
    assert "seconds" not in kept
    assert down.journal() == []


def test_an_open_breaker_is_shown_and_nothing_is_sent_for_it(
    inner_world: World, down: Site
) -> None:
    down.control.enter("up")
    inner_world.forget()
    health = inner_world.call("GET", f"/deployments/{down.id}/health")

    shown = health["breaker"]
    assert (health["reachable"], health["problem"]) == (False, "DEPLOYMENT_PAUSED")
    assert (shown["state"], shown["failures"]) == ("open", FAILURES)
    assert shown["lastProblem"] == "DEPLOYMENT_UNREACHABLE"
    assert shown["openUntil"].endswith("Z")
    assert down.journal() == []


def test_the_other_deployments_are_served_meanwhile(inner_world: World, down: Site) -> None:
    assert down.name == "alpha"
    beside = inner_world.sites["beta"]

    assert inner_world.call("POST", f"/deployments/{beside.id}/ping")["reachable"] is True


def test_an_operator_resets_a_breaker_and_calls_go_on(inner_world: World, down: Site) -> None:
    down.control.enter("up")
    path = f"/deployments/{down.id}"

    assert inner_world.call("POST", f"{path}/reset-breaker")["state"] == "closed"
    assert inner_world.call("POST", f"{path}/ping")["reachable"] is True
    audited = f"/audit-log?object={down.id}&action=resetDeploymentBreaker"
    until(lambda: inner_world.call("GET", audited)["items"])


def test_a_way_that_was_tried_anew_begins_anew(inner_world: World, down: Site) -> None:
    path, password = f"/deployments/{down.id}", down.simulator.announcement()["password"]
    inner_world.call("PATCH", path, {"labels": {"region": "eu"}})
    assert breaker(inner_world, down)["state"] == "open"

    down.control.enter("up")
    inner_world.call("PATCH", path, {"password": password})
    assert breaker(inner_world, down)["state"] == "closed"
