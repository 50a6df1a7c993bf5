from gateway.simulator.commands import COMMANDS
from gateway.simulator.management_server import NOUNS
from gateway.simulator.reference import signatures

TYPES = {"string", "number", "bool", "json"}


def test_the_reference_holds_every_documented_command() -> None:
    assert len(signatures()) == 129
    assert {argument.type for one in signatures().values() for argument in one.arguments} == TYPES


def test_every_command_has_a_function_in_a_noun() -> None:
    modules = {noun.__name__ for noun in NOUNS}

    assert {command.handle.__module__ for command in COMMANDS.values()} == modules


def test_reading_commands_are_those_that_only_look() -> None:
    reading = {name for name, command in COMMANDS.items() if command.effect == "read"}

    assert {name for name in reading if not name.startswith("Get")} == {
        "Ping",
        "CanRunArchiveProfiles",
        "CreateLicenseRequest",
    }
    assert {name for name in COMMANDS if name.startswith("Get")} <= reading
