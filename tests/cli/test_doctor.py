"""The command ``doctor``, from its options to its status."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.storage import deployments
from gateway.storage.database import Database
from tests.cli.conftest import Program
from tests.core import make_home
from tests.simulated import Control

ACME = {
    "instanceID": "acme",
    "archiveAdminEnabled": True,
    "stores": [{"name": "Mail"}],
    "users": [{"userName": "canary-jane", "fullName": "canary-Jane Doe"}],
    "workerResults": [{"daysAgo": 1}],
}
CLOSED = {"instanceID": "closed"}
STOPPED = {"instanceID": "stopped", "status": "stopped"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    scenario = Scenario(instances=(ACME, CLOSED, STOPPED), licensee_name="canary-licensee")
    with Simulator("alpha", scenario=scenario) as spe:
        yield spe


@pytest.fixture
def control(simulator: Simulator) -> Control:
    control = Control(simulator.control_url)
    control.clear_faults()
    return control


@pytest.fixture
def registered(home: Path, simulator: Simulator, control: Control) -> Control:
    """A home in which the simulator is registered as alpha; the simulator's control plane."""
    make_home(home, simulator)
    control.forget_journal()
    return control


def database(home: Path) -> Database:
    return Database(Settings(home=home).database)


def report(out: str) -> dict[str, Any]:
    """Return the JSON that was printed."""
    return json.loads(out)


def test_a_deployment_that_does_as_the_simulator_is_equal(
    program: Program, registered: Control
) -> None:
    outcome = program("doctor", "--deployment", "alpha", "--instance", "acme", "--json")
    said = report(outcome.out)

    assert outcome.status == 0
    assert said["equal"] is True
    assert said["differences"] == []
    assert {"challenge", "byte-order-mark", "unknown-token", "metadata", "shape"} <= set(
        said["checks"]
    )
    assert registered.journal()


def test_only_reads_are_sent_and_one_request_without_credentials(
    program: Program, registered: Control
) -> None:
    before = registered.state_hash()
    program("doctor", "-d", "alpha", "--instance", "acme")
    journal = registered.journal()

    assert {entry["effect"] for entry in journal} == {"read"}
    assert not any(entry["changed"] for entry in journal)
    # The 411 comes before a look at the credentials.
    assert [entry["status"] for entry in journal if not entry["authorized"]] == [411, 401]
    assert {"GetInstances", "GetServiceStatus", "GetUserInfo", "GetJobs"} <= {
        entry["command"] for entry in journal
    }
    assert registered.state_hash() == before


def test_reads_that_turn_asynchronous_are_followed(program: Program, registered: Control) -> None:
    registered.asynchronous(share=1, seconds=0.01)
    outcome = program("doctor", "-d", "alpha", "--json")
    registered.asynchronous(share=0)
    unseen = {one["check"] for one in report(outcome.out)["notCompared"]}

    assert outcome.status == 0
    assert "immediate-success" in unseen
    assert "get-status" in registered.commands()


def test_every_read_of_the_catalogue_that_can_be_asked_is_asked(
    program: Program, registered: Control
) -> None:
    outcome = program("doctor", "-d", "alpha", "--instance", "acme", "--json")
    asked = {entry["command"] for entry in registered.journal()}
    unseen = {one["subject"] for one in report(outcome.out)["notCompared"]}

    assert {"GetWorkerResultReport", "GetUserInfo", "GetDirectoriesOnInstanceHost"} <= asked
    assert "GetCredential" in unseen
    assert "GetCredential" not in asked


def test_no_value_of_a_customer_is_printed(program: Program, registered: Control) -> None:
    registered.fault("garbage", "GetServiceStatus", body="Y2FuYXJ5")
    table = program("doctor", "-d", "alpha", "--instance", "acme")
    registered.fault("garbage", "GetServiceStatus", body="Y2FuYXJ5")
    as_json = program("doctor", "-d", "alpha", "--instance", "acme", "--json")

    assert (table.status, as_json.status) == (1, 1)
    assert "canary" not in table.out + table.err + as_json.out + as_json.err


def test_a_difference_is_a_row_of_the_table_and_status_1(
    program: Program, registered: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    registered.fault("not-bom", "Ping")
    outcome = program("doctor", "-d", "alpha")

    assert outcome.status == 1
    assert "byte-order-mark" in outcome.out
    assert "present [D]" in outcome.out
    assert "absent" in outcome.out
    assert "1 difference:" in outcome.out


def test_a_deployment_may_be_named_by_its_id(
    program: Program, registered: Control, home: Path
) -> None:
    found = database(home)
    with found.read() as connection:
        opaque = deployments.every(connection)[0].id
    found.close()

    assert program("doctor", "-d", opaque, "--json").status == 0
    assert registered.commands()


def test_without_service_provider_access_the_rest_is_compared(
    program: Program, registered: Control
) -> None:
    outcome = program("doctor", "-d", "alpha", "--instance", "closed", "--json")
    unseen = {one["subject"]: one["reason"] for one in report(outcome.out)["notCompared"]}

    assert outcome.status == 0
    assert unseen["GetUsers"] == "Service provider access is off for the instance."
    assert "GetStores" in registered.commands()
    assert "GetUsers" not in registered.commands()


def test_another_certificate_ends_in_one_line_before_anything_is_sent(
    program: Program, registered: Control, home: Path
) -> None:
    found = database(home)
    with found.write() as connection:
        opaque = deployments.every(connection)[0].id
        deployments.change(connection, opaque, {"pin": "A" * 64})
    found.close()

    outcome = program("doctor", "-d", "alpha")

    assert outcome.status == 2
    assert outcome.out == ""
    assert outcome.err.startswith("spe-gateway: The deployment shows another certificate")
    assert outcome.err.count("\n") == 1
    assert registered.journal() == []


def test_a_wrong_password_is_tried_once(program: Program, home: Path) -> None:
    with Simulator("beta") as simulator:
        make_home(home, simulator)
        control = Control(simulator.control_url)
        simulator.server.deployment.state.administrators["admin"].password_sha256 = "0" * 64
        control.forget_journal()

        outcome = program("doctor", "-d", "alpha")

        assert outcome.status == 2
        assert outcome.err.count("\n") == 1
        assert len(control.journal()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-d", "nobody"], "There is no deployment nobody."),
        (["-d", "alpha", "--instance", "nobody"], "has no instance nobody"),
        (["-d", "alpha", "--instance", "stopped"], "does not run"),
        (["-d", "alpha", "--instance", "*"], "is no instance id"),
    ],
)
def test_what_it_cannot_look_at_is_said_in_one_line(
    program: Program, registered: Control, arguments: list[str], reason: str
) -> None:
    outcome = program("doctor", *arguments)

    assert outcome.status == 2
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1
    assert {entry["effect"] for entry in registered.journal()} <= {"read"}


def test_without_a_set_up_home_it_cannot_look(program: Program, home: Path) -> None:
    outcome = program("doctor", "-d", "alpha")

    assert outcome.status == 2
    assert "run 'spe-gateway init'" in outcome.err
    assert not home.exists()
