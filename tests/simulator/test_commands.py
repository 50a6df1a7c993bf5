"""What holds for each and every command."""

import json
from pathlib import Path

import pytest

from gateway.simulator.reference import signatures
from gateway.simulator.scenario import Scenario, parse
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.calls import CALLS, CANARY, EXAMPLES, SEED
from tests.simulator.client import Client

NAMES = sorted(signatures())
INSIDE = [name for name in NAMES if signatures()[name].block == "instance"]
PASSING = {"GetInstanceProcessLiveStatistics"}
"""Reads whose answer grows by itself."""


def scenario() -> Scenario:
    return parse({"password": CANARY + "0", "verifyRate": 1e9, **SEED})


def every_call(client: Client, control: Control) -> None:
    for name, arguments in CALLS:
        if name == "RunJobAsync":
            control.pause()
        last, _ = client.drained(client.call(name, **arguments))

        assert (name, last["statusCode"], last["error"]) == (name, "succeeded", None)
        if name == "CancelJobAsync":
            control.resume()


def reads(client: Client) -> dict[str, object]:
    """Call everything that only reads, and is still there after all calls."""
    return {
        name: client.call(name, **EXAMPLES[name])
        for name in NAMES
        if name.startswith("Get") and name not in PASSING
    }


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == set(NAMES)


def test_every_command_succeeds_and_leaves_what_a_restart_finds_again(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path, scenario=scenario()) as spe:
        with Client(spe) as client:
            every_call(client, Control(spe.control_url))
            before = reads(client)
        digest = Control(spe.control_url).state_hash()

    with Simulator("alpha", data_folder=tmp_path, scenario=scenario()) as spe:
        assert Control(spe.control_url).state_hash() == digest
        with Client(spe) as client:
            assert reads(client) == before


def test_no_secret_is_given_back_or_kept(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path, scenario=scenario()) as spe:
        with Client(spe) as client:
            every_call(client, Control(spe.control_url))
            answers = json.dumps(reads(client))
        state = json.dumps(Control(spe.control_url).state())

    assert CANARY not in answers + state
    assert CANARY not in (tmp_path / "state.json").read_text()


def test_the_newest_version_lists_every_command(client: Client) -> None:
    client.send("GET", "/api/get-metadata")
    listed = json.loads(client.body.decode("utf-8-sig"))

    assert [entry["name"] for entry in listed] == NAMES
    assert {tuple(entry) for entry in listed} == {("name", "args")}


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_those_of_the_reference(client: Client, name: str) -> None:
    for argument in signatures()[name].arguments:
        if not argument.nullable:
            left = {key: EXAMPLES[name][key] for key in EXAMPLES[name] if key != argument.name}
            assert client.refusal(name, **left) == f"Missing API argument {argument.name}."

    message = client.refusal(name, **EXAMPLES[name], colour="red")
    assert message == "Unknown API argument colour."


@pytest.mark.parametrize("name", INSIDE)
def test_the_block_instance_needs_service_provider_access(
    client: Client, control: Control, name: str
) -> None:
    control.seed(instances=[{"instanceID": "acme"}])

    message = client.refusal(name, **EXAMPLES[name])
    assert message == "Archive admin access is not enabled for this instance."


@pytest.mark.parametrize("name", [name for name in NAMES if "instanceID" in EXAMPLES[name]])
def test_an_instance_has_to_be_there(client: Client, name: str) -> None:
    arguments = {**EXAMPLES[name], "instanceID": "nobody"}

    assert client.refusal(name, **arguments) == "The instance 'nobody' does not exist."
