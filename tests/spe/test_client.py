"""What the client says on the wire, and what it makes of sound answers."""

import json
import ssl
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ConnectionLost, InvalidInput, ReplyInvalid, TokenLost
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Limits
from gateway.spe.command import Command, Target, is_instance_id
from gateway.spe.commands.environment import PING
from gateway.spe.commands.instances import CREATE_INSTANCE, GET_INSTANCES
from gateway.spe.commands.users import GET_USERS, SET_USER_PASSWORD
from gateway.spe.metadata import ArgumentSignature, CommandSignature
from tests.spe.raw_server import (
    PASSWORD,
    Identity,
    body_of,
    envelope,
    hang_up,
    raw_server,
    reply,
    success,
)

TOKEN = "sa0123456789abcdef0123456789abcdef"
BOM = b"\xef\xbb\xbf"
LEGAL = set(b"instanceFilter=abcdefghijklmnopqrstuvwxyz0123456789-")
FILTERED = [c for c in COMMANDS.values() if c.target is Target.INSTANCE_FILTER]


def test_a_command_is_posted_with_its_form_and_the_credentials(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        client.invoke(
            SET_USER_PASSWORD, {"instanceID": "abc", "userName": "a b", "password": '&=%+ü€\r\n"'}
        )

        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        expected = b"instanceID=abc&userName=a+b&password=%26%3D%25%2B%C3%BC%E2%82%AC%0D%0A%22"
        assert body == expected
        assert lines[0] == "POST /api/invoke/SetUserPassword HTTP/1.1"
        assert sorted(lines[1:]) == sorted(
            [
                f"Host: 127.0.0.1:{server.port}",
                "Authorization: Basic " + b64encode(f"admin:{PASSWORD}".encode()).decode(),
                "User-Agent: spe-gateway",
                "Accept: application/json",
                "Accept-Encoding: identity",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(expected)}",
            ]
        )


def test_a_command_without_arguments_announces_a_length_of_zero(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        client.invoke(PING, {})

        assert b"\r\nContent-Length: 0\r\n" in server.requests[0]
        assert b"Content-Type" not in server.requests[0]


def test_the_result_of_a_success_comes_back(identity: Identity) -> None:
    with (
        raw_server(identity, success(result=[{"userName": "ü"}])) as server,
        closing(server.client()) as client,
    ):
        status = client.invoke(GET_USERS, {"instanceID": "abc"})

        assert status.succeeded
        assert status.result == [{"userName": "ü"}]


@pytest.mark.parametrize("mark", [b"", BOM], ids=["without mark", "with mark"])
def test_a_byte_order_mark_may_be_there_or_not(identity: Identity, mark: bytes) -> None:
    body = mark + json.dumps(envelope()).encode()
    with raw_server(identity, reply(body)) as server, closing(server.client()) as client:
        assert client.invoke(PING, {}).succeeded


def test_a_failure_is_a_status_and_not_an_exception(identity: Identity) -> None:
    error = {"message": "Missing API argument userName.", "details": "at MailStore.Some.Trace()"}
    failed = success(statusCode="failed", error=error)
    with raw_server(identity, failed) as server, closing(server.client()) as client:
        status = client.invoke(PING, {})

        assert status.is_final
        assert not status.succeeded
        assert status.error_message == "Missing API argument userName."


def test_connections_are_kept_and_used_again(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        for _ in range(5):
            client.invoke(PING, {})

        assert len(server.requests) == 5
        assert server.connections == 1


def test_discovery_sends_the_star_and_only_with_get_instances(identity: Identity) -> None:
    with raw_server(identity, success(result=[])) as server, closing(server.client()) as client:
        client.discover()

        assert server.requests[0].startswith(b"POST /api/invoke/GetInstances ")
        assert body_of(server.requests[0]) == b"instanceFilter=%2A"


FILTERS = st.text() | st.builds(
    str.join,
    st.sampled_from([" ", ",", "\t", "\u00a0", "+", "%20", "&instanceFilter="]),
    st.lists(
        st.sampled_from(
            ["*", "abc", "host1", "*host1", ".running", "Abc", "ab", "abc\n", "\u212ab-c", "abc\0"]
        ),
        max_size=3,
    ),
)


def test_law_1_no_filter_but_one_id_ever_leaves(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:

        @settings(deadline=None)
        @given(command=st.sampled_from(FILTERED), text=FILTERS)
        def check(command: Command, text: str) -> None:
            sent = len(server.requests)
            if is_instance_id(text):
                client.invoke(command, {"instanceFilter": text})
                assert body_of(server.requests[-1]) == f"instanceFilter={text}".encode()
            else:
                with pytest.raises(InvalidInput):
                    client.invoke(command, {"instanceFilter": text})
                assert len(server.requests) == sent

        check()
        assert all(set(body_of(request)) <= LEGAL for request in server.requests)


@pytest.mark.parametrize("value", [["abc", "*"], ("abc",), {"a": "*"}, 1, True, None, b"abc"])
def test_law_1_a_filter_that_is_no_text_never_leaves(identity: Identity, value: object) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        with pytest.raises(InvalidInput):
            client.invoke(GET_INSTANCES, {"instanceFilter": value})

        assert server.connections == 0


@pytest.mark.parametrize("config", [{}, {"instanceID": "*"}, {"instanceID": ["abc"]}])
def test_law_1_holds_inside_json(identity: Identity, config: dict[str, object]) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        with pytest.raises(InvalidInput) as caught:
            client.invoke(CREATE_INSTANCE, {"config": config})

        assert [fault.pointer for fault in caught.value.faults] == ["/config/instanceID"]
        assert server.connections == 0


def test_get_status_says_what_is_known_and_how_long_to_wait(identity: Identity) -> None:
    running = success(token=TOKEN, statusVersion=9, statusCode="running", percentProgress=40)
    with raw_server(identity, running) as server, closing(server.client()) as client:
        status = client.get_status(TOKEN, 7, 1000)

        assert server.requests[0].startswith(b"POST /api/get-status ")
        assert body_of(server.requests[0]) == (
            f"token={TOKEN}&lastKnownStatusVersion=7&millisecondsTimeout=1000".encode()
        )
        assert (status.version, status.percent, status.is_running) == (9, 40, True)


def test_a_token_that_spe_has_forgotten_is_lost(identity: Identity) -> None:
    gone = reply(b"session expired", status="404 Not Found")
    with raw_server(identity, gone) as server, closing(server.client()) as client:
        with pytest.raises(TokenLost) as caught:
            client.get_status(TOKEN, 1)

        assert caught.value.deployment == "d1"
        assert caught.value.command == "get-status"


def test_the_status_of_another_token_is_refused(identity: Identity) -> None:
    other = success(token="sa" + "f" * 32, statusCode="running")
    with (
        raw_server(identity, other) as server,
        closing(server.client()) as client,
        pytest.raises(ReplyInvalid),
    ):
        client.get_status(TOKEN, 1)


@pytest.mark.parametrize("body", [b"", BOM + b"null", b"OK"], ids=["empty", "null", "text"])
def test_cancel_needs_no_words_in_the_answer(identity: Identity, body: bytes) -> None:
    with raw_server(identity, reply(body)) as server, closing(server.client()) as client:
        client.cancel(TOKEN)

        assert server.requests[0].startswith(b"POST /api/cancel-async ")
        assert body_of(server.requests[0]) == f"token={TOKEN}".encode()


def test_cancelling_a_forgotten_token_says_so(identity: Identity) -> None:
    gone = reply(b"", status="404 Not Found")
    with (
        raw_server(identity, gone) as server,
        closing(server.client()) as client,
        pytest.raises(TokenLost),
    ):
        client.cancel(TOKEN)


def test_metadata_is_a_bare_array_of_signatures(identity: Identity) -> None:
    listed = [
        {"name": "Ping", "args": []},
        {
            "name": "GetStores",
            "path": "api/other/",
            "args": [{"name": "includeSize", "type": "bool", "nullable": True}],
        },
    ]
    body = BOM + json.dumps(listed).encode()
    with raw_server(identity, reply(body)) as server, closing(server.client()) as client:
        assert client.metadata() == (
            CommandSignature("Ping", ()),
            CommandSignature(
                "GetStores",
                (ArgumentSignature("includeSize", "bool", nullable=True),),
                "api/other/",
            ),
        )
        assert server.requests[0].startswith(b"POST /api/get-metadata ")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b'[{"name": "Ping"}]',
        b'[{"name": 1, "args": []}]',
        b'[{"name": "", "args": []}]',
        b'[{"name": "Ping", "args": {}}]',
        b'[{"name": "Ping", "args": [], "path": 1}]',
        b'[{"name": "Ping", "args": [{"name": "a", "type": "bool", "nullable": 1}]}]',
    ],
)
def test_metadata_of_another_shape_is_refused(identity: Identity, body: bytes) -> None:
    with (
        raw_server(identity, reply(body)) as server,
        closing(server.client()) as client,
        pytest.raises(ReplyInvalid),
    ):
        client.metadata()


def test_a_read_is_sent_once_more_when_the_line_breaks(identity: Identity) -> None:
    with raw_server(identity, hang_up, success()) as server, closing(server.client()) as client:
        assert client.invoke(PING, {}).succeeded
        assert len(server.requests) == 2


def test_a_read_is_not_sent_a_third_time(identity: Identity) -> None:
    with raw_server(identity, hang_up) as server, closing(server.client()) as client:
        with pytest.raises(ConnectionLost):
            client.invoke(PING, {})

        assert len(server.requests) == 2


def test_a_change_is_never_sent_twice(identity: Identity) -> None:
    arguments = {"instanceID": "abc", "userName": "u", "password": PASSWORD}
    with raw_server(identity, hang_up, success()) as server, closing(server.client()) as client:
        with pytest.raises(ConnectionLost) as caught:
            client.invoke(SET_USER_PASSWORD, arguments)

        assert len(server.requests) == 1
        assert caught.value.command == "SetUserPassword"


def test_many_threads_share_a_client_and_get_their_own_answers(identity: Identity) -> None:
    def echo(connection: ssl.SSLSocket) -> None:
        asked = body_of(server.latest[connection]).decode()
        connection.sendall(success(result=asked))

    names = [f"instance-{number}" for number in range(40)]
    limits = Limits(connections=4)
    with (
        raw_server(identity, echo) as server,
        closing(server.client(limits=limits)) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        answers = threads.map(lambda name: client.invoke(GET_USERS, {"instanceID": name}), names)

        assert [answer.result for answer in answers] == [f"instanceID={name}" for name in names]
        assert server.connections <= 4
