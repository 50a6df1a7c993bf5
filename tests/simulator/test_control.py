import pytest
import requests

from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client


def post(simulator: Simulator, path: str, body: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(simulator.control_url + path, data=body, timeout=10)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/nothing", "{}", 404),
        ("/operations/sa0/transition", '{"statusCode": "failed"}', 404),
        ("/operations/*/dance", "{}", 404),
        ("/operations/sa0/pause", "{}", 404),
        ("/seed", "{", 400),
        ("/seed", '{"instances": [{"instanceID": "X"}]}', 400),
        ("/clock", "{}", 400),
        ("/asynchronous", '{"portion": 1}', 400),
        ("/disk/move", '{"instanceID": "nobody", "from": "a", "to": "b"}', 400),
    ],
)
def test_a_wrong_request_is_refused(running: Simulator, path: str, body: str, status: int) -> None:
    assert post(running, path, body).status_code == status


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/condition", "{}", "POST /condition needs condition."),
        ("/condition", "[]", "The body is one JSON object."),
        (
            "/asynchronous",
            '{"share": 1, "portion": 1}',
            "POST /asynchronous takes command, seconds, seed, share, not portion.",
        ),
        ("/clock", "{}", "POST /clock needs advanceSeconds or now."),
    ],
)
def test_what_is_wrong_in_a_body_is_said(
    running: Simulator, path: str, body: str, words: str
) -> None:
    assert post(running, path, body).json() == {"error": words}


def test_an_operation_ends_only_in_a_known_way(
    running: Simulator, acme: Client, control: Control
) -> None:
    envelope = acme.call("VerifyStore", instanceID="acme", id=1)
    path = f"/operations/{envelope['token']}/transition"

    assert post(running, path, '{"statusCode": "running"}').status_code == 404
    assert control.operations()[0]["statusCode"] == "running"


def test_the_clock_can_be_set(client: Client, control: Control) -> None:
    control.set_clock("2031-05-01T12:00:00+00:00")

    assert "2005-2031" in client.result("GetEnvironmentInfo")["copyright"]
    assert control.state()["clock"].startswith("2031-05-01T12:00")


def test_a_reset_leaves_nothing_of_a_test(acme: Client, control: Control) -> None:
    control.reset()
    fresh = control.state_hash()
    control.seed(instances=[{"instanceID": "new", "users": [{"userName": "jane"}]}])
    acme.call("Ping")
    control.fault("hang")
    control.pause()
    control.reset()

    assert control.state_hash() == fresh
    assert (control.journal(), control.faults(), control.operations()) == ([], [], [])


def test_planting_an_instance_again_keeps_its_data(acme: Client, control: Control) -> None:
    control.seed(instances=[{"instanceID": "acme", "displayName": "Acme Ltd"}])

    assert acme.result("GetInstances", instanceFilter="acme")[0]["displayName"] == "Acme Ltd"
    assert acme.result("GetStores", instanceID="acme")[0]["name"] == "Mail"


def test_one_command_alone_may_turn_asynchronous(client: Client, control: Control) -> None:
    control.asynchronous(share=1, command="Ping")

    assert client.call("Ping")["statusCode"] == "running"
    assert client.call("GetServiceStatus")["statusCode"] == "succeeded"


@pytest.mark.parametrize("status", ["stopped", "safeMode", "frozen", "running"])
def test_an_instance_is_brought_into_a_state(acme: Client, control: Control, status: str) -> None:
    control.turn("acme", status)

    assert acme.result("GetInstances", instanceFilter="acme")[0]["status"] == status


def test_an_instance_has_no_other_state(running: Simulator, acme: Client) -> None:
    del acme
    answer = post(running, "/instance", '{"instanceID": "acme", "status": "asleep"}')

    assert answer.status_code == 400
    assert "stopped, running, safeMode, frozen" in answer.json()["error"]


def test_the_condition_can_be_read(control: Control) -> None:
    control.enter("down")

    assert control.condition() == "down"
