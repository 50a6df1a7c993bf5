"""Everything that can go wrong in the sandbox, and what the REST API answers then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from gateway.cli.failure import Failure
from gateway.cli.sandbox.control_plane import ControlPlane
from gateway.cli.sandbox.troubles import DAMAGED, TROUBLES, Place, Wish, clear, planted
from tests.answers import JSON
from tests.served import CheckedClient
from tests.world import World, world

QUICKLY = {"Prefer": "wait=0"}
SHORT = Wish(seconds=0.2, times=1)


@dataclass(frozen=True)
class Scene:
    """A portal, and a deployment that is about to have trouble.

    Attributes:
        world: where.
        portal: a client of a reseller.
        instance: of that reseller, at the deployment.
        place: the deployment as the sandbox knows it.
    """

    world: World
    portal: CheckedClient
    instance: JSON
    place: Place

    def bring(self, name: str, wish: Wish = SHORT) -> None:
        """Let it go wrong."""
        TROUBLES[name].bring(self.place, wish)

    @property
    def inside(self) -> Wish:
        """Of the instance."""
        return Wish(instance=self.instance["instanceID"])

    @property
    def path(self) -> str:
        """Of the instance."""
        return f"/instances/{self.instance['id']}"

    def stores(self) -> TestResponse:
        """Read something that needs the deployment."""
        return self.portal.get(f"{self.path}/stores")

    def create(self, name: str) -> TestResponse:
        """Change something."""
        return self.portal.post(f"{self.path}/stores", json={"name": name})

    def verify(self) -> str:
        """Begin something that takes a while, and return its operation once it runs."""
        begun = self.portal.post(f"{self.path}/stores/1/verify", json={}, headers=QUICKLY)
        assert begun.status_code == 202, begun.text
        operation = f"/operations/{begun.json['id']}"
        while self.portal.get(operation, headers=QUICKLY).json["steps"][0]["status"] != "running":
            assert self.portal.get(operation, headers=QUICKLY).json["endTime"] is None
        return operation


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("troubles") / "home", ("alpha", "beta")) as found:
        yield found


@pytest.fixture
def scene(made: World) -> Iterator[Scene]:
    site = made.sites["alpha"]
    told = site.simulator.announcement()
    place = Place.of({"name": "alpha", **told})
    instance = made.new_archive("A")
    yield Scene(made, made.personas["a_admin"], instance, place)
    clear(place)
    deployment = f"/deployments/{site.id}"
    made.operator.post(f"{deployment}/lift-quarantine")
    made.operator.post(f"{deployment}/reset-breaker")


def answered(response: TestResponse, status: int, code: str) -> None:
    assert (response.status_code, response.json["code"]) == (status, code)


def ends(scene: Scene, operation: str, status: str, code: str) -> None:
    end = scene.portal.get(operation).json
    assert (end["status"], end["problem"]["code"]) == (status, code)


def down(scene: Scene) -> None:
    scene.bring("down")
    answered(scene.stores(), 503, "DEPLOYMENT_UNREACHABLE")
    for _ in range(4):
        scene.stores()
    answered(scene.stores(), 503, "DEPLOYMENT_PAUSED")


def hanging(scene: Scene) -> None:
    scene.bring("hanging")
    answered(scene.stores(), 503, "DEPLOYMENT_UNREACHABLE")


def certificate(scene: Scene) -> None:
    scene.bring("certificate")
    answered(scene.stores(), 503, "CERTIFICATE_PIN_MISMATCH")
    answered(scene.stores(), 503, "DEPLOYMENT_QUARANTINED")


def password(scene: Scene) -> None:
    scene.bring("password")
    answered(scene.stores(), 502, "DEPLOYMENT_CREDENTIALS_REFUSED")


def slow(scene: Scene) -> None:
    scene.bring("slow", Wish(command="CreateStore", seconds=0.5))
    begun = scene.portal.post(f"{scene.path}/stores", json={"name": "late"}, headers=QUICKLY)
    assert begun.status_code == 202
    assert scene.portal.get(f"/operations/{begun.json['id']}").json["status"] == "succeeded"


def dropped(scene: Scene) -> None:
    scene.bring("dropped", Wish(times=1))
    assert scene.stores().status_code == 200
    scene.bring("dropped", Wish(command="CreateStore", times=1))
    assert scene.create("once").status_code == 201
    scene.bring("dropped", Wish(command="GetStores"))
    answered(scene.stores(), 502, "UPSTREAM_CONNECTION_LOST")


def lost(scene: Scene) -> None:
    scene.bring("lost", Wish(command="CreateStore", times=1))
    assert scene.create("lost").status_code == 201
    assert [each["name"] for each in scene.stores().json["items"]].count("lost") == 1


def overloaded(scene: Scene) -> None:
    scene.bring("overloaded")
    answered(scene.stores(), 502, "UPSTREAM_REPLY_INVALID")


def garbage(scene: Scene) -> None:
    scene.bring("garbage")
    answered(scene.stores(), 502, "UPSTREAM_REPLY_INVALID")


def refused(scene: Scene) -> None:
    scene.bring("refused", Wish(command="CreateStore", times=1))
    answered(scene.create("refused"), 502, "COMMAND_FAILED")
    assert scene.create("accepted").status_code == 201


def tokens(scene: Scene) -> None:
    scene.bring("tokens")
    begun = scene.portal.post(f"{scene.path}/stores", json={"name": "token"}, headers=QUICKLY)
    assert (begun.status_code, "Location" in begun.headers) == (202, True)
    assert scene.portal.get(begun.headers["Location"]).json["status"] == "succeeded"


def stuck(scene: Scene) -> None:
    scene.bring("stuck")
    operation = scene.verify()
    assert planted(scene.place)["held"] == 1
    clear(scene.place)
    assert scene.portal.get(operation).json["status"] == "succeeded"


def failing(scene: Scene) -> None:
    with pytest.raises(Failure, match="Nothing runs at alpha"):
        scene.bring("failing")
    scene.bring("stuck")
    operation = scene.verify()
    scene.bring("failing")
    ends(scene, operation, "failed", "COMMAND_FAILED")


def restarted(scene: Scene) -> None:
    scene.bring("stuck")
    operation = scene.verify()
    scene.bring("restarted")
    ends(scene, operation, "unknown", "ANSWER_LOST")


def stopped(scene: Scene) -> None:
    scene.bring("stopped", scene.inside)
    answered(scene.create("stopped"), 409, "INSTANCE_NOT_RUNNING")
    assert scene.portal.get(scene.path).json["status"] == "stopped"
    assert scene.portal.post(f"{scene.path}/start").status_code == 200
    assert scene.create("started").status_code == 201


def store(scene: Scene) -> None:
    scene.bring("store", scene.inside)
    (found,) = scene.stores().json["items"]
    assert "disk is full" in found["error"]
    assert scene.portal.post(f"{scene.path}/stores/retry-open").status_code == 200
    assert not scene.stores().json["items"][0].get("error")


def damaged(scene: Scene) -> None:
    scene.bring("damaged", scene.inside)
    assert not scene.stores().json["items"][0].get("error")
    operation = scene.verify()
    ends(scene, operation, "failed", "COMMAND_FAILED")
    log = scene.portal.get(f"{operation}/log").json["text"]
    assert f"{DAMAGED} messages of file group #1 are damaged." in log
    assert scene.portal.post(f"{scene.path}/stores/1/repair").status_code == 200
    assert scene.portal.get(scene.verify()).json["status"] == "succeeded"


def profile(scene: Scene) -> None:
    scene.bring("profile", scene.inside)
    (found,) = scene.portal.get(f"{scene.path}/worker-results").json["items"]
    assert found["result"] == "failed"


MATRIX: tuple[Callable[[Scene], None], ...] = (
    *(down, hanging, certificate, password, slow, dropped, lost, overloaded, garbage, refused),
    *(tokens, stuck, failing, restarted, stopped, store, damaged, profile),
)


@pytest.mark.parametrize("sees", MATRIX, ids=lambda sees: sees.__name__)
def test_a_portal_sees_what_the_page_says(scene: Scene, sees: Callable[[Scene], None]) -> None:
    sees(scene)


def test_everything_that_can_go_wrong_is_tried() -> None:
    assert {sees.__name__ for sees in MATRIX} == set(TROUBLES)


def test_after_a_clearance_nothing_is_wrong(scene: Scene) -> None:
    for name in ("down", "slow", "password", "tokens", "stuck"):
        scene.bring(name)
    clear(scene.place)

    found = planted(scene.place)
    assert (found["condition"], found["faults"], found["asynchronous"]) == ("up", [], False)
    assert scene.stores().status_code == 200


def test_a_simulator_that_has_ended_is_said_so() -> None:
    place = Place(ControlPlane("alpha", "http://127.0.0.1:9"), "admin", "secret")

    with pytest.raises(Failure, match="alpha does not run"):
        clear(place)
