"""Replies and lines that are broken, hostile or slow: each ends in the right branch."""

import gzip
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from threading import Barrier, Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import (
    AnswerLost,
    ConnectionLost,
    CredentialsRefused,
    DeploymentUnreachable,
    NotSent,
    ReplyInvalid,
    UpstreamError,
    UpstreamTimeout,
)
from gateway.spe.client import Client, Limits
from gateway.spe.commands.environment import PING
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.spe.commands.users import SET_USER_PASSWORD
from gateway.spe.endpoint import Endpoint
from gateway.spe.mapping import DeploymentBusy
from tests.spe.raw_server import PASSWORD, Identity, RawServer, Step, raw_server, reply, success

ONE = {"instanceFilter": "abc"}
SECRET = "canary-new-pässword"
STACK_TRACE = b"System.NullReferenceException\r\n   at MailStore.Server.Secret()"


def failure(client: Client, seconds: float = 2) -> UpstreamError:
    """What a changing command ends in."""
    with pytest.raises(UpstreamError) as caught:
        client.invoke(STOP_INSTANCES, ONE, seconds=seconds)
    assert caught.value.deployment == "d1"
    assert caught.value.command == "StopInstances"
    return caught.value


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (reply(b"", "WWW-Authenticate: Basic", status="401 Unauthorized"), CredentialsRefused),
        (reply(b"", status="404 Not Found"), ReplyInvalid),
        (reply(b"<html>Length Required", status="411 Length Required"), ReplyInvalid),
        (reply(STACK_TRACE, status="500 Internal Server Error"), ReplyInvalid),
        (reply(b"", status="204 No Content"), ReplyInvalid),
        (reply(b"", status="302 Found"), ReplyInvalid),
        (reply(b""), ReplyInvalid),
        (reply(b"<html>garbage</html>"), ReplyInvalid),
        (reply(b"[]"), ReplyInvalid),
        (reply(b"null"), ReplyInvalid),
        (reply(b"{}"), ReplyInvalid),
        (reply('{"error": null}'.encode("utf-16")), ReplyInvalid),
        (reply(b'{"a":"\xfc"}'), ReplyInvalid),
        (reply(b"[" * 200_000), ReplyInvalid),
        (reply(gzip.compress(b"{}", mtime=0), "Content-Encoding: gzip"), ReplyInvalid),
        (reply(success().partition(b"\r\n\r\n")[2], "Content-Encoding: br"), ReplyInvalid),
        (b"SSH-2.0-OpenSSH\r\n\r\n", ReplyInvalid),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", ReplyInvalid),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}", ReplyInvalid),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ReplyInvalid),
    ],
)  # fmt: skip
def test_an_answer_that_spe_does_not_give(
    identity: Identity, step: bytes, kind: type[UpstreamError]
) -> None:
    with raw_server(identity, step) as server, closing(server.client()) as client:
        error = failure(client)

        assert type(error) is kind
        assert "MailStore" not in error.detail + error.message
        assert len(server.requests) == 1


def test_refused_credentials_mean_that_nothing_was_carried_out(identity: Identity) -> None:
    refusal = reply(b"", "WWW-Authenticate: Basic", status="401 Unauthorized")
    with raw_server(identity, refusal) as server, closing(server.client()) as client:
        assert isinstance(failure(client), NotSent)


def cut(sent: bytes) -> Callable[[ssl.SSLSocket], None]:
    """Sends this and ends the connection."""

    def step(connection: ssl.SSLSocket) -> None:
        connection.sendall(sent)
        connection.close()

    return step


@pytest.mark.parametrize(
    "step",
    [
        cut(b""),
        cut(b"HTTP/1.1 2"),
        cut(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n"),
        cut(success()[:-9]),
        cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
        cut(b"HTTP/1.1 200 OK\r\n\r\n" + success().partition(b"\r\n\r\n")[2][:-9]),
    ],
    ids=["nothing", "status line", "headers", "length", "chunk", "no length"],
)
def test_a_cut_answer_is_never_a_success(
    identity: Identity, step: Callable[[ssl.SSLSocket], None]
) -> None:
    with raw_server(identity, step) as server, closing(server.client()) as client:
        assert isinstance(failure(client), ConnectionLost | ReplyInvalid)


def test_a_body_that_announces_too_much_is_not_read(identity: Identity) -> None:
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    with raw_server(identity, huge) as server, closing(server.client()) as client:
        assert isinstance(failure(client), ReplyInvalid)


def test_a_body_without_end_is_cut_at_the_limit(identity: Identity) -> None:
    sent = 0

    def pour(connection: ssl.SSLSocket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += connection.send(b" " * 16384)

    limits = Limits(max_reply_bytes=1_000_000)
    with (
        raw_server(identity, pour) as server,
        closing(server.client(limits=limits)) as client,
    ):
        assert isinstance(failure(client, seconds=20), ReplyInvalid)
    assert 1_000_000 < sent < 20_000_000


def test_an_answer_deeper_than_the_limit_is_refused(identity: Identity) -> None:
    def nested(depth: int) -> object:
        return [] if depth == 1 else [nested(depth - 1)]

    allowed, too_deep = success(result=nested(63)), success(result=nested(64))
    with raw_server(identity, allowed, too_deep) as server, closing(server.client()) as client:
        assert client.invoke(PING, {}).succeeded
        assert isinstance(failure(client), ReplyInvalid)


def drip(server: list[RawServer], data: bytes) -> Callable[[ssl.SSLSocket], None]:
    """One byte at a time, each well within any time-out of a socket."""

    def step(connection: ssl.SSLSocket) -> None:
        for position in range(len(data)):
            connection.sendall(data[position : position + 1])
            if server[0].stopping.wait(0.02):
                return

    return step


@pytest.mark.parametrize(
    "data",
    [
        success(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b" " * 999,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 999,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 99,
    ],
    ids=["headers", "body", "chunks", "continues"],
)
def test_a_dripping_server_is_given_up_at_the_total_deadline(
    identity: Identity, data: bytes
) -> None:
    holder: list[RawServer] = []
    with raw_server(identity, drip(holder, data)) as server, closing(server.client()) as client:
        holder.append(server)
        began = time.monotonic()

        assert isinstance(failure(client, seconds=0.4), UpstreamTimeout)
        assert 0.4 <= time.monotonic() - began < 1


def silent(connection: ssl.SSLSocket) -> None:
    """Waits until the other side has gone."""
    connection.recv(1)


def test_a_silent_server_is_a_time_out_after_sending(identity: Identity) -> None:
    with raw_server(identity, silent) as server, closing(server.client()) as client:
        assert isinstance(failure(client, seconds=0.2), UpstreamTimeout)
        assert len(server.requests) == 1


def test_a_read_that_timed_out_is_not_sent_again(identity: Identity) -> None:
    with raw_server(identity, silent) as server, closing(server.client()) as client:
        with pytest.raises(UpstreamTimeout):
            client.invoke(PING, {}, seconds=0.2)

        assert len(server.requests) == 1


def test_a_busy_pool_refuses_before_anything_is_sent(identity: Identity) -> None:
    """The bulkhead: a deployment that hangs holds only so many threads."""
    inside, release = Barrier(3), Event()

    def hold(connection: ssl.SSLSocket) -> None:
        inside.wait(5)
        release.wait(5)
        connection.sendall(success())

    with raw_server(identity, hold) as server, closing(server.client()) as client:
        threads = [Thread(target=client.invoke, args=(PING, {})) for _ in range(2)]
        for thread in threads:
            thread.start()
        inside.wait(5)
        error = failure(client)
        release.set()
        for thread in threads:
            thread.join()

        assert isinstance(error, DeploymentBusy)
        assert len(server.requests) == 2


def test_a_closed_client_sends_nothing(identity: Identity) -> None:
    with raw_server(identity, success()) as server:
        client = server.client()
        client.close()

        assert isinstance(failure(client), NotSent)
        assert server.connections == 0


def test_a_refused_connection_means_that_nothing_was_sent(identity: Identity) -> None:
    with raw_server(identity, success()) as server:
        client = server.client()
    with closing(client):
        assert isinstance(failure(client), DeploymentUnreachable)


def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    endpoint = Endpoint("d1", "spe.invalid", 8474, "admin", PASSWORD, "a" * 40)
    with closing(Client(endpoint)) as client:
        assert isinstance(failure(client), DeploymentUnreachable)


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(identity: Identity) -> None:
    """The end is seen before the request is sent, so this is no second try."""
    closed = Event()

    def answer_and_close(connection: ssl.SSLSocket) -> None:
        connection.sendall(success())
        connection.close()
        closed.set()

    with (
        raw_server(identity, answer_and_close, success()) as server,
        closing(server.client()) as client,
    ):
        client.invoke(STOP_INSTANCES, ONE)
        assert closed.wait(5)
        assert client.invoke(STOP_INSTANCES, ONE).succeeded

        assert len(server.requests) == 2
        assert server.connections == 2


def test_a_kept_connection_that_breaks_after_sending_is_ambiguous(identity: Identity) -> None:
    with raw_server(identity, success(), cut(b"")) as server, closing(server.client()) as client:
        client.invoke(STOP_INSTANCES, ONE)

        assert isinstance(failure(client), ConnectionLost)
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "step",
    [
        cut(b""),
        reply(b"x"),
        silent,
        reply(b"", status="401 Unauthorized"),
        reply(SECRET.encode(), status="500 Internal Server Error"),
    ],
    ids=["cut", "garbage", "silent", "refused", "echo"],
)  # fmt: skip
def test_no_password_stands_in_an_error_or_its_causes(identity: Identity, step: Step) -> None:
    arguments = {"instanceID": "abc", "userName": "u", "password": SECRET}
    with raw_server(identity, step) as server, closing(server.client()) as client:
        with pytest.raises(UpstreamError) as caught:
            client.invoke(SET_USER_PASSWORD, arguments, seconds=0.2)

        error: BaseException | None = caught.value
        assert PASSWORD not in repr(client) + str(client)
        while error is not None:
            assert SECRET not in f"{error!r} {error} {vars(error)}"
            assert PASSWORD not in f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or error.__context__


MUTATIONS = st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6)), min_size=1, max_size=4)


def test_whatever_bytes_come_the_end_is_a_status_or_an_error_of_ours(identity: Identity) -> None:
    answers: list[bytes] = []

    def serve(connection: ssl.SSLSocket) -> None:
        connection.sendall(answers[-1])
        connection.close()

    with raw_server(identity, serve) as server, closing(server.client()) as client:

        @settings(deadline=None, max_examples=80)
        @given(mutations=MUTATIONS)
        def check(mutations: list[tuple[int, bytes]]) -> None:
            answer = bytearray(success())
            for position, piece in mutations:
                answer[position : position + len(piece)] = piece
            answers.append(bytes(answer))
            try:
                client.invoke(STOP_INSTANCES, ONE, seconds=1)
            except UpstreamError as error:
                assert isinstance(error, AnswerLost | CredentialsRefused)  # noqa: PT017 - either is right

        check()
