"""Who is answered: calls of the REST API whose commands meet a hostile deployment."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.served import CheckedClient, assert_problem
from tests.world import Site, World, canary, registration

JSON = dict[str, Any]
OWNER, FOREIGN = "A1", "A"
"""Two resellers on one deployment; the caller is of the first."""

TYPES = {"application/json", "application/problem+json"}


@dataclass(frozen=True)
class Ground:
    """A reseller's archive on a deployment where another has one too.

    Attributes:
        world: the gateway and its deployments.
        client: of the reseller.
        own: the reseller's instance.
        foreign: the other one's.
    """

    world: World
    client: CheckedClient
    own: JSON
    foreign: JSON

    @property
    def site(self) -> Site:
        """The deployment of both."""
        return self.world.sites["alpha"]

    @contextmanager
    def spoilt(self, command: str, reply: bytes, count: int = 2) -> Iterator[None]:
        """Answer a command with these bytes; a read whose line broke is sent twice."""
        fault = {"kind": "raw", "body": base64.b64encode(reply).decode()}
        faults = self.site.simulator.application.faults
        with self.site.simulator.server.deployment.clock.monitor:
            faults.add({"command": command, "count": count, **fault})
        try:
            yield
        finally:
            with self.site.simulator.server.deployment.clock.monitor:
                faults.clear()

    def get(self, path: str) -> TestResponse:
        """Read something of the reseller's instance."""
        return self.client.get(f"/instances/{self.own['id']}{path}")


def ground(made: World) -> Ground:
    """Build what the callers need in a world."""
    own, foreign = made.new_archive(OWNER), made.new_archive(FOREIGN)
    return Ground(made, made.personas["a1_admin"], own, foreign)


def assert_bearable(response: TestResponse) -> None:
    """Assert that an answer is a success or a typed problem, and shows nothing of another."""
    assert response.status_code != 500, response.text
    assert response.mimetype in TYPES | ({""} if response.status_code == 204 else set())
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert canary(FOREIGN) not in response.text
    assert "Set-Cookie" not in response.headers
    if response.status_code >= 400:
        assert_problem(response, response.status_code)


def _read(ground: Ground, reply: bytes) -> TestResponse:
    with ground.spoilt("GetInstanceStatistics", reply):
        return ground.get("/statistics")


def _list(ground: Ground, reply: bytes) -> TestResponse:
    with ground.spoilt("GetStores", reply):
        return ground.get("/stores")


def _live(ground: Ground, reply: bytes) -> TestResponse:
    with ground.spoilt("GetInstances", reply):
        return ground.client.get("/instances?consistency=live")


def _stop(ground: Ground, reply: bytes) -> TestResponse:
    with ground.spoilt("StopInstances", reply, count=1):
        response = ground.client.post(f"/instances/{ground.own['id']}/stop")
    ground.world.call("POST", f"/instances/{ground.own['id']}/start")
    return response


def _create(ground: Ground, reply: bytes) -> TestResponse:
    body = {"name": f"store {next(ground.world.numbers)}"}
    with ground.spoilt("CreateStore", reply, count=1):
        return ground.client.post(f"/instances/{ground.own['id']}/stores", json=body)


def _poll(ground: Ground, reply: bytes) -> TestResponse:
    """What is read by polling goes on after a poll that said nothing."""
    ground.site.control.asynchronous(1.0, seconds=0.01)
    try:
        with ground.spoilt("get-status", reply):
            return ground.get("/statistics")
    finally:
        ground.site.control.asynchronous(0.0)


def _register(ground: Ground, reply: bytes) -> TestResponse:
    body = registration(ground.site.simulator, f"second {next(ground.world.numbers)}", "localhost")
    with ground.spoilt("get-metadata", reply):
        response = ground.world.operator.post("/deployments", json=body)
    if response.status_code == 201:
        ground.world.call("DELETE", f"/deployments/{response.get_json()['id']}", status=204)
    return response


CALLERS: Mapping[str, Callable[[Ground, bytes], TestResponse]] = {
    "read": _read,
    "list": _list,
    "live": _live,
    "stop": _stop,
    "create": _create,
    "poll": _poll,
    "register": _register,
}
