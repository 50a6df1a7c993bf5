"""The deployment as a whole: what it says of itself, and how it refuses."""

from contextlib import closing
from dataclasses import replace

import pytest

from gateway.errors import PinMismatch, ReplyInvalid, TokenLost
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO, PING
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.spe.reply import decode
from gateway.spe.status import Status
from tests.real.scratch import Scratch
from tests.real.server import Server

ENVELOPE = [
    "error",
    "token",
    "statusVersion",
    "statusCode",
    "percentProgress",
    "statusText",
    "result",
    "logOutput",
]


def test_a_ping_is_answered(made: Scratch) -> None:
    assert made.result(PING) is None


def test_the_environment_names_the_version_and_the_caller(made: Scratch) -> None:
    environment = made.result(GET_ENVIRONMENT_INFO)

    assert environment["version"][0].isdigit()
    assert environment["userName"] == made.server.user_name


def test_the_instance_host_is_known_by_its_exact_name(made: Scratch) -> None:
    hosts = made.result(GET_INSTANCE_HOSTS, serverNameFilter=made.server.instance_host)

    assert [host["serverName"] for host in hosts] == [made.server.instance_host]


def test_the_metadata_lists_what_the_suite_needs_with_our_arguments(made: Scratch) -> None:
    listed = made.metadata()
    needed = ("Ping", "GetInstances", "CreateInstance", "GetStores", "VerifyStore", "CreateUser")

    for name in needed:
        required = {param.name for param in COMMANDS[name].params if param.required}
        assert required <= listed[name] <= {param.name for param in COMMANDS[name].params}


def test_every_answer_is_an_envelope_after_a_byte_order_mark(made: Scratch) -> None:
    for reply in (made.raw("Ping"), made.raw("GetInstanceConfiguration")):
        assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
        assert reply.body.startswith(b"\xef\xbb\xbf")
        document = decode(reply.body, 64)
        assert isinstance(document, dict)
        assert list(document) == ENVELOPE


def test_a_missing_argument_is_named(made: Scratch) -> None:
    reply = made.raw("GetInstanceConfiguration")
    status = Status.from_envelope(decode(reply.body, 64))

    assert status.code == "failed"
    assert status.error_message == "Missing API argument instanceID."


def test_an_unknown_command_is_refused(made: Scratch) -> None:
    assert made.outcome("GwTestNoSuchCommand") == "failed"


def test_an_unknown_argument_is_refused(made: Scratch) -> None:
    assert made.outcome("Ping", ("gwTestArgument", "1")) == "failed"


def test_an_unknown_token_is_lost(made: Scratch) -> None:
    unknown = Status(token="sa" + "0" * 32, version=1, code="running")

    with pytest.raises(TokenLost):
        made.poll(unknown)
    with pytest.raises((TokenLost, ReplyInvalid)):
        made.cancel(unknown)


def test_another_pin_sends_nothing(spe_server: Server) -> None:
    other = replace(spe_server.endpoint, pin="A" * 64)

    with closing(Client(other)) as client, pytest.raises(PinMismatch):
        client.invoke(PING, {})
