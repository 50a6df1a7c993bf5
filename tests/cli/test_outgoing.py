"""The head of an answer leaves together with what follows it, and nothing is held back for long."""

import socket
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from gateway.lingering import LingeringWorker

OK = "200 OK"
ADDRESS = ("127.0.0.1", 1)
Application = Callable[..., Iterable[bytes]]


class Recorder(socket.socket):
    """A socket that knows what was sent by it at once."""

    def __init__(self, number: int) -> None:
        super().__init__(fileno=number)
        self.pieces: list[bytes] = []

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override] # bytes alone
        """Note a piece, and send it."""
        self.pieces.append(bytes(data))
        super().sendall(data, flags)

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override] # bytes alone
        """Note a piece, and send it."""
        self.pieces.append(bytes(data))
        return super().send(data, flags)


@pytest.fixture
def line() -> Iterator[tuple[Recorder, socket.socket]]:
    ours, theirs = socket.socketpair()
    with Recorder(ours.detach()) as recorder, theirs:
        yield recorder, theirs


def answered(
    line: tuple[Recorder, socket.socket], application: Application, request: bytes
) -> list[bytes]:
    """Answer a request by an application; return what was sent, piece by piece."""
    ours, theirs = line
    config = Config()
    config.set("http_parser", "python")
    made = LingeringWorker(1, 1, [], None, 30, config, Logger(config))
    made.alive, made.wsgi = True, application
    made.tpool = SimpleNamespace(is_wanted=True)
    theirs.sendall(request)
    made.handle(TConn(config, ours, ADDRESS, ADDRESS))
    made.tmp.close()
    return ours.pieces


def saying(*pieces: bytes, status: str = OK, **headers: str) -> Application:
    """Return an application that answers in these pieces."""

    def application(_environ: Any, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - PEP 3333
        start(status, list(headers.items()))
        yield from pieces

    return application


def request(method: str = "GET", *headers: str) -> bytes:
    """Return a request."""
    return "\r\n".join([f"{method} / HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def test_an_answer_is_one_piece(line: tuple[Recorder, socket.socket]) -> None:
    application = saying(b"hello", **{"Content-Length": "5"})
    [whole] = answered(line, application, request())

    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert whole.endswith(b"\r\n\r\nhello")


def test_the_parts_of_a_stream_leave_when_they_are_there(
    line: tuple[Recorder, socket.socket],
) -> None:
    seen: list[int] = []

    def application(_environ: Any, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - PEP 3333
        start(OK, [])
        for part in (b"one", b"two", b"three"):
            seen.append(len(line[0].pieces))
            yield part
        seen.append(len(line[0].pieces))

    first, *others, last = answered(line, application, request())

    assert seen == [0, 1, 2, 3]
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\n3\r\none\r\n")
    assert others == [b"3\r\ntwo\r\n", b"5\r\nthree\r\n"]
    assert last == b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "status"), [("GET", "204 No Content"), ("GET", "304 Not Modified"), ("HEAD", OK)]
)
def test_a_head_alone_leaves_too(
    line: tuple[Recorder, socket.socket], method: str, status: str
) -> None:
    [head] = answered(line, saying(status=status), request(method))

    assert head.startswith(f"HTTP/1.1 {status}\r\n".encode())
    assert head.endswith(b"\r\n\r\n")


def test_an_empty_answer_is_one(line: tuple[Recorder, socket.socket]) -> None:
    application = saying(b"", **{"Content-Length": "0"})
    assert b"".join(answered(line, application, request())).endswith(b"\r\n\r\n")


def test_a_request_is_gone_on_with_before_its_answer(line: tuple[Recorder, socket.socket]) -> None:
    def application(environ: Any, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - PEP 3333
        assert line[0].pieces == [b"HTTP/1.1 100 Continue\r\n\r\n"]
        line[1].sendall(b"body")
        body = environ["wsgi.input"].read()
        start(OK, [("Content-Length", "4")])
        yield body

    asked = request("POST", "Content-Length: 4", "Expect: 100-continue")
    first, second = answered(line, application, asked)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert second.endswith(b"\r\n\r\nbody")


def test_who_breaks_off_after_the_first_piece_gets_no_second_answer(
    line: tuple[Recorder, socket.socket],
) -> None:
    def application(_environ: Any, start: Any) -> Iterator[bytes]:  # noqa: ANN401 - PEP 3333
        start(OK, [])
        yield b"one"
        raise RuntimeError

    pieces = answered(line, application, request())

    assert [piece.count(b"HTTP/1.1") for piece in pieces] == [1]


def test_who_breaks_off_before_is_answered_by_gunicorn(
    line: tuple[Recorder, socket.socket],
) -> None:
    def application(_environ: Any, _start: Any) -> Iterable[bytes]:  # noqa: ANN401 - PEP 3333
        raise RuntimeError

    whole = b"".join(answered(line, application, request()))

    assert whole.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")


def test_two_requests_are_answered_apart(line: tuple[Recorder, socket.socket]) -> None:
    application = saying(b"hello", **{"Content-Length": "5"})
    answered(line, application, request())
    pieces = answered(line, application, request())

    assert [piece.endswith(b"\r\n\r\nhello") for piece in pieces] == [True, True]
