"""Nothing but the scratch instance can be reached, whatever a test asks for."""

import json
import os
from contextlib import closing

import pytest

from gateway.simulator.server import Simulator
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import Command, Effect, Target, is_instance_id
from gateway.spe.commands.instances import CREATE_INSTANCE, SET_INSTANCE_CONFIGURATION
from gateway.spe.commands.stores import CREATE_STORE
from tests.real.scratch import Foreign, Scratch
from tests.real.server import VARIABLE, Server, named, parsed
from tests.simulated import Control

DOCUMENT = {
    "host": "spe.example.com",
    "port": 8474,
    "userName": "admin",
    "password": "canary",
    "pin": "A" * 40,
    "instanceHost": "host1",
    "baseDirectory": "D:\\Scratch",
}
OTHERS = ["*", "acme", "", "* .running", "*host1", None]


@pytest.fixture
def guarded() -> Scratch:
    """A guard whose client could not reach anything anyway."""
    server = parsed(DOCUMENT)
    with closing(Client(server.endpoint)) as client:
        return Scratch(server, client)


def test_every_scratch_instance_has_an_id_of_its_own(guarded: Scratch) -> None:
    ids = {guarded.server.new_instance_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(is_instance_id(one) and one.startswith("gwtest-") for one in ids)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_command_reaches_another_instance(guarded: Scratch, command: Command) -> None:
    if command.target is Target.DEPLOYMENT and command.effect is Effect.READ:
        guarded.require_own(command, {})
        return
    for other in OTHERS:
        arguments = {
            "instanceID": other,
            "instanceFilter": other,
            "config": {"instanceID": other},
        }
        with pytest.raises(Foreign):
            guarded.require_own(command, arguments)


def test_the_scratch_instance_itself_is_reached(guarded: Scratch) -> None:
    own = {
        "instanceID": guarded.id,
        "instanceFilter": guarded.id,
        "config": guarded.configuration(),
    }
    for command in COMMANDS.values():
        if command.target is not Target.DEPLOYMENT:
            guarded.require_own(command, own)


@pytest.mark.parametrize(
    "change", [{"instanceHost": "host2"}, {"baseDirectory": "D:\\"}, {"instanceID": "acme"}]
)
def test_a_configuration_stays_where_it_is(guarded: Scratch, change: dict[str, str]) -> None:
    for command in (CREATE_INSTANCE, SET_INSTANCE_CONFIGURATION):
        with pytest.raises(Foreign):
            guarded.require_own(command, {"config": guarded.configuration(**change)})


@pytest.mark.parametrize("path", ["D:\\Other", "\\\\server\\share", "~\\..\\other", ""])
def test_a_store_lies_in_the_scratch_directory(guarded: Scratch, path: str) -> None:
    with pytest.raises(Foreign):
        guarded.require_own(CREATE_STORE, {"instanceID": guarded.id, "databasePath": path})


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("GetInstances", ("instanceFilter", "*")),
        ("GetInstances", ("instanceFilter", "acme")),
        ("GetUsers", ("instanceID", "acme")),
        ("StopInstances", ("instanceFilter", "itself")),
        ("Unheard", ("a", "b")),
    ],
)
def test_a_raw_call_reads_and_names_nobody_else(
    guarded: Scratch, name: str, pair: tuple[str, str]
) -> None:
    key, value = pair
    with pytest.raises(Foreign):
        guarded.raw(name, (key, guarded.spellings.get(value, value)))


def test_a_whole_life_leaves_the_others_as_they_were() -> None:
    with Simulator("alpha") as simulator:
        control = Control(simulator.control_url)
        control.seed(instances=[{"instanceID": "acme", "users": [{"userName": "jane"}]}])
        before = control.state()["instances"]
        told = simulator.announcement()
        server = parsed(
            DOCUMENT
            | {
                "host": "127.0.0.1",
                "port": told["port"],
                "password": told["password"],
                "pin": told["sha256"],
                "instanceHost": "alpha-host1",
            }
        )
        with closing(Client(server.endpoint)) as client:
            scratch = Scratch(server, client)
            scratch.create()
            scratch.start()
            scratch.remove()
            scratch.remove()
            scratch.start()
            again = scratch.status()
            scratch.remove()

        assert again == "running"
        assert control.state()["instances"] == before
        filters = {
            value
            for entry in control.journal()
            for key, value in entry["arguments"]
            if key == "instanceFilter"
        }
        assert filters == {scratch.id}


def test_the_server_is_taken_out_of_the_environment() -> None:
    environment = {VARIABLE: json.dumps(DOCUMENT), "PATH": "x"}
    server = named(environment)

    assert isinstance(server, Server)
    assert server.instance_prefix == "gwtest-"
    assert "canary" not in repr(server)
    assert environment == {"PATH": "x"}
    assert named({}) is None
    assert VARIABLE not in os.environ


@pytest.mark.parametrize(
    "text", ["[]", "no JSON", '{"host": "x"}', json.dumps(DOCUMENT | {"instance": "acme"})]
)
def test_a_wrong_description_of_the_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"{VARIABLE}|Expecting value"):
        named({VARIABLE: text})
