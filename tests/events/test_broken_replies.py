"""Replies that end too early, and what is no reply at all."""

import ssl
from contextlib import suppress
from socket import socket
from threading import Event

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.events.allowance import Allowance
from gateway.events.outcome import Problem
from gateway.events.own import Own
from gateway.events.sender import REPLY_BYTES, Sender
from gateway.events.targets import parse, resolve
from gateway.events.transport import open_adapter, trust
from tests.events.receivers import (
    BODY,
    HEADERS,
    HOST,
    LOOPBACK,
    OK_HEAD,
    plain_receiver,
    reset,
    send,
    url_of,
)
from tests.spe.raw_server import Identity, Step, hang_up, raw_server

pytestmark = pytest.mark.usefixtures("names")


def break_head(connection: ssl.SSLSocket) -> None:
    """End within the status line."""
    connection.sendall(b"HTTP/1.1 2")
    hang_up(connection)


def break_body(connection: ssl.SSLSocket) -> None:
    """End before as much came as was announced."""
    connection.sendall(OK_HEAD + b"Content-Length: 9\r\n\r\nab")
    hang_up(connection)


def break_chunk(connection: ssl.SSLSocket) -> None:
    """End within a chunk."""
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab")
    hang_up(connection)


class TestBroken:
    @pytest.mark.parametrize(
        ("step", "status", "problem"),
        [
            (hang_up, None, Problem.CONNECTION_LOST),
            (reset, None, Problem.CONNECTION_LOST),
            (break_head, None, Problem.REPLY_INVALID),
            (break_body, 200, Problem.CONNECTION_LOST),
            (break_chunk, 200, Problem.CONNECTION_LOST),
        ],
        ids=lambda value: getattr(value, "__name__", str(value)),
    )
    def test_a_connection_that_breaks_is_told(
        self,
        patient: Sender,
        identity: Identity,
        step: Step,
        status: int | None,
        problem: Problem,
    ) -> None:
        with raw_server(identity, step) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem) == (status, problem)
        assert outcome.delivered is (status == 200)

    @pytest.mark.parametrize(
        "answer",
        [
            b"hello\r\n\r\n",
            b"\x00" * 100,
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/1.1 99999 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        ],
        ids=["word", "zeros", "ssh", "no status", "long status", "two lengths"],
    )
    def test_what_is_no_http_is_told(
        self, patient: Sender, identity: Identity, answer: bytes
    ) -> None:
        def say(connection: ssl.SSLSocket) -> None:
            connection.sendall(answer)
            hang_up(connection)

        with raw_server(identity, say) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem) == (None, Problem.REPLY_INVALID)

    def test_whoever_keeps_the_error_does_not_keep_the_connection(self, identity: Identity) -> None:
        """Urllib3 leaves the reader of headers that it refuses open, and the error holds it."""
        ended = Event()

        def say(connection: ssl.SSLSocket) -> None:
            connection.sendall(OK_HEAD + b"Content-Length: 1, 2\r\n\r\n")
            with suppress(OSError):
                connection.recv(1)
            ended.set()

        with raw_server(identity, say) as server:
            target = parse(url_of(server, "127.0.0.1"), LOOPBACK)
            addresses = resolve(target, LOOPBACK, Own())
            request = requests.Request("POST", target.url).prepare()
            context = trust(identity.path)
            with (
                pytest.raises(requests.exceptions.InvalidHeader) as caught,
                open_adapter(target, addresses, Allowance(10, REPLY_BYTES), context) as adapter,
            ):
                adapter.send(request, stream=True)

            assert ended.wait(5)
        assert caught.tb is not None

    def test_whatever_comes_back_nothing_is_raised(
        self, identity: Identity, patient: Sender
    ) -> None:
        answers: list[bytes] = [b""]

        def say(plain: socket) -> None:
            with suppress(OSError):
                plain.sendall(answers[-1])

        with plain_receiver(identity, say) as server:

            @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            @given(_replies())
            def answer(data: bytes) -> None:
                answers.append(data)
                outcome = patient.send(f"http://{HOST}:{server.port}/", HEADERS, BODY)
                assert outcome.problem in {None, *Problem}
                assert outcome.status is not None or outcome.problem is not None

            answer()


def _replies() -> st.SearchStrategy[bytes]:
    lines = st.lists(
        st.sampled_from(
            [
                b"Content-Length: -1",
                b"Content-Length: 99999999999999999999",
                b"Transfer-Encoding: chunked",
                b"Content-Encoding: br",
                b"Retry-After: \xff",
                b"Set-Cookie: =; expires=x",
                b"Location: https://[::1",
                b"Content-Type: text/html; charset=\xff",
                b" folded",
                b": no name",
                b"no colon",
            ]
        )
        | st.binary(max_size=40),
        max_size=6,
    )
    status = st.sampled_from([b"200 OK", b"302 Found", b"503 No", b"100 Continue", b"000 X"])
    return st.builds(
        lambda code, heads, body: b"\r\n".join([b"HTTP/1.1 " + code, *heads, b"", body]),
        status,
        lines,
        st.binary(max_size=100),
    ) | st.binary(max_size=200)
