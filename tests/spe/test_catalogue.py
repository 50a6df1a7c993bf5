"""The catalogue against the simulator's own transcription of the vendor's reference.

Neither is made from the other, so that an error in one shows.
"""

import json
import re
from importlib.resources import files

import pytest

from gateway.errors import DeclarationError
from gateway.spe.catalogue import COMMANDS, NOUNS, catalogue
from gateway.spe.command import Command, Effect, Param, Target
from gateway.spe.commands.environment import PING

NOT_IN_THE_REFERENCE = {
    "UnlockStore": "named on the vendor's page on managing instances",
    "CanRunArchiveProfiles": "known from the vendor's client",
    "GetRetentionPolicies": "known from the vendor's client",
    "SetRetentionPolicies": "known from the vendor's client",
    "ProcessRetentionPolicies": "known from the vendor's client",
}
REVIEWED = {
    ("CreateJob", "name"): "a job without a name or an action is none: required here",
    ("CreateJob", "action"): "likewise",
    ("CreateUser", "loginPrivileges"): "the vendor's client knows api as well",
    ("DeleteJob", "id"): "a number everywhere else; required: dropped, it would widen the command",
    ("RenameJob", "id"): "required, likewise",
    ("RenameJob", "name"): "required, likewise",
    ("SetJobEnabled", "enabled"): "required, likewise",
    ("SetJobEnabled", "id"): "required, likewise",
    ("SetJobSchedule", "instanceID"): "missing in the reference; every other job command has it",
    ("SetJobSchedule", "interval"): "260 is a slip in the reference; CreateJob says 240",
    ("SetUserLoginPrivileges", "loginPrivileges"): "the vendor's client knows api as well",
    ("VerifyStore", "includeIndexes"): "has a default, but we always say which we mean",
    ("VerifyStores", "includeIndexes"): "likewise",
}

Facts = tuple[str, bool, tuple[str | int, ...]]


def reference() -> dict[str, dict[str, Facts]]:
    """Type, whether it may be left out, and values, by command and argument."""
    text = (files("gateway.simulator") / "reference.json").read_text(encoding="utf-8")
    return {
        entry["name"]: {
            argument["name"]: (
                argument["type"],
                argument["nullable"],
                tuple(argument.get("values", ())),
            )
            for argument in entry["args"]
        }
        for entry in json.loads(text)
    }


def declared(command: Command) -> dict[str, Facts]:
    return {p.name: (p.type.value, not p.required, p.values) for p in command.params}


def test_the_catalogue_holds_the_commands_of_the_reference_and_the_reviewed_ones() -> None:
    assert set(COMMANDS) == set(reference()) | set(NOT_IN_THE_REFERENCE)
    assert len(COMMANDS) == 129


def test_every_argument_is_that_of_the_reference_or_a_reviewed_difference() -> None:
    """A review that is no longer needed fails as well."""
    differences = {
        (name, argument)
        for name, facts in reference().items()
        for argument in facts.keys() | declared(COMMANDS[name]).keys()
        if facts.get(argument) != declared(COMMANDS[name]).get(argument)
    }

    assert differences == set(REVIEWED)


def test_the_arguments_stand_in_the_order_of_the_reference() -> None:
    for name, facts in reference().items():
        ours = [argument for argument in declared(COMMANDS[name]) if argument in facts]

        assert ours == list(facts)


def test_service_provider_access_is_needed_by_the_block_of_instance_commands() -> None:
    text = (files("gateway.simulator") / "reference.json").read_text(encoding="utf-8")
    block = {entry["name"] for entry in json.loads(text) if entry["block"] == "instance"}
    ours = {c.name for c in COMMANDS.values() if c.needs_service_provider_access}

    assert ours - set(NOT_IN_THE_REFERENCE) == block


def test_every_constant_of_a_noun_is_in_its_tuple_and_named_after_its_command() -> None:
    for noun in NOUNS:
        constants = {
            name: value for name, value in vars(noun).items() if isinstance(value, Command)
        }

        assert set(constants.values()) == set(noun.COMMANDS)
        for name, command in constants.items():
            assert name.replace("_", "") == command.name.upper()


def test_what_reads_is_called_so() -> None:
    """CreateLicenseRequest only adds up what is there, whatever its name says."""
    reads = {c.name for c in COMMANDS.values() if c.effect is Effect.READ}

    assert {name for name in reads if not name.startswith("Get")} == {
        "CanRunArchiveProfiles",
        "CreateLicenseRequest",
        "Ping",
    }
    assert {name for name in COMMANDS if name.startswith("Get")} <= reads


def test_what_deletes_destroys() -> None:
    """The others that delete can be repeated without a difference."""
    deletes = {c for c in COMMANDS.values() if re.match("Delete|Detach", c.name)}

    assert {c.name for c in deletes if c.effect is not Effect.DESTROY} == {
        "DeleteAppPasswords",
        "DeleteEmptyFolders",
    }
    assert {c for c in COMMANDS.values() if c.effect is Effect.DESTROY} <= deletes


def test_the_filter_commands_are_the_seven_known_ones() -> None:
    filtered = {c.name for c in COMMANDS.values() if c.target is Target.INSTANCE_FILTER}

    assert filtered == {
        f"{verb}Instances"
        for verb in ("Delete", "Freeze", "Get", "Restart", "Start", "Stop", "Thaw")
    }


def test_every_argument_with_a_credential_is_marked() -> None:
    def is_credential(param: Param) -> bool:
        return re.fullmatch("password|passphrase|encryptionKey", param.name) is not None

    named = {(c.name, p.name) for c in COMMANDS.values() for p in c.params if is_credential(p)}
    hidden = {
        ("CreateProfile", "properties"),
        ("RunTemporaryProfile", "properties"),
        ("SetDirectoryServicesConfiguration", "config"),
        ("SetSmtpSettings", "settings"),
        ("SetSystemSmtpConfiguration", "config"),
    }
    secret = {(c.name, p.name) for c in COMMANDS.values() for p in c.params if p.secret}

    assert secret == named | hidden


def test_a_command_cannot_be_declared_twice() -> None:
    with pytest.raises(DeclarationError):
        catalogue([PING, PING])


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        COMMANDS["Other"] = PING  # type: ignore[index] # what is under test
