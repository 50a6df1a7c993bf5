"""How often a deployment sees a command whose line breaks: changes once, reads once more.

The matrix is made of the catalogue: every command, and each phase in which a line can break.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing

import pytest

from gateway.errors import AnswerLost, NotSent, UpstreamError
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import Command, Effect, Param, ParamType
from tests.spe.raw_server import Identity, RawServer, hang_up, raw_server

BY_EFFECT = {
    effect: [each for each in COMMANDS.values() if each.effect is effect] for effect in Effect
}
SAMPLES: Mapping[ParamType, object] = {
    ParamType.STRING: "acme",
    ParamType.NUMBER: 1,
    ParamType.BOOL: True,
    ParamType.JSON: {"instanceID": "acme"},
}


def sample(param: Param) -> object:
    """Return a value that an argument takes."""
    if param.values:
        return [param.values[0]] if param.is_list else param.values[0]
    return ["acme"] if param.is_list else SAMPLES[param.type]


def arguments(command: Command) -> dict[str, object]:
    return {param.name: sample(param) for param in command.params if param.required}


def absent(server: RawServer) -> None:
    """Let nobody listen."""
    server.stop()


def without_handshake(server: RawServer) -> None:
    """Let every connection end before the handshake does."""
    server.serve = socket.socket.close


def _begin_reply(connection: ssl.SSLSocket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"err')
    hang_up(connection)


def as_scripted(server: RawServer) -> None:
    """Let the script decide."""
    del server


PHASES: Mapping[str, tuple[Callable[[RawServer], None], Callable[[ssl.SSLSocket], None]]] = {
    "before the connection": (absent, hang_up),
    "in the handshake": (without_handshake, hang_up),
    "after the request": (as_scripted, hang_up),
    "in the reply": (as_scripted, _begin_reply),
}
"""What breaks the line in each phase."""


def failed(client: Client, command: Command) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        client.invoke(command, arguments(command))
    return caught.value


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("effect", Effect, ids=lambda effect: effect.value)
def test_a_change_is_seen_once_at_most_and_a_read_twice(
    identity: Identity, effect: Effect, phase: str
) -> None:
    spoil, step = PHASES[phase]
    is_sent = spoil is as_scripted
    times = 0 if not is_sent else 1 if effect.changes else 2
    with raw_server(identity, step) as server, closing(server.client()) as client:
        spoil(server)
        for command in BY_EFFECT[effect]:
            server.requests.clear()
            error = failed(client, command)

            assert isinstance(error, AnswerLost if is_sent else NotSent), command.name
            assert [each.split()[1] for each in server.requests] == [
                f"/api/invoke/{command.name}".encode()
            ] * times


def test_the_matrix_holds_the_whole_catalogue() -> None:
    assert all(BY_EFFECT.values())
    assert sum(map(len, BY_EFFECT.values())) == len(COMMANDS)


@pytest.mark.parametrize(
    ("call", "times"),
    [
        (lambda client: client.get_status("t1", 0), 2),
        (lambda client: client.metadata(), 2),
        (lambda client: client.discover(), 2),
        (lambda client: client.cancel("t1"), 1),
    ],
    ids=["get-status", "get-metadata", "discovery", "cancel-async"],
)
def test_control_calls_keep_to_the_same_rule(
    identity: Identity, call: Callable[[Client], object], times: int
) -> None:
    with raw_server(identity, hang_up) as server, closing(server.client()) as client:
        with pytest.raises(AnswerLost):
            call(client)

        assert len(server.requests) == times
