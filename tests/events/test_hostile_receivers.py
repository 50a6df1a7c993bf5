"""What a receiver may do to the one who sends: nothing but answer."""

import gzip
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest

from gateway.events.outcome import Problem
from gateway.events.reply import EXCERPT_CHARACTERS
from gateway.events.sender import REPLY_BYTES, SECONDS, Sender
from tests.events.receivers import (
    ACCEPTED,
    HEADERS,
    HOST,
    OK_HEAD,
    hold,
    plain_receiver,
    send,
)
from tests.spe.raw_server import Identity, Step, raw_server, reply

pytestmark = pytest.mark.usefixtures("names")


def forever(connection: ssl.SSLSocket, data: bytes, pause: Callable[[], object]) -> None:
    """Send the same again and again, until the other side has gone."""
    with suppress(OSError):
        while not pause():
            connection.sendall(data)


@dataclass
class Reading:
    """What comes out of TLS.

    Attributes:
        bytes: so many.
    """

    bytes: int = 0


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Reading:
    """Count the bytes that are read by ``recv_into``, which the receivers do not use."""
    counted = Reading()
    real = ssl.SSLSocket.recv_into

    def recv_into(*arguments: Any) -> int:  # noqa: ANN401 - as in ssl
        count = real(*arguments)
        counted.bytes += count
        return count

    monkeypatch.setattr(ssl.SSLSocket, "recv_into", recv_into)
    return counted


def flood(connection: ssl.SSLSocket) -> None:
    """Announce 10 GB, and send them."""
    connection.sendall(OK_HEAD + b"Content-Length: 10000000000\r\n\r\n")
    forever(connection, b"x" * 65536, lambda: False)


def chunks(connection: ssl.SSLSocket) -> None:
    """Announce nothing, and send chunks without end."""
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    forever(connection, b"400\r\n" + b"x" * 1024 + b"\r\n", lambda: False)


def huge_chunk(connection: ssl.SSLSocket) -> None:
    """Announce one chunk of 64 exabytes."""
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 15 + b"\r\n")
    forever(connection, b"x" * 65536, lambda: False)


def gzip_bomb(connection: ssl.SSLSocket) -> None:
    """Send 100 MB of zeros, packed."""
    packed = gzip.compress(gzip.compress(b"\0" * 100_000_000, 1), 1)
    connection.sendall(
        OK_HEAD
        + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        + packed
    )


def large_headers(connection: ssl.SSLSocket) -> None:
    """Send 100 headers of 8 KB."""
    connection.sendall(OK_HEAD)
    for number in range(100):
        connection.sendall(b"X-%d: %s\r\n" % (number, b"x" * 8192))
    connection.sendall(b"\r\n")


def many_headers(connection: ssl.SSLSocket) -> None:
    """Send small headers without end."""
    connection.sendall(OK_HEAD)
    forever(connection, b"X: y\r\n", lambda: False)


def long_line(connection: ssl.SSLSocket) -> None:
    """Send a status line without end."""
    connection.sendall(b"HTTP/1.1 200 ")
    forever(connection, b"x" * 1024, lambda: False)


def continues(connection: ssl.SSLSocket) -> None:
    """Ask without end to go on."""
    forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", lambda: False)


class TestSize:
    @pytest.mark.parametrize(
        ("step", "status", "problem"),
        [
            (flood, 200, Problem.REPLY_TOO_LARGE),
            (chunks, 200, Problem.REPLY_TOO_LARGE),
            (huge_chunk, 200, Problem.REPLY_TOO_LARGE),
            (large_headers, None, Problem.REPLY_TOO_LARGE),
            (many_headers, None, Problem.REPLY_INVALID),
            (long_line, None, Problem.REPLY_TOO_LARGE),
            (continues, None, Problem.REPLY_TOO_LARGE),
        ],
        ids=lambda value: getattr(value, "__name__", str(value)),
    )
    def test_no_more_than_64_kb_are_read(
        self,
        patient: Sender,
        identity: Identity,
        read: Reading,
        step: Step,
        status: int | None,
        problem: Problem,
    ) -> None:
        with raw_server(identity, step) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem) == (status, problem)
        assert 0 < read.bytes <= REPLY_BYTES == 65536
        assert len(outcome.excerpt) <= EXCERPT_CHARACTERS

    def test_a_reply_of_64_kb_is_read(
        self, patient: Sender, identity: Identity, read: Reading
    ) -> None:
        head = OK_HEAD + b"Content-Length: 65000\r\n\r\n"
        with raw_server(identity, head + b"x" * 65000) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem) == (200, None)
        assert read.bytes == len(head) + 65000

    def test_a_packed_reply_is_not_unpacked(
        self, patient: Sender, identity: Identity, read: Reading
    ) -> None:
        with raw_server(identity, gzip_bomb) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem, outcome.excerpt) == (200, None, "")
        assert read.bytes < REPLY_BYTES

    def test_a_reply_that_only_claims_to_be_packed_is_no_problem(
        self, patient: Sender, identity: Identity
    ) -> None:
        with raw_server(identity, reply(b"no gzip", "Content-Encoding: gzip")) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem, outcome.excerpt) == (200, None, "")

    def test_a_redirect_with_a_packed_body_is_not_unpacked_either(
        self, patient: Sender, identity: Identity
    ) -> None:
        moved = reply(b"no gzip", "Location: /", "Content-Encoding: gzip", status="302 Found")
        with raw_server(identity, moved) as server:
            outcome = send(patient, server)

        assert (outcome.problem, outcome.excerpt) == (Problem.REDIRECTED, "")


class TestTime:
    @pytest.mark.parametrize(
        ("head", "drop", "status"),
        [
            (b"", b"H", None),
            (OK_HEAD, b"X", None),
            (OK_HEAD + b"Content-Length: 1000\r\n\r\n", b"x", 200),
            (OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 200),
            (OK_HEAD + b"\r\n", b"x", 200),
        ],
        ids=["status line", "header", "body", "chunks", "body without a length"],
    )
    def test_a_receiver_that_drips_is_too_late(
        self, quick: Sender, identity: Identity, head: bytes, drop: bytes, status: int | None
    ) -> None:
        def drip(connection: ssl.SSLSocket) -> None:
            connection.sendall(head)
            forever(connection, drop, lambda: server.stopping.wait(0.05))

        with raw_server(identity, drip) as server:
            outcome = send(quick, server)

        assert (outcome.status, outcome.problem) == (status, Problem.TIMEOUT)
        assert outcome.seconds >= 0.5

    @pytest.mark.parametrize("said", [b"", OK_HEAD + b"\r\nthanks"], ids=["nothing", "all"])
    def test_a_receiver_that_never_closes_is_too_late(
        self, quick: Sender, identity: Identity, said: bytes
    ) -> None:
        def stay(connection: ssl.SSLSocket) -> None:
            connection.sendall(said)
            hold(server)

        with raw_server(identity, stay) as server:
            outcome = send(quick, server)

        assert outcome.problem is Problem.TIMEOUT
        assert outcome.delivered is bool(said)
        assert outcome.excerpt == ("thanks" if said else "")

    def test_a_receiver_that_never_reads_is_too_late(
        self, quick: Sender, identity: Identity
    ) -> None:
        with plain_receiver(identity, ACCEPTED) as server:
            server.serve = lambda _: hold(server)
            url = f"http://{HOST}:{server.port}/"
            outcome = quick.send(url, HEADERS, b"x" * 50_000_000)

        assert (outcome.status, outcome.problem) == (None, Problem.TIMEOUT)

    def test_a_delivery_takes_ten_seconds_at_most(self) -> None:
        assert SECONDS == 10

    def test_other_deliveries_do_not_wait_for_a_slow_one(
        self, patient: Sender, identity: Identity
    ) -> None:
        """All through one sender; the slow ones end only after the others have."""
        done = Event()

        def wait(connection: ssl.SSLSocket) -> None:
            done.wait(60)
            connection.sendall(ACCEPTED)

        with (
            raw_server(identity, wait) as slow,
            raw_server(identity, ACCEPTED) as good,
            ThreadPoolExecutor(16) as threads,
        ):
            held = [threads.submit(send, patient, slow) for _ in range(6)]
            others = [threads.submit(send, patient, good) for _ in range(30)]
            ended = [each.result() for each in others]
            waiting = [each.done() for each in held]
            done.set()

        assert all(outcome.delivered for outcome in ended)
        assert not any(waiting)
        assert all(each.result().delivered for each in held)
